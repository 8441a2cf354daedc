/**
 * Words: a **task** is the step that is next for a sector, queued or leased. A **wait** is a stored condition
 * (message, epoch, time) that becomes a task when it is met. A **driver** is a process that claims tasks. A **lease**
 * is a driver's right to a task until `leaseUntil`; its **fence** grows with each claim, so that a driver whose lease
 * ran out can neither complete nor extend what another one holds. A sector has at most one task or wait.
 */
import type { Step } from "../sealing/sector.ts";
import type { Epoch, Millis, SectorNumber } from "../units.ts";

export interface Task {
  readonly sector: SectorNumber;
  readonly step: Step;
  /** How often this step was claimed since the sector last moved; 1 the first time. */
  readonly attempt: number;
  readonly fence: number;
  /** Version of the sector row that the task belongs to. */
  readonly version: number;
}

/** What a step holds while it runs, counted on the host over all processes. */
export interface Resources {
  readonly memoryBytes: number;
  /** Cores that the step keeps busy. */
  readonly cores: number;
}

/** As a step says it before it runs. */
export interface Needs extends Resources {
  /**
   * Tasks of the step that are claimed within `withinMs` of the first of them run side by side, and each needs no more
   * cores than these. Once they have begun each counts for `cores`, and all of them together for no more than the host
   * has.
   */
  readonly together?: { readonly cores: number; readonly withinMs: number };
}

export interface HostLimits extends Resources {
  /** At most so many tasks of one step at a time on this host, over all processes (C2: 1). */
  readonly perStep: Partial<Record<Step, number>>;
}

export type Condition =
  /** Until it has landed, or until an epoch, at which the step looks again anyway. */
  | { readonly for: "message"; readonly cid: string; readonly until: Epoch }
  | { readonly for: "epoch"; readonly epoch: Epoch }
  | { readonly for: "time"; readonly at: Millis };

/** Why a sector does not move, what decides it, and when it is looked at again. */
export interface Wait {
  readonly condition: Condition;
  /** One line for `sectors why`: "the precommit message bafy… has not landed yet". */
  readonly reason: string;
}

export interface ClaimRequest {
  readonly driver: string;
  readonly host: string;
  readonly now: Millis;
  readonly leaseMs: number;
  readonly limits: HostLimits;
  /** What each step holds at this sector size. */
  readonly needs: (step: Step) => Needs;
  /** Sectors that are taken first (`--wait` takes its own first). */
  readonly first: readonly SectorNumber[];
}

export type Heartbeat = "held" | "lost" | "cancelled";

export interface TaskQueue {
  /**
   * The first queued task that fits, leased; tasks passed over get the reason stored for `why`. Tasks whose lease ran
   * out and waits for a time that has come are queued before it looks.
   */
  claim(request: ClaimRequest): Promise<Task | null>;
  heartbeat(task: Task, leaseUntil: Millis): Promise<Heartbeat>;
  /** Back into the queue at once (a driver that stops), keeping the attempt count. */
  release(task: Task): Promise<void>;
  /** The task becomes a wait. Rejects with TASK_FENCED when the lease is no longer held. */
  wait(task: Task, wait: Wait): Promise<void>;
  /** Turns every wait that is met into a task: `message` waits of the given CIDs, epochs ≤ head (those at which a
   * message is no longer waited for, too), times ≤ now. */
  wake(met: { head: Epoch; now: Millis; landed: readonly string[] }): Promise<number>;
  /** CIDs that somebody waits for, for one lookup per head. */
  awaitedMessages(): Promise<readonly string[]>;
  /** Earliest epoch and time waited for, and how much is runnable or leased: decides idle and the next timer. */
  outlook(now: Millis): Promise<Outlook>;
}

export interface Outlook {
  readonly queued: number;
  readonly leased: number;
  /** Awaited messages; the epochs at which they are no longer waited for are not among those awaited. */
  readonly messages: number;
  readonly earliestEpoch: Epoch | null;
  readonly earliestTime: Millis | null;
}
