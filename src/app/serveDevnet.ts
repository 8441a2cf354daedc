/** `padma devnet serve`: the repo's devnet as a Lotus node. */
import { BlockList, isIPv4, isIPv6 } from "node:net";
import { type ListenAddress, type ServedNode, serveNode } from "../chain/node/serve.ts";
import { PadmaError } from "../errors.ts";
import { type ApiInfo, apiInfo, nodeSecret, removeNodeAddress, writeNodeAddress } from "./nodeAccess.ts";
import type { App } from "./open.ts";
import { version } from "./version.ts";

export interface ServeRequest {
  readonly listen: ListenAddress;
  /** Other machines may connect: without it an address that they can reach is refused. */
  readonly allowRemote: boolean;
  readonly signal: AbortSignal;
  readonly onListening: (listening: Listening) => void;
}

export interface Listening {
  readonly network: string;
  readonly listen: string;
  readonly url: string;
  readonly multiaddr: string;
  /** With the permission that sealing needs. */
  readonly apiInfo: string;
}

/**
 * Serves until the signal is aborted, beside whoever else uses the repo, and keeps the chain at its clock meanwhile.
 * FAIL: killed → the chain is whole; the file with the address stays until the next `serve`.
 * @throws PadmaError NODE_LISTEN_REMOTE, NODE_ADDRESS_IN_USE, NODE_ADDRESS, and what opening the devnet throws
 */
export async function serveDevnet(app: App, request: ServeRequest): Promise<void> {
  requireLocal(request);
  const { repo, log } = app;
  const chain = await app.devnet();
  const secret = await nodeSecret(repo);
  const { padma } = version();
  const served = await serveNode({ chain, listen: request.listen, secret, version: padma, log });
  try {
    await writeNodeAddress(repo, served.address);
    request.onListening(listening(chain.network.name, served, await apiInfo(app, "sign")));
    await Promise.race([served.ended, aborted(request.signal)]);
  } finally {
    await removeNodeAddress(repo, served.address);
    await served.close();
  }
}

function listening(network: string, { address: { host, port } }: ServedNode, info: ApiInfo): Listening {
  const shown = isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
  return {
    network,
    listen: shown,
    url: `http://${shown}/rpc/v1`,
    multiaddr: info.multiaddr,
    apiInfo: `FULLNODE_API_INFO=${info.value}`,
  };
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

function isLoopback(host: string): boolean {
  if (isIPv4(host)) return LOOPBACK.check(host, "ipv4");
  return isIPv6(host) ? LOOPBACK.check(host, "ipv6") : host === "localhost";
}

function requireLocal({ listen, allowRemote }: ServeRequest): void {
  if (allowRemote || isLoopback(listen.host)) return;
  throw new PadmaError({
    code: "NODE_LISTEN_REMOTE",
    kind: "user",
    message: "other machines could connect to this address",
    facts: { address: `${listen.host}:${listen.port}` },
    next: "listen on 127.0.0.1, or say --allow-remote: whoever reaches it can read the chain, and tokens travel unencrypted",
  });
}

const aborted = async (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
