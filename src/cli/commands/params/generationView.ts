/** What `params generate` shows while it works: points made, and the time left at the rate that was observed. */
import type { Progress } from "../../../proofs/prover.ts";
import { formatDuration } from "../../../units.ts";

/** Where nobody redraws a line, one this often. */
const LINE_MS = 5000;

/** As `--json` prints it. */
export interface GenerationState {
  /** Points made, by earlier runs too. */
  readonly done: number;
  /** 0 until the circuit has been run. */
  readonly total: number;
  readonly elapsedMs: number;
  /** Null until there is a rate. */
  readonly remainingMs: number | null;
}

export interface GenerationView {
  /** The newest progress. `isDue`: the last line is a while ago, or this is the end. */
  take(progress: Progress, now: number): { readonly state: GenerationState; readonly isDue: boolean };
  line(now: number): string;
}

export function createGenerationView(started: number): GenerationView {
  /** The first count of this run: what was made before says nothing about this machine. */
  let first: { readonly at: number; readonly done: number } | undefined;
  let last: Progress = { done: 0, total: 0, unit: "points" };
  let lineAt: number | undefined;

  function state(now: number): GenerationState {
    const { done, total } = last;
    const made = first === undefined ? 0 : done - first.done;
    const elapsedMs = now - started;
    // The end may be the first that is heard of: nothing is left then, whatever the rate was.
    if (total > 0 && done === total) return { done, total, elapsedMs, remainingMs: 0 };
    const remainingMs =
      first === undefined || made === 0 ? null : Math.round(((total - done) / made) * (now - first.at));
    return { done, total, elapsedMs, remainingMs };
  }

  return {
    take(progress, now) {
      last = progress;
      if (progress.total > 0) first ??= { at: now, done: progress.done };
      const isEnd = progress.total > 0 && progress.done === progress.total;
      const isDue = lineAt === undefined || now - lineAt >= LINE_MS || isEnd;
      if (isDue) lineAt = now;
      return { state: state(now), isDue };
    },
    line: (now) => render(state(now)),
  };
}

function render({ done, total, elapsedMs, remainingMs }: GenerationState): string {
  const elapsed = formatDuration(elapsedMs);
  if (total === 0) return `running the circuit  ${elapsed}`;
  const percent = Math.floor((100 * done) / total);
  const left = remainingMs === null ? "" : `, about ${formatDuration(remainingMs)} left`;
  return `${done} of ${total} points, ${percent} %  ${elapsed}${left}`;
}
