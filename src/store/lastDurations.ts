import type { Store } from "./open.ts";
import { DONE_BY, type TimedStep } from "./timings.ts";

/** Milliseconds that each heavy step took when it last succeeded for any sector: what a person can expect now. */
export async function lastDurations(store: Store): Promise<ReadonlyMap<TimedStep, number>> {
  const found = new Map<TimedStep, number>();
  for (const step of Object.keys(DONE_BY) as TimedStep[]) {
    const row = await store.db
      .selectFrom("events")
      .select("duration_ms")
      .where("kind", "in", DONE_BY[step])
      .where("duration_ms", "is not", null)
      .orderBy("at", "desc")
      .limit(1)
      .executeTakeFirst();
    if (row !== undefined && row.duration_ms !== null) found.set(step, row.duration_ms);
  }
  return found;
}
