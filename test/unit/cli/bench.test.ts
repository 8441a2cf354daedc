import { expect, it } from "vitest";
import type { BenchReport, Comparison } from "../../../src/app/bench/report.ts";
import { exactTime, renderBench } from "../../../src/cli/commands/top/benchTable.ts";
import { PLAIN } from "../../../src/cli/output.ts";

const compared: Comparison = {
  oursMs: 9120.4,
  referenceMs: 52_204,
  ratio: 5.724,
  oursMinMs: 9001,
  referenceMinMs: 51_900,
  oursSpreadMs: 80,
  referenceSpreadMs: 410,
  oursCpuMs: 17_800,
  referenceCpuMs: 97_620,
  oursRuns: 5,
  referenceRuns: 5,
  oursPeakRss: 2_000_000_000,
  referencePeakRss: 2_699_034_624,
};

const report: BenchReport = {
  ...compared,
  phase: "c2",
  size: 2048,
  batch: 1,
  against: "reference",
  backend: "avx512",
  resultsIn: "/dev/shm",
  cpu: "A CPU",
  cores: 2,
  flags: ["adx", "avx512ifma"],
  load: 0.1,
  busyElsewhere: 0.01,
  loaded: false,
  equal: true,
  first: { ...compared, ratio: 4.2, oursRuns: 3, referenceRuns: 3 },
  parts: { ours: {}, reference: { prover: 50_440 } },
};

it("shows both sides, the ratios and whether they agree", () => {
  expect(renderBench(report, PLAIN)).toMatchInlineSnapshot(`
    "c2, 2 KiB, backend avx512
    A CPU, 2 cores: adx avx512ifma
    Files of the runs in /dev/shm
    Runs                Side       Median   Min      Spread  CPU      Peak memory  Count  
    first in a process  ours       9120 ms  9001 ms  80 ms   17.80 s  1.863 GiB    3      
    first in a process  reference  52.20 s  51.90 s  410 ms  97.62 s  2.514 GiB    3      
    steady              ours       9120 ms  9001 ms  80 ms   17.80 s  1.863 GiB    5      
    steady              reference  52.20 s  51.90 s  410 ms  97.62 s  2.514 GiB    5      
    Ratio: 5.72 times as fast, 4.20 first in a process
    Equal: yes
    Parts of ours: not told
    Parts of reference: prover 50.44 s"
  `);
});

it("shows padma alone, and that the machine was busy", () => {
  const none = { referenceMs: null, ratio: null, referenceRuns: null };
  const alone: BenchReport = {
    ...report,
    ...none,
    resultsIn: null,
    equal: null,
    first: null,
    parts: null,
    loaded: true,
    load: 2,
  };
  expect(renderBench(alone, PLAIN)).toMatchInlineSnapshot(`
    "c2, 2 KiB, backend avx512
    A CPU, 2 cores: adx avx512ifma
    Runs            Side  Median   Min      Spread  CPU      Peak memory  Count  
    a process each  ours  9120 ms  9001 ms  80 ms   17.80 s  1.863 GiB    5      
    This machine was not idle (load 2.0 before, 0.01 cores used by others meanwhile): the figures are too high"
  `);
});

it("writes times with the digits that a comparison needs", () => {
  expect([0.5, 9.999, 12.3, 9999, 52_204].map(exactTime)).toEqual([
    "0.50 ms",
    "10.00 ms",
    "12 ms",
    "9999 ms",
    "52.20 s",
  ]);
});
