import { bench as measure } from "../../../app/bench/bench.ts";
import { type BenchEvent, fitting, requirePeer } from "../../../app/bench/options.ts";
import type { BenchReport } from "../../../app/bench/report.ts";
import type { ResultsPlace } from "../../../app/bench/results.ts";
import { BENCH_PHASES, type BenchPhase, type PeerName } from "../../../app/bench/work.ts";
import { PadmaError } from "../../../errors.ts";
import { formatBytes, formatDuration, type SectorSizeName } from "../../../units.ts";
import type { Context } from "../../context.ts";
import { startSpinner } from "../../spinner.ts";
import { exactTime, renderBench } from "./benchTable.ts";

interface Input {
  readonly phase: BenchPhase | "all";
  readonly size: SectorSizeName;
  readonly batch: number;
  readonly backend: string | null;
  readonly against: PeerName | null;
  readonly repeat: number | null;
  readonly coldParents: boolean;
  readonly results: string | null;
  readonly phaseDetail: boolean;
}

/**
 * Each report is printed as it comes, so that what happens later takes nothing away; also where both sides made
 * different things: then the command fails after them. JSON of `all` is one report a line.
 */
export async function bench(context: Context, { phase, ...given }: Input): Promise<void> {
  const results = given.results === null ? null : context.path(given.results);
  const input = { ...given, results };
  requirePeer(phase, given.against);
  if (phase !== "all") return requireEqual([await reported(context, { ...input, phase })]);
  const reports: BenchReport[] = [];
  for (const one of BENCH_PHASES)
    reports.push(await reported(context, { ...fitting(one, input), phase: one }, reports.length > 0));
  requireEqual(reports);
}

async function reported(context: Context, input: Measurable, behind = false): Promise<BenchReport> {
  const report = await measured(context, input);
  context.output.data(report, (paint) => (behind ? "\n" : "") + renderBench(report, paint));
  return report;
}

type Measurable = Omit<Input, "phase"> & { readonly phase: BenchPhase };

async function measured(
  context: Context,
  { phaseDetail: detail, ...input }: Measurable,
): Promise<BenchReport> {
  const { output, env, log } = context;
  let doing = "";
  const started = Date.now();
  const spinner = await startSpinner(output, () => `${doing}  ${formatDuration(Date.now() - started)}`);
  const onEvent = (event: BenchEvent): void => {
    if (isDoing(event)) doing = NOTICES[event.what];
    else if (event.what === "ran" && event.run.sample.ms < WORTH_A_LINE_MS) return;
    output.notice(noticeOf(event));
  };
  try {
    return await measure({ ...input, detail, env, log, signal: context.stopSignal(), onEvent });
  } finally {
    spinner.stop();
  }
}

function requireEqual(reports: readonly BenchReport[]): void {
  const wrong = reports.find(({ equal }) => equal === false);
  if (wrong !== undefined) throw different(wrong);
}

/** A run that is over sooner than this is not announced: there are many of them. */
const WORTH_A_LINE_MS = 1000;

const NOTICES = {
  building: "building what padma is measured against (minutes the first time)",
  generating: "making parameters, there are none for this size yet (minutes)",
  sealing: "sealing a sector to work on",
  comparing: "comparing what both sides have made",
} as const;

type Doing = Extract<BenchEvent, { readonly what: keyof typeof NOTICES }>;

const isDoing = (event: BenchEvent): event is Doing => event.what in NOTICES;

function noticeOf(event: BenchEvent): string {
  if (isDoing(event)) return NOTICES[event.what];
  if (event.what === "placed") return placedNotice(event.place);
  const { side, kind, sample } = event.run;
  return `${side}, ${kind === "first" ? "first in a process" : "steady"}: ${exactTime(sample.ms)}`;
}

const placedNotice = ({ folder, insteadOf, bytes }: ResultsPlace): string =>
  `${bytes === null ? "the results" : `${formatBytes(bytes)} of a run`} have no room in ${insteadOf}: ` +
  `they go to ${folder}, and its disk's time is in the figures`;

function different({ phase, size }: BenchReport): PadmaError {
  return new PadmaError({
    code: "BENCH_NOT_EQUAL",
    message: "padma and its peer made different things from the same inputs",
    facts: { phase, size: formatBytes(size) },
    next: "this is a bug in padma, please report it with the report above and `padma version`",
  });
}
