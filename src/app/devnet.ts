/** `devnet status` and `devnet advance`. */
import type { DevnetStatus, NetworkInfo } from "../chain/chain.ts";
import type { App } from "./open.ts";

/** Reads only: neither clock nor chain moves. */
export async function devnetStatus(
  app: App,
): Promise<DevnetStatus & { readonly network: NetworkInfo; readonly miner: string }> {
  const chain = await app.chain();
  const [status, miner] = await Promise.all([chain.status(), chain.miner()]);
  return { ...status, network: chain.network, miner: miner.address };
}

/**
 * Moves the devnet's clock on, applying what is in the pool at its epochs. Sectors that waited for one of them are
 * taken up by the next driver that looks.
 */
export async function devnetAdvance(
  app: App,
  epochs: number,
): Promise<{ readonly epoch: number; readonly tipset: readonly string[] }> {
  const chain = await app.chain();
  const head = await chain.advance(epochs);
  return { epoch: head.epoch, tipset: head.key };
}
