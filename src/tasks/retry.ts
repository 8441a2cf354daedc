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

/** What a node, or its wallet, is not set up for: it answers otherwise once somebody has put that right. */
const NODE = /^CHAIN_(AUTH|PERMISSION|WRONG_NETWORK|METHOD|MINER_UNKNOWN|CONTROL_ADDRESS|KEY_UNKNOWN|FUNDS)$/;
const MACHINE =
  /^(PARAMS_|NATIVE_|STORAGE_FULL$|STORAGE_NOT_WRITABLE$|PROOF_PARAMS_|PROOF_BACKEND$|PROOF_CHILD_NOT_STARTED$|FOLDER_NOT_WRITABLE$|CHAIN_DATABASE_|CHAIN_NOT_WRITABLE$|STORE_)/;

/** Nothing is wrong with the sector, so no attempt of its failure state is spent: it goes on when this is put right. */
export const isEnvironment = (error: unknown): boolean =>
  isPadmaError(error) && (NODE.test(error.code) || MACHINE.test(error.code));

const UNREACHABLE_RETRY: RetryPolicy = { baseMs: 1000, maxMs: 30_000 };

/**
 * When a chain that could not be asked so many times in a row is asked again.
 * @throws the error itself where another try would not help: no running proof is to be ended by a token that expired,
 * but a chain that is damaged is no chain.
 */
export function askChainAgainAt(error: unknown, failures: number, now: Millis): Millis {
  const isNode = isPadmaError(error) && NODE.test(error.code);
  if (!isNode && !isPassing(error)) throw error;
  return millis(now + backoff(UNREACHABLE_RETRY, failures, 0));
}

/** An error as data for the log; a bug with its stack. */
export function describe(error: unknown): Readonly<Record<string, unknown>> {
  if (isPadmaError(error)) return { code: error.code, error: error.message, ...error.facts };
  return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
