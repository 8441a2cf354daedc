import type { State } from "../sealing/sector.ts";
import type { Store } from "./open.ts";

/** How many sectors are in each state; states without one are missing. */
export async function summary(store: Store): Promise<Readonly<Partial<Record<State, number>>>> {
  const rows = await store.db
    .selectFrom("sectors")
    .select((e) => ["state", e.fn.countAll<number>().as("n")])
    .groupBy("state")
    .execute();
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
}
