/** What happens to a task whose run threw instead of moving the sector. */
import { isPadmaError } from "../errors.ts";
import { backoff, type RetryPolicy } from "../sealing/plan.ts";
import { type Millis, millis } from "../units.ts";
import type { Task, Wait } from "./queue.ts";

/** From two seconds, doubled with each attempt; the longest pause is longer than the default patience of a driver. */
const BUSY_RETRY: RetryPolicy = { baseMs: 2000, maxMs: 15 * 60_000 };

/** The same step again after a pause, and the error as the reason that `why` shows meanwhile. */
export function retryWait(task: Task, error: unknown, now: Millis): Wait {
  const pause = backoff(BUSY_RETRY, task.attempt, task.sector);
  const told = isPadmaError(error) ? error.message : `padma has a bug: ${String(error)}`;
  const reason = `${task.step} could not run: ${told}; attempt ${task.attempt}`;
  return { condition: { for: "time", at: millis(now + pause) }, reason };
}

/** Somebody else has the task, or the sector has moved: what the run found out no longer matters. */
export const isOvertaken = (error: unknown): boolean => isPadmaError(error, "TASK_FENCED", "SECTOR_VERSION");

/** The same call may succeed a little later. */
export const isPassing = (error: unknown): boolean => isPadmaError(error) && error.kind === "busy";

/** An error as data for the log; a bug with its stack. */
export function describe(error: unknown): Readonly<Record<string, unknown>> {
  if (isPadmaError(error)) return { code: error.code, error: error.message, ...error.facts };
  return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
