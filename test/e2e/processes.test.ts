/** Many processes on one repo: pledging at once, driving at once, killed at random moments. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import type { App } from "../../src/app/open.ts";
import { listSectors, sectorStatus } from "../../src/app/sectors.ts";
import { sectorNumber } from "../../src/units.ts";
import { makeRepo, openTestApp, tempRepoPath } from "../helpers/repo.ts";

const script = new URL("../helpers/driverProcess.ts", import.meta.url);

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function start(...args: string[]): Started {
  const child = fork(script, args, { silent: true, execArgv: ["--disable-warning=ExperimentalWarning"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return {
    child,
    ended: once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr })),
  };
}

async function newRepo(): Promise<{ path: string; app: App }> {
  const path = tempRepoPath();
  await makeRepo(path);
  return { path, app: await openTestApp(path) };
}

/** Each event of a straight way to Proving, once: nothing was done twice, nothing was sent twice. */
const STRAIGHT = [
  "SectorStartCC",
  "SectorPieceAdded",
  "SectorPacked",
  "SectorTicket",
  "SectorPreCommit1",
  "SectorPreCommit2",
  "SectorPreCommitBatchSent",
  "SectorPreCommitLanded",
  "SectorSeedReady",
  "SectorCommit1",
  "SectorCommitted",
  "SectorCommitAggregateSent",
  "SectorProving",
  "SectorFinalized",
];

async function expectStraight(app: App, count: number): Promise<void> {
  const rows = await listSectors(app);
  expect(rows.map(({ id, state }) => [id, state])).toEqual(
    Array.from({ length: count }, (_, i) => [i, "Proving"]),
  );
  for (const { id } of rows) {
    const { log } = await sectorStatus(app, sectorNumber(id), { log: true });
    expect(log?.map(({ event }) => event)).toEqual(STRAIGHT);
  }
  expect((await (await app.chain()).power()).minerRaw).toBe(BigInt(2048 * count));
}

describe("processes", () => {
  it("eight that pledge at once take eight numbers, none twice", { timeout: 60_000 }, async () => {
    const { path, app } = await newRepo();
    const ended = await Promise.all(Array.from({ length: 8 }, () => start(path, "pledge", "2").ended));
    expect(ended.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual(Array(8).fill(0));
    const numbers = ended.flatMap(({ stdout }) => JSON.parse(stdout) as number[]);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect((await listSectors(app)).length).toBe(16);
  });

  it("two drivers share the sectors and do nothing twice", { timeout: 180_000 }, async () => {
    const { path, app } = await newRepo();
    await start(path, "pledge", "6").ended;
    const ended = await Promise.all([start(path, "drive").ended, start(path, "drive").ended]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    await expectStraight(app, 6);
  });

  it(
    "a driver killed with -9 again and again loses nothing and repeats no message",
    { timeout: 180_000 },
    async () => {
      const { path, app } = await newRepo();
      await start(path, "pledge", "3").ended;
      // Each driver is killed right after it moved a sector for the nth time: another place of the pipeline each time.
      for (const moves of [1, 2, 3, 4, 5, 6, 7]) {
        const { child, ended } = start(path, "drive");
        let seen = 0;
        child.stderr?.on("data", (chunk: Buffer) => {
          seen += chunk.toString().split("sector moved").length - 1;
          if (seen >= moves) child.kill("SIGKILL");
        });
        await ended;
      }
      const { code, stderr } = await start(path, "drive").ended;
      expect(code, stderr).toBe(0);
      await expectStraight(app, 3);
    },
  );
});
