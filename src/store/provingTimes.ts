import type { EventKind } from "../sealing/events.ts";
import { millis, type Millis, sectorNumber, type SectorNumber } from "../units.ts";
import type { Store } from "./open.ts";

const PROVING: EventKind = "SectorProving";

/** When each sector first reached Proving. One query. */
export async function provingTimes(store: Store): Promise<ReadonlyMap<SectorNumber, Millis>> {
  const rows = await store.db
    .selectFrom("events")
    .select((e) => ["sector", e.fn.min<number>("at").as("at")])
    .where("kind", "=", PROVING)
    .groupBy("sector")
    .execute();
  return new Map(rows.map(({ sector, at }) => [sectorNumber(sector), millis(at)]));
}
