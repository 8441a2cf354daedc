import { onTestFinished } from "vitest";
import type { LotusChain } from "../../src/chain/lotus/lotusChain.ts";
import { type LotusChainOptions, openLotusChain } from "../../src/chain/lotus/openLotusChain.ts";
import { silentLog } from "../../src/log.ts";
import { type ChainModel, MODEL, ModelNode } from "./chainModel.ts";
import type { RpcServer } from "./rpcServer.ts";

/** Short enough for a test, long enough for a busy machine. */
export const SHORT = { callMs: 2000, connectMs: 2000, pingMs: 200, retryMs: 20, maxRetryMs: 100 };

/** The wall time of the model's head. */
const timeOf = (model: ChainModel) => () => (MODEL.genesis + model.head.Height * MODEL.blockDelay) * 1000;

/** A chain over nodes at these addresses; it is closed when the test ends. */
export async function openChain(
  apiInfo: string,
  model: ChainModel,
  options: Partial<LotusChainOptions> = {},
): Promise<LotusChain> {
  const chain = await openLotusChain({
    apiInfo,
    actor: MODEL.miner,
    patience: SHORT,
    now: timeOf(model),
    random: () => 0,
    log: silentLog,
    ...options,
  });
  onTestFinished(() => chain.close());
  return chain;
}

export interface Served {
  readonly node: ModelNode;
  readonly server: RpcServer;
  readonly url: string;
}

export async function serve(model: ChainModel): Promise<Served> {
  const node = new ModelNode(model);
  const server = await node.serve();
  return { node, server, url: `http://${server.host}` };
}
