/**
 * The loop of a driver. It sleeps until something can have changed: a task of its own has ended, another process has
 * written (the store's data version, read once a second), a time or an epoch has come. Then it wakes waits, claims
 * what fits, and looks whether it is done. Heartbeats run beside it, so that a slow chain never costs a lease.
 */
import type { Log } from "../log.ts";
import type { Step } from "../sealing/sector.ts";
import { millis, type Millis, type SectorNumber } from "../units.ts";
import { Bell } from "./bell.ts";
import type { Clock } from "./clock.ts";
import { deadDrivers, type DriverRecord, type DriverRegistry, type IsAlive } from "./drivers.ts";
import type { Follower } from "./follower.ts";
import type { HostLimits, Needs, Outlook, Task, TaskQueue } from "./queue.ts";
import { describe, isPassing } from "./retry.ts";
import type { RevertWatch } from "./revertWatch.ts";
import { Running } from "./running.ts";

export interface DriverDeps {
  readonly queue: TaskQueue;
  readonly drivers: DriverRegistry;
  readonly follower: Pick<Follower, "follow" | "nextLook" | "dueAt" | "headChanged">;
  /** Given where the chain tells of its heads: calls back with each one. */
  readonly onHead?: (listener: () => void) => () => void;
  readonly reverts: Pick<RevertWatch, "look">;
  /** Runs the step of a task and commits its move or its wait; rejects when it could do neither. */
  readonly execute: (task: Task, signal: AbortSignal) => Promise<void>;
  readonly isAlive: IsAlive;
  /** Changes when another process has written to the store; must be cheap. */
  readonly dataVersion: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface DriveOptions {
  readonly me: DriverRecord;
  readonly limits: HostLimits;
  readonly needs: (step: Step) => Needs;
  /** Sectors that are served first. */
  readonly first: readonly SectorNumber[];
  /**
   * `stopped`: only the signal ends it. `idle`: nothing is runnable, leased or due within the patience. A function is
   * asked after each round; `stuck`: tasks are queued that do not fit here though nothing runs anywhere.
   */
  readonly until: "stopped" | "idle" | ((round: { readonly stuck: boolean }) => Promise<boolean>);
  readonly patienceMs: number;
  /** Ends the driver: its steps are aborted and their tasks go back into the queue. */
  readonly signal: AbortSignal;
}

export type DriveEnd = "stopped" | "idle" | "done";

/** A lease is extended three times before it runs out. @internal for tests and docs */
export const LEASE_MS = 30_000;
const HEARTBEAT_MS = LEASE_MS / 3;
/** How late another process's write may be noticed. */
const TICK_MS = 1000;
/** Steps without needs (chain calls) at a time in one driver; the others are bounded by the ledger. */
const MOST_AT_ONCE = 32;
const holdsNothing = ({ memoryBytes, cores }: Needs): boolean => memoryBytes === 0 && cores === 0;

/** Drives until its condition is met, the signal is aborted, or the store or the chain fails for good. */
export async function drive(deps: DriverDeps, options: DriveOptions): Promise<DriveEnd> {
  const driver = new Driver(deps, options);
  return driver.drive();
}

class Driver {
  readonly #deps: DriverDeps;
  readonly #options: DriveOptions;
  readonly #bell = new Bell();
  readonly #running: Running;
  /** Ends the heartbeats with the loop. */
  readonly #over = new AbortController();
  #version = Number.NaN;
  #lastBeat: Millis;
  #lastRound: Millis = millis(0);
  /** When something last moved here: a claim, an end, a wake. */
  #lastProgress: Millis;
  #outlook: Outlook | null = null;
  /** Something changed here since the last look began; what that look found may be older. */
  #stale = true;
  #fatal: { readonly error: unknown } | null = null;

  constructor(deps: DriverDeps, options: DriveOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#lastBeat = deps.clock.now();
    this.#lastProgress = deps.clock.now();
    this.#running = new Running(deps, () => this.#progress());
  }

