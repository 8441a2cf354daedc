import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { buildPeer } from "../../../src/app/bench/buildPeer.ts";
import { sameResults } from "../../../src/app/bench/equality.ts";
import { figures, type Sample } from "../../../src/app/bench/figures.ts";
import { cpuMs, machineCpuMs, peakRss } from "../../../src/app/bench/machine.ts";
import { measure, planOf, type Run } from "../../../src/app/bench/measure.ts";
import { type Facts, report } from "../../../src/app/bench/report.ts";
import { fitting, requirePeer } from "../../../src/app/bench/options.ts";
import { placeResults, type ResultsWanted, type Room } from "../../../src/app/bench/results.ts";
import { type Runs, runsOf } from "../../../src/app/bench/runs.ts";
import type { Side } from "../../../src/app/bench/sides.ts";
import {
  BENCH_PHASES,
  c1File,
  type Digests,
  type Opening,
  type Outcome,
  type Parts,
  type SealedSector,
  type SideName,
  type Work,
} from "../../../src/app/bench/work.ts";
import { actorId, paddedSize, sectorNumber } from "../../../src/units.ts";

const sample = (ms: number, parts: Parts = {}): Sample => ({ ms, cpuMs: 2 * ms, peakRss: 1000 + ms, parts });
const WORK: Work = { phase: "c2", openings: [] };
/** Notes whose last run was which. */
const AROUND: Runs = {
  begin: async () => WORK,
  end: async (_work, last) => (last ? new Map([["last", ""]]) : null),
};
const NOTHING: Outcome = { proofs: [], commitments: [], parts: {} };

function run(side: SideName, kind: Run["kind"], ms: number, parts?: Parts): Run {
  return { side, kind, sample: sample(ms, parts), outcome: NOTHING, files: null };
}

describe("figures", () => {
  it("are the median, the minimum and the median distance from the median", () => {
    expect(figures([5, 1, 100, 4, 6].map((ms) => sample(ms)))).toEqual({
      ms: 5,
      minMs: 1,
      spreadMs: 1,
      cpuMs: 46.4,
      runs: 5,
      peakRss: 1100,
      parts: {},
    });
  });

  it("take the mean of the two in the middle of an even number", () => {
    expect(figures([1, 2, 4, 9].map((ms) => sample(ms)))).toMatchObject({ ms: 3, spreadMs: 1.5 });
  });

  it("keep the parts that every run has named", () => {
    const parts = [{ msm: 3, fft: 1 }, { msm: 5 }, { msm: 4, fft: 2 }];
    expect(figures(parts.map((of) => sample(1, of))).parts).toEqual({ msm: 4 });
  });
});

describe("a plan", () => {
  it("starts a process afresh at most three times, and then repeats", () => {
    expect(planOf("c2", null)).toEqual({ first: 3, steady: 5, referenceFirst: 3 });
    expect(planOf("c1", 1)).toEqual({ first: 1, steady: 1, referenceFirst: 1 });
  });

  it("makes PC1 without parents in a process of its own each time", () => {
    expect(planOf("pc1", 2, true)).toEqual({ first: 2, steady: 0, referenceFirst: 2 });
  });

  it("makes each set of parameters in a process of its own, and the reference's once", () => {
    expect(planOf("params", 3)).toEqual({ first: 3, steady: 0, referenceFirst: 1 });
  });
});

it("all gives each phase the options that it takes", () => {
  const given = { batch: 4, coldParents: true, results: "/there" };
  const taken = Object.fromEntries(BENCH_PHASES.map((phase) => [phase, fitting(phase, given)]));
  const none = { batch: 1, coldParents: false, results: null };
  expect(taken).toEqual({
    commp: none,
    addpiece: { ...none, results: "/there" },
    pc1: given,
    pc2: { ...none, results: "/there" },
    c1: { ...given, coldParents: false },
    c2: { ...none, batch: 4 },
    params: { ...none, results: "/there" },
  });
});

