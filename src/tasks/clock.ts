import { setTimeout as sleep } from "node:timers/promises";
import { millis, type Millis } from "../units.ts";

/** Time as a driver sees it; tests give one that they move themselves. */
export interface Clock {
  readonly now: () => Millis;
  /** Resolves after `ms`, or as soon as the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export const systemClock: Clock = {
  now: () => millis(Date.now()),
  sleep: async (ms, signal) => {
    try {
      await sleep(ms, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};
