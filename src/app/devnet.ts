/** `devnet status`, `devnet advance` and `devnet reorg`. */
import type { DevnetStatus, NetworkInfo, TipSet } from "../chain/chain.ts";
import type { App } from "./open.ts";

/** Reads only: neither clock nor chain moves. */
export async function devnetStatus(
  app: App,
): Promise<DevnetStatus & { readonly network: NetworkInfo; readonly miner: string }> {
  const chain = await app.devnet();
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
  const chain = await app.devnet();
  const head = await chain.advance(epochs);
  return { epoch: head.epoch, tipset: head.key };
}

interface ShownTipSet {
  readonly epoch: number;
  readonly tipset: readonly string[];
}

const shown = ({ epoch, key }: TipSet): ShownTipSet => ({ epoch, tipset: key });

/**
 * Takes the last `depth` tipsets away, and lets a heavier chain grow in their place. Sectors that stood on one of them
 * go back by the next driver that looks.
 * @throws CHAIN_FINAL
 */
export async function devnetReorg(
  app: App,
  depth: number,
): Promise<{
  readonly left: ShownTipSet;
  readonly ancestor: ShownTipSet;
  readonly head: ShownTipSet;
  readonly returned: number;
}> {
  const chain = await app.devnet();
  const { left, ancestor, head, returned } = await chain.reorg(depth);
  return { left: shown(left), ancestor: shown(ancestor), head: shown(head), returned };
}
