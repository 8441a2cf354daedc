import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import type { OutgoingMessage } from "../../src/chain/chain.ts";
import type { LotusChain } from "../../src/chain/lotus/lotusChain.ts";
import { type LotusChainOptions, openLotusChain } from "../../src/chain/lotus/openLotusChain.ts";
import type { Patience } from "../../src/chain/lotus/transport.ts";
import { silentLog } from "../../src/log.ts";
import { attoFil } from "../../src/units.ts";
import { type ChainModel, MODEL, ModelNode } from "./chainModel.ts";
import type { RpcServer } from "./rpcServer.ts";

/** Long enough for a busy machine. A test that waits for the end of a wait makes it short at that moment. */
export const patient = (): { -readonly [K in keyof Patience]: Patience[K] } => ({
  callMs: 60_000,
  connectMs: 60_000,
  pingMs: 60_000,
  retryMs: 20,
  maxRetryMs: 100,
});

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
    patience: patient(),
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

/** A node over a model, until the test ends. */
export async function serve(model: ChainModel): Promise<Served> {
  const node = new ModelNode(model);
  const server = await node.serve();
  onTestFinished(server.close);
  return { node, server, url: `http://${server.host}` };
}

/** A message of the miner's worker, unlike any other by its value. */
export const transfer = (value: bigint): OutgoingMessage => ({
  uuid: randomUUID(),
  to: "t099",
  method: 0,
  params: new Uint8Array([1, 2, 3]),
  value: attoFil(value),
});
