/** One task from claim to commit: read the sector, run its step, store what it found out in one transaction. */
import { isPadmaError, PadmaError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Progress } from "../proofs/prover.ts";
import type { Chain } from "../chain/chain.ts";
import type { SectorEvent } from "../sealing/events.ts";
import { failureEvent } from "../sealing/failures.ts";
import { footingOf } from "../sealing/footing.ts";
import { plan, type RetryPolicy } from "../sealing/plan.ts";
import type { Sector, State, Step } from "../sealing/sector.ts";
import { apply } from "../sealing/transitions.ts";
import { runStep, type StepDeps } from "../steps/run.ts";
import type { StepOutcome } from "../steps/step.ts";
import { advanceSector } from "../store/advanceSector.ts";
import type { StoredFooting } from "../store/footings.ts";
import { getSector } from "../store/getSector.ts";
import type { Store } from "../store/open.ts";
import type { Task, TaskQueue, Wait } from "../tasks/queue.ts";
import { isEnvironment, retryWait } from "../tasks/retry.ts";
import type { Millis } from "../units.ts";
import type { Reverted } from "./reverts.ts";

export interface Move {
  readonly sector: number;
  readonly from: State;
  readonly to: State;
  /** The step that found the event out. */
  readonly done: Step;
  /** The step that is next. */
  readonly step: Step | null;
  readonly event: SectorEvent["kind"];
  readonly durationMs: number;
}

/** What somebody who watches a driver is told. */
export interface DriveEvents {
  readonly onMove?: (move: Move) => void;
  readonly onRevert?: (reverted: Reverted) => void;
  readonly onStep?: (step: StepEvent) => void;
  readonly onWait?: (wait: { sector: number; state: State; step: Step; reason: string }) => void;
  /** The step cannot run for a reason outside the sector (`isEnvironment`): it waits, and somebody should look. */
  readonly onBlocked?: (blocked: { sector: number; step: Step; error: PadmaError }) => void;
}

export interface StepEvent {
  readonly sector: number;
  readonly state: State;
  readonly step: Step;
  readonly phase: "start" | "progress" | "end";
  /** How long the step took when it last succeeded in this repo. */
  readonly lastMs?: number;
  readonly progress?: Progress;
}

export interface ExecuteDeps {
  readonly store: Store;
  readonly queue: Pick<TaskQueue, "wait">;
  readonly steps: StepDeps;
  readonly retry: RetryPolicy;
  readonly now: () => Millis;
  readonly log: Log;
  readonly events: DriveEvents;
}

/**
 * Rejects only when the task was taken away (TASK_FENCED, an aborted signal): then nothing was stored.
 * FAIL in the step: a failure event, or a pause for an error that says "try again later".
 * FAIL between the step's end and the commit: the step runs again; every step says why that is safe.
 */
export async function execute(task: Task, signal: AbortSignal, deps: ExecuteDeps): Promise<void> {
  const sector = await getSector(deps.store, task.sector);
  if (sector.version !== task.version) throw overtaken(task);
  const started = deps.now();
  const about = { sector: sector.number, state: sector.state, step: task.step };
  deps.events.onStep?.({ ...about, phase: "start" });
  const outcome = await outcomeOf(task, sector, signal, deps);
  deps.events.onStep?.({ ...about, phase: "end" });
  if ("wait" in outcome) return wait(task, sector, outcome.wait, deps);
  await move(task, sector, outcome.event, deps.now() - started, deps);
}

async function outcomeOf(
  task: Task,
  sector: Sector,
  signal: AbortSignal,
  deps: ExecuteDeps,
): Promise<StepOutcome> {
  const onProgress = (progress: Progress): void =>
    deps.events.onStep?.({
      sector: sector.number,
      state: sector.state,
      step: task.step,
      phase: "progress",
      progress,
    });
  try {
    return await runStep(sector, deps.steps, { signal, onProgress, attempt: task.attempt });
  } catch (error) {
    signal.throwIfAborted();
    return afterError(task, error, deps);
  }
}

