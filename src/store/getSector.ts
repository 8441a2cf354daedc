import type { Sector } from "../sealing/sector.ts";
import type { SectorNumber } from "../units.ts";
import { unknownSector } from "./advanceSector.ts";
import type { Store } from "./open.ts";
import { fromRow } from "./sectorRow.ts";

/** @throws SECTOR_UNKNOWN, STORE_DAMAGED. */
export async function getSector(store: Store, number: SectorNumber): Promise<Sector> {
  const row = await store.db
    .selectFrom("sectors")
    .selectAll()
    .where("number", "=", number)
    .executeTakeFirst();
  if (row === undefined) throw unknownSector(number);
  return fromRow(store.file, row);
}
