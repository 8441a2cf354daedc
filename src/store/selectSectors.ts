import type { Sector } from "../sealing/sector.ts";
import type { SectorNumber } from "../units.ts";
import { unknownSector } from "./advanceSector.ts";
import type { Store } from "./open.ts";
import { fromRow } from "./sectorRow.ts";

/** Bound of one statement's parameters (SQLite: 32,766). */
const MOST_AT_ONCE = 30_000;

/**
 * Many sectors whole, in the order of `numbers`, with one query for each 30,000 of them. Only their bodies are parsed.
 *
 * @throws SECTOR_UNKNOWN, STORE_DAMAGED.
 */
export async function selectSectors(
  store: Store,
  numbers: readonly SectorNumber[],
): Promise<readonly Sector[]> {
  const found = new Map<number, Sector>();
  for (let from = 0; from < numbers.length; from += MOST_AT_ONCE) {
    const rows = await store.db
      .selectFrom("sectors")
      .selectAll()
      .where("number", "in", numbers.slice(from, from + MOST_AT_ONCE))
      .execute();
    for (const row of rows) found.set(row.number, fromRow(store.file, row));
  }
  return numbers.map((number) => {
    const sector = found.get(number);
    if (sector === undefined) throw unknownSector(number);
    return sector;
  });
}
