import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../../src/tasks/clock.ts";
import { millis, type Millis } from "../../../src/units.ts";

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** A clock that only a test moves. Whoever sleeps on it wakes in order, and has run out of work before the next one. */
export class FakeClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): Millis {
    return millis(this.#now);
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper = { until: this.#now + ms, wake: () => resolve() };
    this.#sleepers.add(sleeper);
    signal.addEventListener("abort", sleeper.wake);
    await promise;
    signal.removeEventListener("abort", sleeper.wake);
    this.#sleepers.delete(sleeper);
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.until);
      this.#sleepers.delete(next);
      next.wake();
      await this.settle();
    }
    this.#now = end;
    await this.settle();
  }

  /** The machine's clock is set, forward (as after a suspension) or back, without time passing for sleepers. */
  set(now: number): void {
    this.#now = now;
  }

  /** Until everybody sleeps again: all work here is synchronous or in microtasks, which a turn of the loop runs. */
  async settle(): Promise<void> {
    for (let i = 0; i < 5; i += 1) await turn();
  }

  #next(end: number): Sleeper | undefined {
    const due = [...this.#sleepers].filter(({ until }) => until <= end);
    return due.toSorted((a, b) => a.until - b.until)[0];
  }
}
