import type { BirthEvent, EventKind } from "../sealing/events.ts";
import type { Step } from "../sealing/sector.ts";
import { millis, type Millis, type SectorNumber } from "../units.ts";
import { parseStored } from "./damaged.ts";
import type { Store } from "./open.ts";

export interface LogEntry {
  /** The sector's version after it; 0 is its birth. */
  readonly seq: number;
  readonly at: Millis;
  readonly kind: BirthEvent["kind"] | EventKind;
  /** The step that found it out; null for the birth and for events from outside. */
  readonly step: Step | null;
  /** The event without its kind. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly durationMs: number | null;
}

/** A sector's log, oldest first. */
export async function sectorEvents(store: Store, number: SectorNumber): Promise<readonly LogEntry[]> {
  const rows = await store.db
    .selectFrom("events")
    .selectAll()
    .where("sector", "=", number)
    .orderBy("seq")
    .execute();
  return rows.map((row) => ({
    seq: row.seq,
    at: millis(row.at),
    kind: row.kind as LogEntry["kind"],
    step: row.step as Step | null,
    payload: parseStored(
      store.file,
      `entry ${row.seq} of sector ${number}'s log`,
      row.payload,
    ) as LogEntry["payload"],
    durationMs: row.duration_ms,
  }));
}