describe("measuring", () => {
  /** A side whose processes are this one: what happens to them is written down. */
  function side(name: SideName, log: string[]): Side {
    return {
      name,
      verify: async () => true,
      start: async () => {
        log.push(`${name} starts`);
        const end = async (): Promise<void> => void log.push(`${name} ends`);
        return { pid: process.pid, end, run: async () => (log.push(`${name} runs`), NOTHING) };
      },
    };
  }

  const plan = { first: 2, steady: 1, referenceFirst: 1 };
  const never = new AbortController().signal;

  it("runs both sides by turns, first runs in new processes, and leaves none behind", async () => {
    const log: string[] = [];
    const sides = [side("ours", log), side("reference", log)];
    const { runs } = await measure(plan, sides, AROUND, never, () => {});
    expect(log.join(", ")).toBe(
      "ours starts, ours runs, reference starts, reference runs, " +
        "ours ends, ours starts, ours runs, ours runs, reference runs, ours ends, reference ends",
    );
    expect(runs.map(({ side: name, kind, files }) => `${name} ${kind}${files ? ", its last" : ""}`)).toEqual([
      "ours first",
      "reference first",
      "ours first",
      "ours steady, its last",
      "reference steady, its last",
    ]);
  });

  it("ends every process when a run fails", async () => {
    const log: string[] = [];
    const ours = side("ours", log);
    const broken: Side = {
      ...side("reference", log),
      start: async () => ({ ...(await ours.start()), run: () => Promise.reject(new Error("broken")) }),
    };
    const measured = measure(plan, [ours, broken], AROUND, never, () => {});
    await expect(measured).rejects.toThrow("broken");
    expect(log.filter((line) => line.endsWith("starts"))).toHaveLength(2);
    expect(log.filter((line) => line.endsWith("ends"))).toHaveLength(2);
  });

  it("ends every process and says why when it is stopped", async () => {
    const log: string[] = [];
    const stop = new AbortController();
    const stopped = measure(plan, [side("ours", log)], AROUND, stop.signal, () =>
      stop.abort(new Error("stopped")),
    );
    await expect(stopped).rejects.toThrow("stopped");
    expect(log).toContain("ours ends");
  });
});

describe("the results of a run", () => {
  const GIB = 2 ** 30;
  const MEMORY = "/memory";
  const DISK = "/disk";
  const PC1: ResultsWanted = { phase: "pc1", size: paddedSize(GIB / 2), batch: 16, results: null };

  const room = (over: Partial<Record<"memory" | "disk" | "available", number>> = {}): Room => ({
    memory: MEMORY,
    temporary: DISK,
    freeBytes: async (folder) => (folder === MEMORY ? (over.memory ?? 100 * GIB) : (over.disk ?? 100 * GIB)),
    availableMemory: async () => over.available ?? 100 * GIB,
  });

  it("lie in memory while there is room for them and the processes", async () => {
    const found = await placeResults(PC1, room());
    expect(found).toMatchObject({ folder: MEMORY, insteadOf: null });
    expect(found?.bytes).toBeGreaterThanOrEqual(32 * GIB);
  });

  it.each([{ memory: 32 * GIB }, { available: 50 * GIB }])("lie on a disk with only %o", async (less) => {
    expect(await placeResults(PC1, room(less))).toMatchObject({ folder: DISK, insteadOf: MEMORY });
  });

  it("lie on a disk where there is no folder in memory, and nobody is told", async () => {
    const found = await placeResults(PC1, { ...room(), memory: null });
    expect(found).toMatchObject({ folder: DISK, insteadOf: null });
  });

  it("lie where they were asked for", async () => {
    const found = await placeResults({ ...PC1, results: "/there" }, room());
    expect(found).toMatchObject({ folder: "/there", insteadOf: null });
  });

  it("are refused where they fit nowhere", async () => {
    const none = { memory: 0, disk: 32 * GIB };
    for (const results of [null, "/there"]) {
      await expect(placeResults({ ...PC1, results }, room(none))).rejects.toMatchObject({
        code: "BENCH_NO_SPACE",
        kind: "user",
        next: expect.stringContaining("--results"),
      });
    }
  });

  it("are none where the answer is all", async () => {
    for (const phase of ["commp", "c2"] as const)
      expect(await placeResults({ ...PC1, phase }, room({ memory: 0, disk: 0 }))).toBeNull();
  });

  it("are gone before the next run, and the last ones leave their digests", async () => {
    const results = mkdtempSync(join(tmpdir(), "padma-results-"));
    onTestFinished(() => rmSync(results, { recursive: true, force: true }));
    const sector: SealedSector = {
      identity: { sectorSize: paddedSize(2048), miner: actorId(1), number: sectorNumber(1), ticket: "" },
      pieces: [],
      cacheDir: "",
      sealedPath: "",
      commD: "",
      commR: "",
    };
    const opened: Opening[] = [{ sector, seed: "", c1Path: "" }];
    const subject = { file: "", unsealed: [], openings: opened };
    const plain = {
      phase: "c1",
      size: paddedSize(2048),
      subject,
      coldParents: false,
      parentsDir: "",
    } as const;
    const runs = runsOf({ ...plain, results, compared: true });
    const made: unknown[] = [];
    for (const last of [false, true]) {
      const work = await runs.begin("ours");
      if (work.phase !== "c1") throw new Error("not C1's");
      writeFileSync(c1File(work.folder, 0), "what C1 gives");
      made.push(await runs.end(work, last));
      expect(readdirSync(results)).toEqual([]);
    }
    const digest = createHash("blake2b512").update("what C1 gives").digest("hex").slice(0, 32);
    expect(made).toEqual([null, new Map([["0", digest]])]);
  });

  it("are the same when the answers and all files are", () => {
    const files = (digest: string): Digests => new Map([["replica", digest]]);
    const of = (side: SideName, commR: string, digests: Digests): Run => ({
      ...run(side, "steady", 1),
      outcome: { ...NOTHING, commR },
      files: digests,
    });
    const ours = of("ours", "r", files("a"));
    expect(sameResults([of("reference", "r", files("a")), ours])).toBe(true);
    for (const other of [
      of("reference", "s", files("a")),
      of("reference", "r", files("b")),
      of("reference", "r", new Map()),
      of("reference", "r", new Map([...files("a"), ["p_aux", "c"]])),
    ])
      expect(sameResults([other, ours])).toBe(false);
  });
});