function afterError(task: Task, error: unknown, deps: ExecuteDeps): StepOutcome {
  const known = isPadmaError(error) ? error : bug(task, error);
  deps.log.warn("step failed", {
    sector: task.sector,
    step: task.step,
    code: known.code,
    error: known.message,
    ...known.facts,
  });
  if (isEnvironment(known)) deps.events.onBlocked?.({ sector: task.sector, step: task.step, error: known });
  const event = known.kind === "busy" || isEnvironment(known) ? null : failureEvent(task.step, known);
  if (event !== null) return { event };
  return { wait: retryWait(task, known, deps.now()) };
}

/** Cancelled between claim and start: the sector's next step is somebody else's task. */
const overtaken = (task: Task): PadmaError =>
  new PadmaError({ code: "TASK_FENCED", kind: "busy", message: `sector ${task.sector} has moved meanwhile` });

/** An error that nobody raised on purpose must not stop the other sectors: it is stored and shown like any failure. */
function bug(task: Task, cause: unknown): PadmaError {
  const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return new PadmaError({
    code: "BUG",
    message: `${task.step} met a bug in padma: ${cause instanceof Error ? cause.message : String(cause)}`,
    facts: { stack: what },
    next: "please report it with the stack from the log",
    cause,
  });
}

async function wait(task: Task, sector: Sector, stored: Wait, deps: ExecuteDeps): Promise<void> {
  await deps.queue.wait(task, stored);
  deps.events.onWait?.({
    sector: sector.number,
    state: sector.state,
    step: task.step,
    reason: stored.reason,
  });
}

async function move(
  task: Task,
  before: Sector,
  event: SectorEvent,
  durationMs: number,
  deps: ExecuteDeps,
): Promise<void> {
  const sector = apply(before, event);
  const footing = await footingAfter(event, deps.steps.chain);
  await advanceSector(deps.store, {
    ...(footing === null ? {} : { footing }),
    task,
    event,
    durationMs,
    sector,
    plan: plan(sector, deps.retry),
    now: deps.now(),
  });
  await unstage(before, event, deps);
  deps.log.info("sector moved", {
    sector: sector.number,
    from: before.state,
    to: sector.state,
    event: event.kind,
    ms: durationMs,
  });
  const { state: from } = before;
  deps.events.onMove?.({
    sector: sector.number,
    from,
    to: sector.state,
    done: task.step,
    step: sector.step,
    event: event.kind,
    durationMs,
  });
}

/**
 * The tipset that the sector stands on after the event, asked of the chain once more.
 * @throws CHAIN_MOVED (busy) when it is another one by now: the step looked at a chain that is gone, and looks again.
 */
async function footingAfter(
  event: SectorEvent,
  chain: Pick<Chain, "tipsetAt">,
): Promise<StoredFooting | null> {
  const footing = footingOf(event);
  if (footing === null) return null;
  const { what, epoch, tipset } = footing;
  const found = await chain.tipsetAt(epoch);
  const moved = found === null || (tipset.length > 0 && found.key.join() !== tipset.join());
  if (!moved) return { what, epoch, tipset: { epoch: found.epoch, key: found.key } };
  throw new PadmaError({
    code: "CHAIN_MOVED",
    kind: "busy",
    message: `the chain was reorganised at epoch ${epoch} while it was read`,
    facts: { epoch, read: tipset.join(" "), now: found?.key.join(" ") ?? "not so far" },
    next: "the step looks again",
  });
}

/** FAIL here: the copy of the user's file stays behind; it is only space. The piece is in the sector. */
async function unstage(before: Sector, event: SectorEvent, { steps, log }: ExecuteDeps): Promise<void> {
  if (event.kind !== "SectorPieceAdded") return;
  for (const { content } of before.drafts ?? []) {
    if (content.kind !== "file") continue;
    await steps.storage
      .unstage(content.path)
      .catch((error: unknown) =>
        log.warn("staged file not removed", { path: content.path, error: String(error) }),
      );
  }
}
