/** Which event tells a sector that a reorg took away what it stands on. */
import type { Epoch } from "../units.ts";
import type { EventKind, SectorEvent } from "./events.ts";
import type { Footing, Known, Reorg, Sector } from "./sector.ts";
import { accepts } from "./transitions.ts";

/** In the order of the way: what was first is undone first, and all that followed from it with it. */
const REVERTS = [
  ["publish", "SectorDealsReverted"],
  ["preCommit", "SectorPreCommitReverted"],
  ["seed", "SectorSeedReverted"],
  ["commit", "SectorCommitReverted"],
] as const satisfies readonly (readonly [Footing, EventKind])[];

/**
 * The event for a sector that lost footings at these epochs; null when it stands on none of them any more, or asks the
 * chain again by itself: a failed sector, or deals in a sector that is sealed (SendCommit reads their ids again).
 */
export function revertEvent(
  sector: Sector,
  lost: ReadonlyMap<Footing, Epoch>,
  reorg: Omit<Reorg, "epoch">,
): SectorEvent | null {
  for (const [what, kind] of REVERTS) {
    const epoch = lost.get(what);
    // Pieces that are made again have deals whose message is no longer theirs.
    if (what === "publish" && sector.publish === undefined) continue;
    if (epoch !== undefined && accepts(sector, kind)) return { kind, reorg: { ...reorg, epoch } };
  }
  return null;
}

const NAMES: Readonly<Record<Footing, string>> = {
  publish: "the publish deals message",
  preCommit: "the precommit",
  seed: "the seed",
  commit: "the commit",
};

/** For `sectors why`, while the sector does not stand again; null for one that lost nothing. */
export function revertNote({ reverted }: Known): string | null {
  if (reverted === undefined) return null;
  const { what, epoch, noticedAt } = reverted;
  return `a reorg deeper than the confidence took ${NAMES[what]} of epoch ${epoch} away (noticed at epoch ${noticedAt})`;
}
