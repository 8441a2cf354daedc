/** The timed part: both sides by turns, each run seen from outside of its process. */
import { cpuMs, machineCpuMs, peakRss } from "./machine.ts";
import type { Sample } from "./figures.ts";
import type { Runs } from "./runs.ts";
import type { Peer, Side } from "./sides.ts";
import type { BenchPhase, Digests, Outcome, SideName, Work } from "./work.ts";

/** How often each kind of run is made. */
export interface Plan {
  /** Each in a new process of its own. */
  readonly first: number;
  /** In the process of the last first run. */
  readonly steady: number;
  /** The reference's first runs, where it takes very long. */
  readonly referenceFirst: number;
}

/** Long runs prove what short ones need many of; processes are started afresh at most three times. */
const STEADY: Readonly<Record<BenchPhase, number>> = {
  commp: 20,
  addpiece: 20,
  pc1: 5,
  pc2: 5,
  c1: 20,
  c2: 5,
  params: 1,
};
const MOST_FIRST = 3;

/**
 * Parameters are made in a process of their own, so there each run is a first one; the reference's is made once. So is
 * each PC1 whose parents are not there yet.
 */
export function planOf(phase: BenchPhase, repeat: number | null, coldParents = false): Plan {
  const runs = repeat ?? STEADY[phase];
  if (coldParents) return { first: runs, steady: 0, referenceFirst: runs };
  if (phase === "params") return { first: runs, steady: 0, referenceFirst: 1 };
  const first = Math.min(runs, MOST_FIRST);
  return { first, steady: runs, referenceFirst: first };
}

export type RunKind = "first" | "steady";

/** One run and what came out of it. */
export interface Run {
  readonly side: SideName;
  readonly kind: RunKind;
  readonly sample: Sample;
  readonly outcome: Outcome;
  /** What it wrote, of the last run of a side where the sides are compared. */
  readonly files: Digests | null;
}

export interface Measured {
  readonly runs: readonly Run[];
  /** Cores that anything else on this machine used meanwhile, on average. */
  readonly busyElsewhere: number;
}

const runsIn = ({ first, referenceFirst, steady }: Plan, side: SideName): number =>
  (side === "ours" ? first : referenceFirst) + steady;

/**
 * Runs `plan`. `around` says what each run does, and clears up after it; `onRun` hears of each that is done.
 * FAIL: a run fails or the signal is aborted → every process is ended first.
 */
export async function measure(
  plan: Plan,
  sides: readonly Side[],
  around: Runs,
  signal: AbortSignal,
  onRun: (run: Run) => void,
): Promise<Measured> {
  const peers = new Map<SideName, Peer>();
  const endAll = (): Promise<unknown> => Promise.all([...peers.values()].map((peer) => peer.end()));
  const stop = (): void => void endAll();
  signal.addEventListener("abort", stop, { once: true });
  const [window, runs] = [new Window(), [] as Run[]];
  const one = async (side: Side, kind: RunKind): Promise<void> => {
    signal.throwIfAborted();
    if (kind === "first") peers.set(side.name, await replaced(side, peers.get(side.name), window));
    const peer = peers.get(side.name);
    if (peer === undefined) throw new Error(`${side.name} has no process yet`);
    const work = await around.begin(side.name);
    const { sample, outcome } = await timed(peer, work);
    const done = 1 + runs.filter((run) => run.side === side.name).length;
    const files = await around.end(work, done === runsIn(plan, side.name));
    const run: Run = { side: side.name, kind, sample, outcome, files };
    runs.push(run);
    onRun(run);
  };
  try {
    for (let round = 0; round < plan.first; round++) {
      for (const side of sides) {
        if (side.name === "ours" || round < plan.referenceFirst) await one(side, "first");
      }
    }
    for (let round = 0; round < plan.steady; round++) for (const side of sides) await one(side, "steady");
    for (const peer of peers.values()) window.count(peer);
    return { runs, busyElsewhere: window.busyElsewhere() };
  } catch (error) {
    signal.throwIfAborted(); // Its process was ended for that.
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    await endAll();
  }
}

async function replaced(side: Side, last: Peer | undefined, window: Window): Promise<Peer> {
  if (last !== undefined) {
    window.count(last);
    await last.end();
  }
  return side.start();
}

async function timed(peer: Peer, work: Work): Promise<{ sample: Sample; outcome: Outcome }> {
  const before = cpuMs(peer.pid);
  const started = performance.now();
  const outcome = await peer.run(work);
  const ms = performance.now() - started;
  const sample = { ms, cpuMs: cpuMs(peer.pid) - before, peakRss: peakRss(peer.pid), parts: outcome.parts };
  return { sample, outcome };
}

/** The time of the measurement: what the machine did in it, and how much of that was the measurement itself. */
class Window {
  readonly #started = performance.now();
  readonly #machine = machineCpuMs();
  readonly #self = process.cpuUsage();
  #peers = 0;

  /** Before a process ends: all that it used. */
  count(peer: Peer): void {
    this.#peers += cpuMs(peer.pid);
  }

  busyElsewhere(): number {
    const { user, system } = process.cpuUsage(this.#self);
    const own = this.#peers + (user + system) / 1000;
    const others = machineCpuMs() - this.#machine - own;
    return Math.round((Math.max(0, others) / (performance.now() - this.#started)) * 100) / 100;
  }
}
