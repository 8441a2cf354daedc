/** From single runs to what is reported: medians, with minimum and spread beside them. */
import type { Parts } from "./work.ts";

/** One timed run of one side, as seen from outside of its process. */
export interface Sample {
  readonly ms: number;
  /** CPU time of the process, counted by the kernel in ticks of 10 ms. */
  readonly cpuMs: number;
  /** Highest resident memory of the process so far, bytes. */
  readonly peakRss: number;
  readonly parts: Parts;
}

export interface Figures {
  readonly ms: number;
  readonly minMs: number;
  /** Median distance from the median. */
  readonly spreadMs: number;
  /** The mean: single short runs are below a tick. */
  readonly cpuMs: number;
  readonly runs: number;
  readonly peakRss: number;
  /** Medians of the parts that every run has named. */
  readonly parts: Parts;
}

/** At least one sample. Times are rounded to a microsecond. */
export function figures(samples: readonly Sample[]): Figures {
  const times = samples.map(({ ms }) => micros(ms));
  const middle = median(times);
  return {
    ms: middle,
    minMs: Math.min(...times),
    spreadMs: micros(median(times.map((ms) => Math.abs(ms - middle)))),
    cpuMs: micros(samples.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / samples.length),
    runs: samples.length,
    peakRss: Math.max(...samples.map(({ peakRss }) => peakRss)),
    parts: medianParts(samples.map(({ parts }) => parts)),
  };
}

const micros = (ms: number): number => Math.round(ms * 1000) / 1000;

/** Of an even number of values the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return micros(middle.reduce((sum, value) => sum + value, 0) / middle.length);
}

function medianParts(all: readonly Parts[]): Parts {
  const names = Object.keys(all[0] ?? {}).filter((name) => all.every((parts) => name in parts));
  return Object.fromEntries(names.map((name) => [name, median(all.map((parts) => parts[name] ?? 0))]));
}
