/** A devnet as a Lotus node: JSON-RPC over http and websocket on one port. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { isPadmaError, PadmaError, systemErrorCode } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { Devnet } from "../devnet/devnet.ts";
import { answerHttp } from "./httpCalls.ts";
import { keepUp } from "./keeper.ts";
import { METHODS } from "./methods.ts";
import { DevnetNode } from "./node.ts";
import { ANYBODY, permissionsOf } from "./permissions.ts";
import { type Caller, createService, type Service } from "./service.ts";
import { serveSocket } from "./websocketCalls.ts";

const PATHS: readonly string[] = ["/rpc/v0", "/rpc/v1"];

export interface ListenAddress {
  /** An IP address, or a name that stands for one. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

export interface ServeOptions {
  /** Stays open; whoever opened it closes it after the node. */
  readonly chain: Devnet;
  readonly listen: ListenAddress;
  /** Signs and checks the tokens. */
  readonly secret: Uint8Array;
  /** Of padma, for Filecoin.Version. */
  readonly version: string;
  readonly log: Pick<Log, "warn" | "error">;
}

export interface ServedNode {
  /** Where it listens. */
  readonly address: ListenAddress;
  /** Resolves once the node is closed; rejects when it can no longer follow its chain. */
  readonly ended: Promise<void>;
  /** Ends connections and calls; waits for an advance that is under way. */
  close(): Promise<void>;
}

/**
 * Serves until it is closed, and keeps the chain at its clock meanwhile.
 * @throws PadmaError NODE_ADDRESS_IN_USE, NODE_ADDRESS; what `Devnet.head` throws.
 */
export async function serveNode({ chain, listen, secret, version, log }: ServeOptions): Promise<ServedNode> {
  const node = await DevnetNode.of(chain);
  await node.head();
  const stopped = new AbortController();
  const service = createService({ node, secret, version, methods: METHODS }, stopped.signal, log);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: service.maxRequestBytes });
  const failed = (closing: { destroy(): unknown }) => (error: unknown) => {
    log.error("a request could not be taken", { error: String(error) });
    closing.destroy();
  };
  const server = createServer((request, response) => {
    takeRequest(service, request, response).catch(failed(response));
  });
  server.on("upgrade", (request, socket, head) => {
    takeSocket(service, sockets, request, socket, head).catch(failed(socket));
  });
  const address = await bind(server, listen);
  server.on("error", (error) => log.error("a connection could not be taken", { error: String(error) }));
  const ended = keepUp(node, stopped.signal, log);
  ended.catch(() => undefined); // whoever asks for `ended` gets it
  return {
    address,
    ended,
    close: async () => {
      stopped.abort();
      for (const socket of sockets.clients) socket.terminate();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await ended.catch(() => undefined);
    },
  };
}

async function takeRequest(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refusal = refusalOf(request, "POST");
  const caller = refusal === undefined ? await callerOf(service, request) : undefined;
  if (caller === undefined) response.writeHead(refusal ?? 401, { connection: "close" }).end();
  else await answerHttp(service, caller, request, response);
}

async function takeSocket(
  service: Service,
  sockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  socket.on("error", () => socket.destroy());
  const refusal = refusalOf(request, "GET");
  const caller = refusal === undefined ? await callerOf(service, request) : undefined;
  if (caller === undefined) {
    socket.end(`HTTP/1.1 ${refusal ?? 401} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    return;
  }
  sockets.handleUpgrade(request, socket, head, (opened) => serveSocket(service, caller, opened));
}

const urlOf = ({ url }: IncomingMessage): URL | null => URL.parse(url ?? "/", "http://node");

/** HTTP's status for a request that leads nowhere. */
function refusalOf(request: IncomingMessage, wanted: string): number | undefined {
  if (!PATHS.includes(urlOf(request)?.pathname ?? "")) return 404;
  return request.method === wanted ? undefined : 405;
}

/**
 * Undefined for a token that is none of this node; without a token everybody may read. Like lotus, the node takes it
 * from the address too (`?token=…`), for callers that cannot set a header.
 */
async function callerOf(service: Service, request: IncomingMessage): Promise<Caller | undefined> {
  const header = request.headers.authorization ?? "";
  const asked = urlOf(request)?.searchParams.get("token") ?? "";
  if (header === "" && asked === "") return { permissions: ANYBODY };
  const token = header === "" ? asked : /^Bearer (\S+)$/.exec(header)?.[1];
  if (token === undefined) return undefined;
  try {
    return { permissions: await permissionsOf(service.secret, token) };
  } catch (error) {
    if (isPadmaError(error, "NODE_TOKEN")) return undefined;
    throw error;
  }
}

async function bind(server: Server, { host, port }: ListenAddress): Promise<ListenAddress> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
  } catch (cause) {
    throw notBound(host, port, cause);
  }
  const bound = server.address() as AddressInfo;
  return { host: bound.address, port: bound.port };
}

function notBound(host: string, port: number, cause: unknown): PadmaError {
  const inUse = systemErrorCode(cause) === "EADDRINUSE";
  return new PadmaError({
    code: inUse ? "NODE_ADDRESS_IN_USE" : "NODE_ADDRESS",
    kind: "user",
    message: inUse ? "another process listens there already" : "the node cannot listen there",
    facts: { address: `${host}:${port}`, reason: systemErrorCode(cause) ?? String(cause) },
    next: "choose another address with --listen, or end the process that has this one",
    cause,
  });
}
