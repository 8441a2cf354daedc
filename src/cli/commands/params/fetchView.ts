/** What `params fetch` shows while it works: bytes of the file, and the time left at the rate that was observed. */
import type { FetchProgress } from "../../../proofs/parameterFetch.ts";
import { formatBytes, formatDuration } from "../../../units.ts";

/** Where nobody redraws a line, one this often. */
const LINE_MS = 5000;

export interface FetchView {
  /** The newest progress. True when the last line is a while ago, or something new begins. */
  take(progress: FetchProgress, now: number): boolean;
  line(now: number): string;
}

/** What came before the first report of a file and phase says nothing about this connection. */
interface First {
  readonly at: number;
  readonly done: number;
}

export function createFetchView(): FetchView {
  let last: FetchProgress | undefined;
  let first: First = { at: 0, done: 0 };
  let lineAt = 0;
  return {
    take(progress, now) {
      const isNew =
        progress.file !== last?.file || progress.phase !== last.phase || progress.done < last.done;
      if (isNew) first = { at: now, done: progress.done };
      last = progress;
      const isDue = isNew || now - lineAt >= LINE_MS;
      if (isDue) lineAt = now;
      return isDue;
    },
    line: (now) => (last === undefined ? "looking for parameters" : render(last, first, now)),
  };
}

function render({ file, phase, done, total }: FetchProgress, first: First, now: number): string {
  const what = phase === "check" ? "checking" : "fetching";
  const of = total === null ? "" : ` of ${formatBytes(total)}, ${Math.floor((done / total) * 100)} %`;
  return `${what} ${file}  ${formatBytes(done)}${of}${left(done, total, first, now)}`;
}

/** Nothing until there is a rate. */
function left(done: number, total: number | null, first: First, now: number): string {
  const [came, tookMs] = [done - first.done, now - first.at];
  if (total === null || came <= 0 || tookMs <= 0) return "";
  return `, about ${formatDuration(((total - done) / came) * tookMs)} left`;
}
