/** `padma bench`'s answer, as JSON prints it. Sizes and memory are bytes, times milliseconds. */
import { figures, type Figures } from "./figures.ts";
import type { Machine } from "./machine.ts";
import type { Measured, Run, RunKind } from "./measure.ts";
import type { BenchPhase, Parts, PeerName, SideName } from "./work.ts";

/** One kind of run, both sides. What the reference would say is null where it was not asked. */
export interface Comparison {
  /** Medians; a batch counts as one run. */
  readonly oursMs: number;
  readonly referenceMs: number | null;
  /** How many times faster: the reference's median over ours. */
  readonly ratio: number | null;
  readonly oursMinMs: number;
  readonly referenceMinMs: number | null;
  /** Median distance from the median. */
  readonly oursSpreadMs: number;
  readonly referenceSpreadMs: number | null;
  /** CPU time of a run, all cores. */
  readonly oursCpuMs: number;
  readonly referenceCpuMs: number | null;
  readonly oursRuns: number;
  readonly referenceRuns: number | null;
  /** Highest resident memory of the processes until their last run of this kind. */
  readonly oursPeakRss: number;
  readonly referencePeakRss: number | null;
}

export interface BenchReport extends Comparison {
  readonly phase: BenchPhase;
  readonly size: number;
  readonly batch: number;
  /** Whose figures are called the reference's; null: nobody's. */
  readonly against: PeerName | null;
  /** Of ours. */
  readonly backend: string;
  /** The folder in which each run's files were, until the next one began; null: a run writes none. */
  readonly resultsIn: string | null;
  readonly cpu: string;
  readonly cores: number;
  readonly flags: readonly string[];
  /** Load average of the minute before, and cores that others used during the runs. */
  readonly load: number;
  readonly busyElsewhere: number;
  /** Others had a share of the machine: the figures are too high. */
  readonly loaded: boolean;
  /** Whether both made the same. */
  readonly equal: boolean | null;
  /** Runs that were the first of their process; null where all were. */
  readonly first: Comparison | null;
  /** Medians of the parts of a run, as each side names them; null unless asked for. */
  readonly parts: Readonly<Record<SideName, Parts>> | null;
}

export interface Facts {
  readonly phase: BenchPhase;
  readonly size: number;
  readonly batch: number;
  readonly against: PeerName | null;
  readonly backend: string;
  readonly resultsIn: string | null;
  readonly machine: Machine;
  readonly equal: boolean | null;
  /** The reference's time to decode the parameters, which its own parts do not show. */
  readonly decodeMs: number | null;
  readonly detail: boolean;
}

const BUSY_CORES = 0.1;

export function report(facts: Facts, { runs, busyElsewhere }: Measured): BenchReport {
  const { phase, size, batch, against, backend, resultsIn, equal, machine } = facts;
  const steady = runs.some(({ kind }) => kind === "steady");
  const main: RunKind = steady ? "steady" : "first";
  return {
    phase,
    size,
    batch,
    against,
    backend,
    resultsIn,
    ...comparison(runs, main),
    equal,
    ...machine,
    busyElsewhere,
    loaded: busyElsewhere > BUSY_CORES,
    first: steady ? comparison(runs, "first") : null,
    parts: facts.detail ? parts(runs, main, facts.decodeMs) : null,
  };
}

function of(runs: readonly Run[], side: SideName, kind: RunKind): Figures | null {
  const samples = runs.filter((run) => run.side === side && run.kind === kind).map(({ sample }) => sample);
  return samples.length === 0 ? null : figures(samples);
}

function comparison(runs: readonly Run[], kind: RunKind): Comparison {
  const [ours, reference] = [of(runs, "ours", kind), of(runs, "reference", kind)];
  if (ours === null) throw new Error(`there was no ${kind} run`);
  return {
    oursMs: ours.ms,
    referenceMs: reference?.ms ?? null,
    ratio: reference === null ? null : Math.round((reference.ms / ours.ms) * 1000) / 1000,
    oursMinMs: ours.minMs,
    referenceMinMs: reference?.minMs ?? null,
    oursSpreadMs: ours.spreadMs,
    referenceSpreadMs: reference?.spreadMs ?? null,
    oursCpuMs: ours.cpuMs,
    referenceCpuMs: reference?.cpuMs ?? null,
    oursRuns: ours.runs,
    referenceRuns: reference?.runs ?? null,
    oursPeakRss: ours.peakRss,
    referencePeakRss: reference?.peakRss ?? null,
  };
}

/** Medians of the steady runs; what only the first run of a process has (decoding the parameters) beside them. */
function parts(runs: readonly Run[], kind: RunKind, decodeMs: number | null): Record<SideName, Parts> {
  const theirs = of(runs, "reference", kind)?.parts ?? {};
  return {
    ours: { ...of(runs, "ours", "first")?.parts, ...of(runs, "ours", kind)?.parts },
    reference: decodeMs === null ? theirs : { ...theirs, "decoding alone": decodeMs },
  };
}
