import { bench as measure, type BenchEvent } from "../../../app/bench/bench.ts";
import type { BenchPhase } from "../../../app/bench/work.ts";
import { PadmaError } from "../../../errors.ts";
import { formatDuration, type SectorSizeName } from "../../../units.ts";
import type { Context } from "../../context.ts";
import { startSpinner } from "../../spinner.ts";
import { exactTime, renderBench } from "./benchTable.ts";

interface Input {
  readonly phase: BenchPhase;
  readonly size: SectorSizeName;
  readonly batch: number;
  readonly backend: string | null;
  readonly against: "reference" | null;
  readonly repeat: number | null;
  readonly phaseDetail: boolean;
}

/** The report is printed also when both sides made different things: then the command fails after it. */
export async function bench(context: Context, { phaseDetail: detail, ...input }: Input): Promise<void> {
  const { output, env, log } = context;
  let doing = "";
  const started = Date.now();
  const spinner = await startSpinner(output, () => `${doing}  ${formatDuration(Date.now() - started)}`);
  const onEvent = (event: BenchEvent): void => {
    if (event.what !== "ran") doing = NOTICES[event.what];
    else if (event.run.sample.ms < WORTH_A_LINE_MS) return;
    output.notice(noticeOf(event));
  };
  try {
    const report = await measure({ ...input, detail, env, log, signal: context.stopSignal(), onEvent });
    output.data(report, (paint) => renderBench(report, paint));
    if (report.equal === false) throw different(input);
  } finally {
    spinner.stop();
  }
}

/** A run that is over sooner than this is not announced: there are many of them. */
const WORTH_A_LINE_MS = 1000;

const NOTICES = {
  building: "building the reference library (minutes the first time)",
  generating: "making parameters, there are none for this size yet (minutes)",
  sealing: "sealing a sector to work on",
  comparing: "comparing what both sides have made",
} as const;

function noticeOf(event: BenchEvent): string {
  if (event.what !== "ran") return NOTICES[event.what];
  const { side, kind, sample } = event.run;
  return `${side}, ${kind === "first" ? "first in a process" : "steady"}: ${exactTime(sample.ms)}`;
}

function different({ phase, size }: Pick<Input, "phase" | "size">): PadmaError {
  return new PadmaError({
    code: "BENCH_NOT_EQUAL",
    message: "padma and the reference library made different things from the same inputs",
    facts: { phase, size },
    next: "this is a bug in padma, please report it with the report above and `padma version`",
  });
}
