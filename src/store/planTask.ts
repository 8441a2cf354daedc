import type { Plan } from "../sealing/plan.ts";
import type { Sector, Step } from "../sealing/sector.ts";
import { STATES } from "../sealing/states.ts";
import type { Millis } from "../units.ts";
import type { TasksTable, Writer } from "./schema.ts";

/** Steps in the order of the pipeline: who is nearer to Proving is claimed first. */
const PROGRESS: readonly Step[] = [...new Set(Object.values(STATES).flatMap(({ steps }) => steps))];

/**
 * Puts the plan for a sector into the queue, in the transaction that moves it: a task, a task after a pause (a wait
 * for a time), or nothing. Whatever was queued, waiting or leased for the sector is replaced; a driver that still
 * holds the old lease learns at its next heartbeat that it is cancelled.
 */
export async function planTask(tx: Writer, sector: Sector, plan: Plan, now: Millis): Promise<void> {
  if (plan.do === "nothing") {
    await tx.deleteFrom("tasks").where("sector", "=", sector.number).execute();
    return;
  }
  const task = taskRow(sector, plan, now);
  // The fence stays as it is, so that it grows over the sector's whole life.
  await tx
    .insertInto("tasks")
    .values({ sector: sector.number, fence: 0, ...task })
    .onConflict((conflict) => conflict.column("sector").doUpdateSet(task))
    .execute();
}

function taskRow(
  sector: Sector,
  { step, delayMs, reason }: Extract<Plan, { do: "step" }>,
  now: Millis,
): Omit<TasksTable, "sector" | "fence"> {
  const later = delayMs > 0;
  return {
    step,
    version: sector.version,
    status: later ? "waiting" : "queued",
    priority: PROGRESS.indexOf(step),
    attempt: 0,
    queued_at: now,
    since: now,
    reason,
    wait_for: later ? "time" : null,
    wait_cid: null,
    wait_epoch: null,
    wait_time: later ? now + delayMs : null,
  };
}
