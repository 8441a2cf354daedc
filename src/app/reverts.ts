/** Reorgs that took away what sectors stand on: found out from what is stored, whoever looks and whenever. */
import type { Chain, TipSet } from "../chain/chain.ts";
import { isPadmaError } from "../errors.ts";
import type { Log } from "../log.ts";
import { plan, type RetryPolicy } from "../sealing/plan.ts";
import { revertEvent, revertNote } from "../sealing/reverts.ts";
import type { Footing, Reorg, State, Step } from "../sealing/sector.ts";
import { apply } from "../sealing/transitions.ts";
import { advanceSector } from "../store/advanceSector.ts";
import {
  dropFootings,
  footingsFrom,
  footingTipsets,
  forgetFinal,
  highestTipset,
  type StoredTipset,
} from "../store/footings.ts";
import { getSector } from "../store/getSector.ts";
import type { Store } from "../store/open.ts";
import { epoch, type Epoch, type Millis, type SectorNumber } from "../units.ts";

/** A sector went back because of a reorg. */
export interface Reverted {
  readonly sector: SectorNumber;
  readonly from: State;
  readonly to: State;
  readonly step: Step | null;
  /** One line: what is gone. */
  readonly note: string;
}

export interface RevertDeps {
  readonly store: Store;
  readonly chain: Pick<Chain, "tipsetAt" | "head" | "network">;
  /** The head as far as it is known, without advancing an embedded chain. */
  readonly knownHead: () => Promise<TipSet>;
  readonly retry: RetryPolicy;
  readonly now: () => Millis;
  readonly log: Pick<Log, "warn">;
  readonly onRevert?: (reverted: Reverted) => void;
}

/**
 * Asks whether the highest tipset that any sector stands on is still canonical: one question a head, however many
 * sectors there are. If it is not, the lowest one that is gone is searched (a question for each halving), and every
 * sector with a footing from there on goes back to the step that gave it; a step that runs for it is cancelled.
 *
 * FAIL in between: what is not moved yet has its footing still, so the next look goes on.
 * @returns how many sectors were moved; null when nothing is stood on that is not final.
 */
export async function settleReverts(deps: RevertDeps): Promise<number | null> {
  let moved = 0;
  for (;;) {
    const highest = await highestTipset(deps.store);
    if (highest === null) return moved === 0 ? null : moved;
    const head = await deps.knownHead();
    if ((await isCanonical(deps.chain, highest)) !== false) {
      await forgetFinal(deps.store, epoch(head.epoch - deps.chain.network.finality));
      return moved;
    }
    const from = await lowestGone(deps.chain, await footingTipsets(deps.store));
    moved += await revertFrom(deps, from, head.epoch);
  }
}

/** Undefined when the chain is not so far: a node that is behind, or was restarted, has taken nothing away. */
async function isCanonical(
  chain: Pick<Chain, "tipsetAt" | "head">,
  { epoch: at, key }: StoredTipset,
): Promise<boolean | undefined> {
  let found = await chain.tipsetAt(at);
  if (found === null) {
    await chain.head(); // brings an embedded chain up to date
    found = await chain.tipsetAt(at);
  }
  return found === null ? undefined : found.epoch === at && found.key.join() === key.join();
}

/** All of them are on one chain, so those that are gone are the upper ones; the highest is known to be gone. */
async function lowestGone(
  chain: Pick<Chain, "tipsetAt" | "head">,
  tipsets: readonly StoredTipset[],
): Promise<Epoch> {
  let [low, high] = [0, tipsets.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const tipset = tipsets[middle];
    if (tipset === undefined || (await isCanonical(chain, tipset)) === true) low = middle + 1;
    else high = middle;
  }
  return tipsets[low]?.epoch ?? epoch(0);
}

async function revertFrom(deps: RevertDeps, from: Epoch, noticedAt: Epoch): Promise<number> {
  let moved = 0;
  for (const [number, lost] of await footingsFrom(deps.store, from)) {
    try {
      if (await revertSector(deps, number, lost, { from, noticedAt })) moved += 1;
    } catch (error) {
      // A step moved it at this very moment: its footings are still there, and it is looked at again.
      if (!isPadmaError(error, "SECTOR_VERSION")) throw error;
    }
  }
  return moved;
}

async function revertSector(
  { store, retry, now, log, onRevert }: RevertDeps,
  number: SectorNumber,
  lost: ReadonlyMap<Footing, Epoch>,
  reorg: Omit<Reorg, "epoch">,
): Promise<boolean> {
  const before = await getSector(store, number);
  const event = revertEvent(before, lost, reorg);
  const about = { sector: number, lost: [...lost.keys()].join(), ...reorg };
  if (event === null) {
    log.warn("a reorg took away what a sector no longer stands on", about);
    await store.write((tx) => dropFootings(tx, number, reorg.from));
    return false;
  }
  const sector = apply(before, event);
  const move = { task: null, event, durationMs: null, sector, plan: plan(sector, retry), now: now() };
  await advanceSector(store, { ...move, lostFrom: reorg.from });
  const note = revertNote(sector) ?? event.kind;
  log.warn(note, { ...about, event: event.kind });
  onRevert?.({ sector: number, from: before.state, to: sector.state, step: sector.step, note });
  return true;
}
