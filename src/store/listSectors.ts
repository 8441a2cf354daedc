import type { State, Step } from "../sealing/sector.ts";
import { millis, type Millis, type SectorNumber, sectorNumber } from "../units.ts";
import { parseStored } from "./damaged.ts";
import type { Store } from "./open.ts";

const NONE: readonly number[] = [];

export interface SectorLine {
  readonly number: SectorNumber;
  readonly state: State;
  readonly step: Step | null;
  /** CC: zeros without a deal. */
  readonly committedCapacity: boolean;
  readonly dealIds: readonly number[];
  /** How many entries its log has. */
  readonly events: number;
  readonly createdAt: Millis;
  /** When it last moved. */
  readonly updatedAt: Millis;
}

/** All sectors by number: one query, and none of their bodies is read. */
export async function listSectors(store: Store): Promise<readonly SectorLine[]> {
  const rows = await store.db
    .selectFrom("sectors")
    .select(["number", "state", "step", "version", "cc", "deal_ids", "created_at", "updated_at"])
    .orderBy("number")
    .execute();
  return rows.map((row) => ({
    number: sectorNumber(row.number),
    state: row.state as State,
    step: row.step as Step | null,
    committedCapacity: row.cc === 1,
    dealIds:
      row.deal_ids === "[]"
        ? NONE
        : (parseStored(store.file, `the deals of sector ${row.number}`, row.deal_ids) as number[]),
    events: row.version + 1,
    createdAt: millis(row.created_at),
    updatedAt: millis(row.updated_at),
  }));
}