  async drive(): Promise<DriveEnd> {
    const { signal } = this.#options;
    signal.addEventListener("abort", this.#bell.ring);
    const deafen = this.#deps.onHead?.(() => this.#headChanged());
    await this.#beat();
    const beats = this.#beats();
    try {
      return await this.#loop();
    } finally {
      signal.removeEventListener("abort", this.#bell.ring);
      deafen?.();
      await this.#running.stop();
      this.#over.abort();
      await beats;
      await this.#signOff();
    }
  }

  /** FAIL: the store cannot be written → the row goes silent and the leases run out by themselves. */
  async #signOff(): Promise<void> {
    const { drivers, clock, log } = this.#deps;
    try {
      await drivers.forget([this.#options.me.id], clock.now());
    } catch (error) {
      log.warn("driver cannot sign off", describe(error));
    }
  }

  async #loop(): Promise<DriveEnd> {
    for (;;) {
      if (this.#options.signal.aborted) return "stopped";
      if (this.#fatal !== null) throw this.#fatal.error;
      const end = await this.#round();
      if (end !== null) return end;
      await this.#sleep();
    }
  }

  /** One look at everything; null to go on. FAIL: the store is busy, at any point of it → all of it again later. */
  async #round(): Promise<DriveEnd | null> {
    try {
      const due = this.#isRoundDue();
      // First, so that nothing is claimed for a sector that lost its footing while nobody drove.
      const reverted = await this.#settleReverts(due);
      return due || reverted ? await this.#endAfter(await this.#look()) : null;
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.#stale = true;
      this.#deps.log.warn("store is busy", describe(error));
      return null;
    }
  }

  /** What runs for a sector that went back ends at once, not with the next heartbeat. */
  async #settleReverts(changed: boolean): Promise<boolean> {
    const { reverts, clock } = this.#deps;
    if ((await reverts.look(clock.now(), changed)) === 0) return false;
    this.#lastProgress = clock.now();
    await this.#beat();
    return true;
  }

  async #endAfter(outlook: Outlook): Promise<DriveEnd | null> {
    const { until } = this.#options;
    if (typeof until === "function") return (await until({ stuck: this.#isStuck(outlook) })) ? "done" : null;
    return until === "idle" && this.#isIdle(outlook) ? "idle" : null;
  }

  #isRoundDue(): boolean {
    const { dataVersion, clock, follower } = this.#deps;
    const now = clock.now();
    const version = dataVersion();
    const changed = version !== this.#version || this.#stale;
    this.#version = version;
    // Leases of others run out without anybody writing.
    const old = Math.abs(now - this.#lastRound) >= HEARTBEAT_MS;
    const times = [this.#outlook?.earliestTime ?? null, follower.nextLook];
    return changed || old || times.some((time) => time !== null && time <= now);
  }

  async #look(): Promise<Outlook> {
    const { queue, clock, follower } = this.#deps;
    this.#lastRound = clock.now();
    for (;;) {
      this.#stale = false;
      await this.#claimAll();
      const now = clock.now();
      const outlook = await queue.outlook(now);
      this.#outlook = outlook;
      const quiet = this.#isQuiet(outlook);
      // What is still queued may have come since the claim; only what does not fit lets an instant clock jump.
      if (quiet && outlook.queued > 0 && (await this.#claimAll()) > 0) continue;
      const woken = await follower.follow(outlook, now, quiet);
      if (woken === 0 || this.#options.signal.aborted) return outlook;
      this.#lastProgress = now;
    }
  }

  /** Claims as long as something fits, and returns how many tasks that were. */
  async #claimAll(): Promise<number> {
    const { queue, clock, log } = this.#deps;
    // After a suspension of the machine our own leases look as if they had run out.
    if (clock.now() - this.#lastBeat >= LEASE_MS / 2) await this.#beat();
    let claimed = 0;
    for (; this.#runningFree() < MOST_AT_ONCE && !this.#options.signal.aborted; claimed += 1) {
      const task = await queue.claim(this.#request());
      if (task === null) break;
      log.info("task claimed", { sector: task.sector, step: task.step, attempt: task.attempt });
      this.#lastProgress = clock.now();
      this.#running.start(task);
    }
    return claimed;
  }

  /** Steps under way that the ledger does not bound: they hold nothing. */
  #runningFree(): number {
    const { needs } = this.#options;
    return this.#running.count(({ step }) => holdsNothing(needs(step)));
  }

  #request(): Parameters<TaskQueue["claim"]>[0] {
    const { me, limits, needs, first } = this.#options;
    return {
      driver: me.id,
      host: me.host,
      now: this.#deps.clock.now(),
      leaseMs: LEASE_MS,
      limits,
      needs,
      first,
    };
  }

  #progress(): void {
    this.#lastProgress = this.#deps.clock.now();
    this.#stale = true;
    this.#bell.ring();
  }

  #headChanged(): void {
    this.#deps.follower.headChanged();
    this.#bell.ring();
  }

  /** How long nothing has moved here. A clock that was set back counts like time that has passed. */
  #stillMs(): number {
    return Math.abs(this.#deps.clock.now() - this.#lastProgress);
  }

  #isQuiet(outlook: Outlook): boolean {
    return this.#running.size === 0 && outlook.leased === 0;
  }

  /** What is queued never fits here. A cancelled step may hold room on this host until its lease ends, so that is waited for. */
  #isStuck(outlook: Outlook): boolean {
    return this.#isQuiet(outlook) && outlook.queued > 0 && this.#stillMs() >= LEASE_MS;
  }

  /** Nothing runs anywhere, and nothing that is waited for comes within the patience. */
  #isIdle(outlook: Outlook): boolean {
    const { clock, follower } = this.#deps;
    const { patienceMs } = this.#options;
    if (!this.#isQuiet(outlook)) return false;
    if (outlook.queued > 0 && !this.#isStuck(outlook)) return false;
    if (outlook.messages > 0 && this.#stillMs() < patienceMs) return false;
    const now = clock.now();
    const due = [outlook.earliestTime, follower.dueAt(outlook, now)];
    return due.every((time) => time === null || time - now > patienceMs);
  }

  async #sleep(): Promise<void> {
    const { clock, follower } = this.#deps;
    const now = clock.now();
    const times = [this.#outlook?.earliestTime ?? null, follower.nextLook].filter((time) => time !== null);
    const ms = Math.max(0, Math.min(TICK_MS, ...times.map((time) => time - now)));
    await this.#bell.sleep(clock, ms);
  }

  async #beats(): Promise<void> {
    const { clock, log } = this.#deps;
    while (!this.#over.signal.aborted) {
      await clock.sleep(HEARTBEAT_MS, this.#over.signal);
      if (this.#over.signal.aborted) return;
      try {
        await this.#beat();
      } catch (error) {
        if (isPassing(error)) log.warn("heartbeat is late", describe(error));
        else this.#fail(error);
      }
    }
  }

  /** Says that this driver lives, extends its leases, and takes over from drivers of this host that were killed. */
  async #beat(): Promise<void> {
    const { drivers, clock, isAlive, log } = this.#deps;
    const { me } = this.#options;
    const now = clock.now();
    this.#lastBeat = now;
    await drivers.heartbeat(me, now);
    await this.#running.heartbeat(millis(now + LEASE_MS));
    const dead = await deadDrivers(await drivers.known(), me.host, isAlive);
    if (dead.length === 0) return;
    log.warn("drivers were killed; their tasks go on here", { pids: dead.map(({ pid }) => pid) });
    await drivers.forget(
      dead.map(({ id }) => id),
      now,
    );
    this.#stale = true;
    this.#bell.ring();
  }

  /** The store fails for good: the loop ends with the error. */
  #fail(error: unknown): void {
    this.#fatal = { error };
    this.#bell.ring();
  }
}
