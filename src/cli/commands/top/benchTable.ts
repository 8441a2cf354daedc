/** `padma bench` for people. */
import type { BenchReport, Comparison } from "../../../app/bench/report.ts";
import type { Parts, PeerName } from "../../../app/bench/work.ts";
import { formatBytes } from "../../../units.ts";
import type { Palette } from "../../output.ts";
import { type Column, table } from "../../table.ts";

/** `4.21 ms`, `840 ms`, `46.21 s`: three to four digits, for comparing. */
export function exactTime(ms: number): string {
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  return ms < 10_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

interface Row {
  readonly runs: string;
  readonly side: string;
  readonly ms: number;
  readonly minMs: number;
  readonly spreadMs: number;
  readonly cpuMs: number;
  readonly peakRss: number;
  readonly count: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { name: "Runs", cell: ({ runs }) => runs },
  { name: "Side", cell: ({ side }) => side },
  { name: "Median", cell: ({ ms }) => exactTime(ms) },
  { name: "Min", cell: ({ minMs }) => exactTime(minMs) },
  { name: "Spread", cell: ({ spreadMs }) => exactTime(spreadMs) },
  { name: "CPU", cell: ({ cpuMs }) => exactTime(cpuMs) },
  { name: "Peak memory", cell: ({ peakRss }) => formatBytes(peakRss) },
  { name: "Count", cell: ({ count }) => String(count) },
];

export function renderBench(report: BenchReport, paint: Palette): string {
  const { phase, size, batch, backend, resultsIn, cpu, cores, flags, first } = report;
  const peer = report.against ?? "reference";
  const rows = [
    ...(first === null ? [] : rowsOf("first in a process", first, peer)),
    ...rowsOf(first === null ? "a process each" : "steady", report, peer),
  ];
  const many = batch === 1 ? "" : `, batch of ${batch}`;
  return [
    paint.bold(`${phase}, ${formatBytes(size)}${many}, backend ${backend}`),
    `${cpu}, ${cores} cores: ${flags.join(" ")}`,
    ...(resultsIn === null ? [] : [`Files of the runs in ${resultsIn}`]),
    table(COLUMNS, rows),
    ...ratios(report, paint),
    ...details(report),
    ...(report.loaded ? [paint.yellow(loaded(report))] : []),
  ].join("\n");
}

function rowsOf(runs: string, of: Comparison, peer: PeerName): Row[] {
  const ours: Row = {
    runs,
    side: "ours",
    ms: of.oursMs,
    minMs: of.oursMinMs,
    spreadMs: of.oursSpreadMs,
    cpuMs: of.oursCpuMs,
    peakRss: of.oursPeakRss,
    count: of.oursRuns,
  };
  if (of.referenceMs === null) return [ours];
  const reference: Row = {
    runs,
    side: peer,
    ms: of.referenceMs,
    minMs: of.referenceMinMs ?? 0,
    spreadMs: of.referenceSpreadMs ?? 0,
    cpuMs: of.referenceCpuMs ?? 0,
    peakRss: of.referencePeakRss ?? 0,
    count: of.referenceRuns ?? 0,
  };
  return [ours, reference];
}

function ratios({ ratio, first, equal }: BenchReport, { green, red }: Palette): string[] {
  if (ratio === null) return [];
  const before =
    first === null || first.ratio === null ? "" : `, ${first.ratio.toFixed(2)} first in a process`;
  return [
    `Ratio: ${ratio.toFixed(2)} times as fast${before}`,
    `Equal: ${equal === true ? green("yes") : red("NO")}`,
  ];
}

function details({ parts, against }: BenchReport): string[] {
  if (parts === null) return [];
  const line = (side: string, of: Parts): string => {
    const named = Object.entries(of).map(([name, ms]) => `${name} ${exactTime(ms)}`);
    return `Parts of ${side}: ${named.length === 0 ? "not told" : named.join(", ")}`;
  };
  return [
    line("ours", parts.ours),
    ...(Object.keys(parts.reference).length === 0 ? [] : [line(against ?? "reference", parts.reference)]),
  ];
}

function loaded({ load, busyElsewhere }: BenchReport): string {
  return (
    `This machine was not idle (load ${load.toFixed(1)} before, ` +
    `${busyElsewhere.toFixed(2)} cores used by others meanwhile): the figures are too high`
  );
}
