/** Files that are damaged or vanish while a sector is being sealed: noticed, repaired where that can be done, named. */
import {
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { App } from "../../src/app/open.ts";
import { pledge, type PledgeOptions } from "../../src/app/pledge.ts";
import { sectorStatus } from "../../src/app/sectors.ts";
import { getSector } from "../../src/store/getSector.ts";
import type { SectorNumber } from "../../src/units.ts";
import { driveTo, driveToEnd, tempRepoPath, testApp } from "../helpers/repo.ts";

const CC = { count: 1, data: { kind: "zeros" }, deal: "none", maxSealing: null } as const;

async function pledgeOne(app: App, options: PledgeOptions = CC): Promise<SectorNumber> {
  const [number] = (await pledge(app, options)).sectors;
  if (number === undefined) throw new Error("nothing was pledged");
  return number;
}

interface Files {
  readonly sealed: string;
  readonly cache: string;
}

function overwrite(path: string, byte: number): void {
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(statSync(path).size, byte));
  closeSync(file);
}

const events = async (app: App, number: SectorNumber): Promise<readonly string[]> =>
  ((await sectorStatus(app, number, { log: true })).log ?? []).map(({ event }) => event);

describe("a precommitted sector", () => {
  const places = [
    ["the sealed file is overwritten", (files: Files) => overwrite(files.sealed, 0x11)],
    ["the sealed file is gone", (files: Files) => rmSync(files.sealed)],
    [
      "TreeC is overwritten with zeros",
      (files: Files) => overwrite(join(files.cache, "sc-02-data-tree-c.dat"), 0),
    ],
    [
      "a layer is cut short",
      (files: Files) => truncateSync(join(files.cache, "sc-02-data-layer-1.dat"), 100),
    ],
    ["p_aux is gone", (files: Files) => rmSync(join(files.cache, "p_aux"))],
    ["the whole cache is gone", (files: Files) => rmSync(files.cache, { recursive: true })],
  ] as const;

  it.each(places)("is sealed again to the same CommR when %s", { timeout: 60_000 }, async (_what, damage) => {
    const app = await testApp();
    const number = await pledgeOne(app);
    await driveTo(app, number, "Committing", "C1");
    const before = await getSector(app.store, number);
    damage(app.storage.paths(before));
    const after = await driveToEnd(app, number);
    expect(after).toMatchObject({ state: "Proving", replica: before.replica, ticket: before.ticket });
    const log = await events(app, number);
    expect(log).toContain("SectorComputeProofFailed");
    expect(log).toContain("SectorRetrySealPreCommit1");
    expect(log.filter((event) => event === "SectorPreCommitBatchSent")).toHaveLength(1);
  });
});

describe("an unsealed file that is gone", () => {
  it("of zeros is written again, and the sector is sealed", { timeout: 60_000 }, async () => {
    const app = await testApp();
    const number = await pledgeOne(app);
    await driveTo(app, number, "Unsealed", "PC1");
    rmSync(app.storage.paths(await getSector(app.store, number)).unsealed);
    expect((await driveToEnd(app, number)).state).toBe("Proving");
    expect(await events(app, number)).toContain("SectorRetryFromPieces");
  });

  it("of a user's file ends in FailedUnrecoverable with the reason", { timeout: 60_000 }, async () => {
    const app = await testApp();
    const file = join(tempRepoPath(), "..", "data");
    writeFileSync(file, "some data");
    const number = await pledgeOne(app, { ...CC, data: { kind: "file", path: file } });
    await driveTo(app, number, "Unsealed", "PC1");
    rmSync(app.storage.paths(await getSector(app.store, number)).unsealed);
    expect(await driveToEnd(app, number)).toMatchObject({
      state: "FailedUnrecoverable",
      failure: { code: "STORAGE_UNSEALED_GONE", next: "pledge the file again" },
    });
  });

  it("with other bytes in it is written again after PC1 noticed", { timeout: 60_000 }, async () => {
    const app = await testApp();
    const number = await pledgeOne(app);
    await driveTo(app, number, "Unsealed", "PC1");
    overwrite(app.storage.paths(await getSector(app.store, number)).unsealed, 1);
    expect((await driveToEnd(app, number)).state).toBe("Proving");
  });
});

describe("a data file", () => {
  it(
    "whose copy vanishes before it is in the sector: bounded attempts, then the reason",
    { timeout: 60_000 },
    async () => {
      const app = await testApp();
      const file = join(tempRepoPath(), "..", "data");
      writeFileSync(file, "some data");
      const number = await pledgeOne(app, { ...CC, data: { kind: "file", path: file } });
      const { drafts } = await getSector(app.store, number);
      const content = drafts?.[0]?.content;
      if (content?.kind !== "file") throw new Error("the draft is the file");
      rmSync(content.path);
      const after = await driveToEnd(app, number);
      expect(after).toMatchObject({ state: "SealFailed", attempts: { SealFailed: 4 } });
      expect((await sectorStatus(app, number, { log: false })).why).toMatch(/gave up after 3 attempts/);
      expect(readFileSync(file, "utf8")).toBe("some data");
    },
  );
});
