/** `padma devnet …`: looking at the embedded chain, moving it on, and letting things go wrong. */
import type { DevnetStatus, Fault, NetworkInfo, StoredFault, TipSet } from "../chain/chain.ts";
import { PadmaError } from "../errors.ts";
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

/** Orders a fault, which acts when the next tipset is worked out, in whichever process. */
export async function orderFault(app: App, fault: Fault): Promise<StoredFault> {
  return (await app.devnet()).addFault(fault);
}

/** Those that still have something to do. */
export async function listFaults(app: App): Promise<readonly StoredFault[]> {
  return (await app.devnet()).faults();
}

/**
 * Takes one fault back, or all (null).
 * @throws FAULT_UNKNOWN
 */
export async function clearFaults(app: App, id: number | null): Promise<readonly StoredFault[]> {
  const cleared = await (await app.devnet()).clearFaults(id);
  if (id === null || cleared.length > 0) return cleared;
  throw new PadmaError({
    code: "FAULT_UNKNOWN",
    message: `there is no fault ${id} that has anything left to do`,
    next: "`padma devnet fault list` shows those that have",
  });
}