describe("the report", () => {
  const facts: Facts = {
    phase: "c2",
    size: 2048,
    batch: 1,
    against: "reference",
    backend: "avx512",
    resultsIn: null,
    machine: { cpu: "CPU", cores: 2, flags: ["adx"], load: 0 },
    equal: true,
    decodeMs: 7,
    detail: true,
  };
  const runs = [
    run("ours", "first", 20),
    run("reference", "first", 60),
    run("ours", "steady", 10, { msm: 4 }),
    run("reference", "steady", 50, { prover: 45 }),
  ];

  it("keeps first and steady runs apart and gives the ratio of each", () => {
    const made = report(facts, { runs, busyElsewhere: 0 });
    expect(made).toMatchObject({ oursMs: 10, referenceMs: 50, ratio: 5, oursRuns: 1, oursPeakRss: 1010 });
    expect(made.first).toMatchObject({ oursMs: 20, referenceMs: 60, ratio: 3, referencePeakRss: 1060 });
    expect(made.parts).toEqual({ ours: { msm: 4 }, reference: { prover: 45, "decoding alone": 7 } });
  });

  it("has nulls where the reference was not asked", () => {
    const alone = runs.filter(({ side }) => side === "ours");
    const made = report({ ...facts, equal: null, detail: false }, { runs: alone, busyElsewhere: 0 });
    expect(made).toMatchObject({ oursMs: 10, referenceMs: null, ratio: null, equal: null, parts: null });
  });

  it("says when others used the machine meanwhile; load before is told and decides nothing", () => {
    const busy = (load: number, busyElsewhere: number): boolean =>
      report({ ...facts, machine: { ...facts.machine, load } }, { runs, busyElsewhere }).loaded;
    expect([busy(0.1, 0), busy(3, 0), busy(0, 0.5)]).toEqual([false, false, true]);
  });
});

describe("the reference's program", () => {
  it("is not to be had from a package without sources", async () => {
    const root = mkdtempSync(join(tmpdir(), "padma-package-"));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    await expect(buildPeer("reference", {}, new AbortController().signal, root)).rejects.toMatchObject({
      code: "BENCH_NO_SOURCES",
      kind: "user",
      facts: { "looked in": root },
    });
  });

  it("is not to be had without Rust, and the reason is shown", async () => {
    const root = mkdtempSync(join(tmpdir(), "padma-checkout-"));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    mkdirSync(join(root, "tools"));
    mkdirSync(join(root, "crates", "padma-reference"), { recursive: true });
    writeFileSync(join(root, "tools", "build-native.js"), 'console.error("no cargo"); process.exit(2);');
    await expect(buildPeer("reference", {}, new AbortController().signal, root)).rejects.toMatchObject({
      code: "BENCH_NOT_BUILT",
      kind: "user",
      facts: { "last lines": expect.stringContaining("no cargo") },
    });
  });
});

describe("go-fil-commp-hashhash", () => {
  it("is not to be had without Go, and the next step is told", async () => {
    const root = mkdtempSync(join(tmpdir(), "padma-checkout-"));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    mkdirSync(join(root, "test", "bench", "go-commp"), { recursive: true });
    const env = { PATH: root, PADMA_CACHE: root };
    await expect(buildPeer("hashhash", env, new AbortController().signal, root)).rejects.toMatchObject({
      code: "BENCH_NOT_BUILT",
      kind: "user",
      facts: { "last lines": expect.stringContaining("ENOENT") },
      next: expect.stringContaining("install Go 1.23 or newer"),
    });
  });

  it("computes CommP alone", () => {
    expect(() => requirePeer("commp", "hashhash")).not.toThrow();
    expect(() => requirePeer("pc2", "reference")).not.toThrow();
    for (const phase of ["pc2", "all"] as const) {
      expect(() => requirePeer(phase, "hashhash")).toThrow(`computes CommP alone, not ${phase}`);
    }
  });
});

it("a process is seen from outside", () => {
  const before = cpuMs(process.pid);
  expect(before).toBeGreaterThan(0);
  expect(machineCpuMs()).toBeGreaterThanOrEqual(before);
  expect(peakRss(process.pid)).toBeGreaterThan(10_000_000);
});
