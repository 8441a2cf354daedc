/** A repo whose miner lives behind a node: a devnet that this process serves over the loopback. */
import { randomBytes } from "node:crypto";
import { onTestFinished } from "vitest";
import { initRepo } from "../../src/app/init.ts";
import { initLotus, type LotusInitOptions } from "../../src/app/initLotus.ts";
import { type App, openApp, type Proofs } from "../../src/app/open.ts";
import { repoAt } from "../../src/app/repo.ts";
import { type Devnet, openDevnet } from "../../src/chain/devnet/devnet.ts";
import { createToken, permissionsUpTo } from "../../src/chain/node/permissions.ts";
import { serveNode } from "../../src/chain/node/serve.ts";
import { silentLog } from "../../src/log.ts";
import { tempRepoPath } from "./repo.ts";
import { standInProofs } from "./standInProofs.ts";

/** Fast enough for a test; a busy machine only makes null rounds. */
const BLOCK_DELAY_MS = 50;

export interface ServedDevnet {
  readonly chain: Devnet;
  readonly apiInfo: string;
  readonly port: number;
  /** A call as a client makes it, with the permission to sign. */
  call(method: string, ...params: readonly unknown[]): Promise<unknown>;
  /** Stops the node, as an operator does; the chain stays open. */
  stop(): Promise<void>;
  /** Starts it again at the same address. */
  start(): Promise<void>;
}

/** A new devnet, served until the test ends. */
export async function serveDevnet(proofs: Proofs = standInProofs): Promise<ServedDevnet> {
  const path = tempRepoPath();
  const made = { path, sectorSize: "2KiB", instant: false, blockDelayMs: BLOCK_DELAY_MS } as const;
  await initRepo({ ...made, challengeDelay: 3, env: { ...process.env } });
  const chain = openDevnet(repoAt(path).devnet, { now: Date.now, ...proofs });
  const secret = new Uint8Array(randomBytes(32));
  const serve = (port: number) =>
    serveNode({ chain, listen: { host: "127.0.0.1", port }, secret, version: "0.0.0", log: silentLog });
  let node = await serve(0);
  const { port } = node.address;
  onTestFinished(async () => {
    await node.close();
    await chain.close();
  });
  const token = await createToken(secret, permissionsUpTo("sign"));
  return {
    chain,
    port,
    apiInfo: `${token}:/ip4/127.0.0.1/tcp/${port}/http`,
    call: async (method, ...params) => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: `Filecoin.${method}`, params });
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`http://127.0.0.1:${port}/rpc/v1`, { method: "POST", body, headers });
      const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
      if (answer.error !== undefined) throw new Error(answer.error.message);
      return answer.result;
    },
    stop: () => node.close(),
    start: async () => {
      node = await serve(port);
    },
  };
}

export interface LotusRepoOptions {
  /** Settings of the app, not of the init before it. */
  readonly env?: Readonly<Record<string, string>>;
  readonly proofs?: Proofs;
  readonly init?: Partial<LotusInitOptions>;
}

/** A repo for the devnet's miner, open; failures are tried again at once, and a tipset more is confidence enough. */
export async function lotusRepo(
  { apiInfo }: Pick<ServedDevnet, "apiInfo">,
  { env: more = {}, proofs = standInProofs, init = {} }: LotusRepoOptions = {},
): Promise<App> {
  const path = tempRepoPath();
  const env = {
    ...process.env,
    FULLNODE_API_INFO: apiInfo,
    PADMA_SEALING_RETRY_BASE_MS: "1",
    PADMA_SEALING_MESSAGE_CONFIDENCE: "1",
    PADMA_SEALING_SEED_CONFIDENCE: "0",
  };
  const signal = new AbortController().signal;
  const fresh = { actor: "t01000", owner: null, worker: null, sectorSize: null, provenElsewhere: false };
  await initLotus({ path, env, log: silentLog, signal, ...fresh, ...init });
  const app = await openApp({ path, env: { ...env, ...more }, log: silentLog, proofs });
  onTestFinished(() => app.close());
  return app;
}
