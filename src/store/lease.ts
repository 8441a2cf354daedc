/**
 * The right of one driver to one task. Version and fence name a lease for good: a task that was claimed again, or
 * whose sector has moved, has others.
 */
import { PadmaError } from "../errors.ts";
import type { Task } from "../tasks/queue.ts";
import type { Reader, Writer } from "./schema.ts";

export async function isHeld(tx: Reader, { sector, version, fence }: Task): Promise<boolean> {
  const row = await tx
    .selectFrom("tasks")
    .select("sector")
    .where("sector", "=", sector)
    .where("version", "=", version)
    .where("fence", "=", fence)
    .where("status", "=", "leased")
    .executeTakeFirst();
  return row !== undefined;
}

/** @throws TASK_FENCED when the lease has gone to somebody else or was cancelled. */
export async function checkHeld(tx: Reader, task: Task): Promise<void> {
  if (await isHeld(tx, task)) return;
  throw new PadmaError({
    code: "TASK_FENCED",
    kind: "busy",
    message: `${task.step} of sector ${task.sector} is no longer this driver's task`,
    facts: { version: task.version, fence: task.fence },
  });
}

/** The host's ledger no longer counts it. */
export async function dropLease(tx: Writer, { sector, version, fence }: Task): Promise<void> {
  await tx
    .deleteFrom("leases")
    .where("sector", "=", sector)
    .where("version", "=", version)
    .where("fence", "=", fence)
    .execute();
}
