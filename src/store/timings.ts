import type { SectorEvent } from "../sealing/events.ts";
import type { SectorNumber } from "../units.ts";
import type { Store } from "./open.ts";

/** What each heavy step is known to have done by. AddPiece runs twice: for the pledge and for the fillers. */
export const DONE_BY = {
  AddPiece: ["SectorPieceAdded", "SectorPacked"],
  PC1: ["SectorPreCommit1"],
  PC2: ["SectorPreCommit2"],
  C1: ["SectorCommit1"],
  C2: ["SectorCommitted"],
} as const satisfies Record<string, readonly SectorEvent["kind"][]>;

export type TimedStep = keyof typeof DONE_BY;
export type Timings = Readonly<Partial<Record<TimedStep, number>>>;

/** Milliseconds that each heavy step took when it last succeeded; a step that never did is missing. */
export async function timings(store: Store, number: SectorNumber): Promise<Timings> {
  const rows = await store.db
    .selectFrom("events")
    .select(["kind", "duration_ms"])
    .where("sector", "=", number)
    .where("kind", "in", Object.values(DONE_BY).flat())
    .orderBy("seq")
    .execute();
  const last = new Map(rows.map(({ kind, duration_ms }) => [kind, duration_ms ?? 0]));
  return Object.fromEntries(
    Object.entries(DONE_BY).flatMap(([step, kinds]) => {
      const parts = kinds.flatMap((kind) => last.get(kind) ?? []);
      return parts.length === 0 ? [] : [[step, parts.reduce((sum, ms) => sum + ms)]];
    }),
  );
}
