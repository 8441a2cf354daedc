import { sectorNumber, type SectorNumber } from "../units.ts";
import type { Store } from "./open.ts";

/** Why each sector that waits or rests does so; sectors that are queued, run or are done are missing. One query. */
export async function waitReasons(store: Store): Promise<ReadonlyMap<SectorNumber, string>> {
  const rows = await store.db
    .selectFrom("sectors")
    .leftJoin("tasks", (join) =>
      join.onRef("tasks.sector", "=", "sectors.number").on("tasks.status", "=", "waiting"),
    )
    .select((e) => ["sectors.number", e.fn.coalesce("tasks.reason", "sectors.rest_reason").as("reason")])
    .where((e) => e.or([e("tasks.reason", "is not", null), e("sectors.rest_reason", "is not", null)]))
    .execute();
  return new Map(
    rows.flatMap(({ number, reason }) => (reason === null ? [] : [[sectorNumber(number), reason] as const])),
  );
}
