import type { BirthEvent, SectorEvent } from "../sealing/events.ts";
import type { Sector, Step } from "../sealing/sector.ts";
import type { Millis } from "../units.ts";
import type { Writer } from "./schema.ts";

interface Entry {
  /** The sector after the event: its version is the entry's number in the log. */
  readonly sector: Sector;
  readonly event: BirthEvent | SectorEvent;
  /** The step that found it out. */
  readonly step: Step | null;
  readonly durationMs: number | null;
  readonly at: Millis;
}

export async function appendEvent(tx: Writer, { sector, event, step, durationMs, at }: Entry): Promise<void> {
  const { kind, ...payload } = event;
  await tx
    .insertInto("events")
    .values({
      sector: sector.number,
      seq: sector.version,
      at,
      kind,
      step,
      payload: JSON.stringify(payload),
      duration_ms: durationMs,
    })
    .execute();
}
