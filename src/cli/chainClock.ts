/** The chain's clock for epochs in text; reads the stored head and advances nothing. */
import type { App } from "../app/open.ts";
import type { ChainClock } from "./format.ts";

export async function chainClock(app: Pick<App, "chain">): Promise<ChainClock> {
  const chain = await app.chain();
  const head = await chain.storedHead();
  return { epoch: head.epoch, blockDelayMs: chain.network.blockDelayMs };
}
