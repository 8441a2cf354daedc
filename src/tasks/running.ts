/** The tasks that this driver runs now. */
import { PadmaError } from "../errors.ts";
import type { Log } from "../log.ts";
import { type Millis, millis } from "../units.ts";
import type { Clock } from "./clock.ts";
import type { Task, TaskQueue } from "./queue.ts";
import { describe, isOvertaken, isPassing, retryWait } from "./retry.ts";

export interface RunningDeps {
  readonly queue: Pick<TaskQueue, "heartbeat" | "wait" | "release">;
  /** Runs the step and commits its move or its wait. The signal: the task was lost or cancelled, or the driver stops. */
  readonly execute: (task: Task, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Run {
  readonly task: Task;
  readonly abort: AbortController;
  ended: Promise<void>;
}

export class Running {
  readonly #deps: RunningDeps;
  readonly #onEnd: () => void;
  readonly #runs = new Set<Run>();

  constructor(deps: RunningDeps, onEnd: () => void) {
    this.#deps = deps;
    this.#onEnd = onEnd;
  }

  get size(): number {
    return this.#runs.size;
  }

  /** How many of them are such tasks. */
  count(isSuch: (task: Task) => boolean): number {
    return [...this.#runs].filter(({ task }) => isSuch(task)).length;
  }

  start(task: Task): void {
    const run: Run = { task, abort: new AbortController(), ended: Promise.resolve() };
    this.#runs.add(run);
    run.ended = this.#run(run).finally(() => {
      this.#runs.delete(run);
      this.#onEnd();
    });
  }

  /** Extends every lease; a task that is no longer ours is aborted. */
  async heartbeat(until: Millis): Promise<void> {
    for (const { task, abort } of this.#runs) {
      const answer = await this.#deps.queue.heartbeat(task, until);
      if (answer === "held" || abort.signal.aborted) continue;
      this.#deps.log.warn(`task ${answer}`, { sector: task.sector, step: task.step });
      abort.abort(aborted(task, answer));
    }
  }

  /** Aborts every task and waits until the last has ended. */
  async stop(): Promise<void> {
    const runs = [...this.#runs];
    for (const { task, abort } of runs) abort.abort(aborted(task, "stopped"));
    await Promise.all(runs.map(({ ended }) => ended));
  }

  /** Never rejects: a store that cannot be written leaves the lease, which then runs out. */
  async #run({ task, abort }: Run): Promise<void> {
    try {
      await this.#deps.execute(task, abort.signal);
      if (abort.signal.aborted) await this.#deps.queue.release(task);
    } catch (error) {
      await this.#settle(task, abort.signal, error).catch((failure: unknown) => {
        this.#deps.log.error("task cannot be put back", {
          sector: task.sector,
          step: task.step,
          ...describe(failure),
        });
      });
    }
  }

  /** A run that threw: the task goes back at once, or waits for its next attempt with the error as the reason. */
  async #settle(task: Task, signal: AbortSignal, error: unknown): Promise<void> {
    const { queue, clock, log } = this.#deps;
    const about = { sector: task.sector, step: task.step, attempt: task.attempt, ...describe(error) };
    if (signal.aborted || isOvertaken(error)) {
      log.info("task given up", about);
      await queue.release(task);
      return;
    }
    if (isPassing(error)) log.warn("task will be tried again", about);
    else log.error("task failed unexpectedly", about);
    await queue.wait(task, retryWait(task, error, millis(clock.now())));
  }
}

/** The reason that a step's signal carries. */
function aborted({ sector, step }: Task, why: "lost" | "cancelled" | "stopped"): PadmaError {
  return new PadmaError({
    code: "TASK_ABORTED",
    kind: "interrupted",
    message: `${step} of sector ${sector} was ${why}`,
  });
}
