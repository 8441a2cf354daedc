/** `padma bench` from outside: C1 takes milliseconds, so it stands for the rest. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { tempCli } from "../helpers/cli.ts";

describe("bench", () => {
  it("measures C1 at 2 KiB, first runs and steady ones apart", async () => {
    expect(await tempCli().json("bench", "c1", "--repeat", "2", "--batch", "2", "--phase-detail")).toEqual({
      phase: "c1",
      size: 2048,
      batch: 2,
      against: null,
      backend: expect.stringMatching(/^(portable|avx2|avx512)$/),
      resultsIn: expect.stringMatching(/^\//),
      ...measured(2),
      first: measured(2),
      equal: null,
      cpu: expect.any(String),
      cores: expect.any(Number),
      flags: expect.any(Array),
      load: expect.any(Number),
      busyElsewhere: expect.any(Number),
      loaded: expect.any(Boolean),
      parts: { ours: {}, reference: {} },
    });
  });

  it("measures CommP, AddPiece, and PC1 of more than one sector", async () => {
    const commP = await tempCli().json("bench", "commp", "--repeat", "1");
    expect(commP).toMatchObject({ phase: "commp", size: 2048, oursRuns: 1, equal: null });
    const piece = await tempCli().json("bench", "addpiece", "--repeat", "1");
    expect(piece).toMatchObject({ phase: "addpiece", size: 2048, oursRuns: 1, equal: null });
    const pc1 = await tempCli().json("bench", "pc1", "--repeat", "1", "--batch", "3");
    expect(pc1).toMatchObject({ phase: "pc1", batch: 3, oursRuns: 1, equal: null });
  });

  it("measures PC2, every run from the same labels", async () => {
    const report = await tempCli().json("bench", "pc2", "--repeat", "2");
    expect(report).toMatchObject({ phase: "pc2", size: 2048, oursRuns: 2, first: { oursRuns: 2 } });
  });

  it("writes where it is told, and leaves nothing there", async () => {
    const dir = mkdtempSync(join(tmpdir(), "padma-results-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const report = await tempCli().json("bench", "pc2", "--repeat", "1", "--results", dir);
    expect(report).toMatchObject({ phase: "pc2", resultsIn: dir });
    expect(readdirSync(dir)).toEqual([]);
    const none = await tempCli().run("bench", "c1", "--results", join(dir, "none"));
    expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/^padma: cannot make a folder/) });
  });

  it("prints the report of each phase as it comes, and an interrupt takes none away", async () => {
    const all = tempCli().start("bench", "all", "--repeat", "1", "--batch", "2", "--json");
    const first = await all.answer();
    all.child.kill("SIGINT");
    const { code, stdout } = await all.ended;
    expect(JSON.parse(first)).toMatchObject({ phase: "commp", batch: 1, oursRuns: 1 });
    expect({ code, first: stdout.split("\n")[0] }).toEqual({ code: 130, first });
  });

  it("runs the backend that was asked for", async () => {
    const report = await tempCli().json("bench", "c1", "--repeat", "1", "--backend", "portable");
    expect(report).toMatchObject({ backend: "portable", oursRuns: 1 });
  });

  it.each([
    ["pc3", /phase cannot be "pc3"/],
    ["c2 --size 32GiB", /--size cannot be "32GiB"/],
    ["c2 --backend cuda", /--backend cannot be "cuda"/],
    ["c2 --against lotus", /--against cannot be "lotus"/],
    ["params --batch 2", /one set at a time/],
    ["pc2 --batch 2", /one sector at a time/],
    ["commp --batch 2", /one piece at a time/],
    ["addpiece --batch 2", /one piece at a time/],
    ["all --against hashhash", /computes CommP alone, not all/],
    ["c1 --cold-parents", /c1 has no parents/],
    ["c2 --results .", /c2 writes no files/],
  ])("refuses %s", async (line, message) => {
    const { code, stdout, stderr } = await tempCli().run("bench", ...line.split(" "));
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});

/** What one kind of run gives without a reference. */
const measured = (runs: number): object => ({
  oursMs: expect.any(Number),
  oursMinMs: expect.any(Number),
  oursSpreadMs: expect.any(Number),
  oursCpuMs: expect.any(Number),
  oursRuns: runs,
  oursPeakRss: expect.any(Number),
  referenceMs: null,
  referenceMinMs: null,
  referenceSpreadMs: null,
  referenceCpuMs: null,
  referenceRuns: null,
  referencePeakRss: null,
  ratio: null,
});
