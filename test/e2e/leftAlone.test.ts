/** Nobody looks after a devnet for two hours, or a week, with a sector at every step. */
import { describe, expect, it } from "vitest";
import { devnetAdvance } from "../../src/app/devnet.ts";
import { drive } from "../../src/app/drive.ts";
import { pledge } from "../../src/app/pledge.ts";
import { sectorStatus } from "../../src/app/sectors.ts";
import { why } from "../../src/app/why.ts";
import type { App } from "../../src/app/open.ts";
import type { State, Step } from "../../src/sealing/sector.ts";
import type { SectorNumber } from "../../src/units.ts";
import { driveTo, driveToEnd, makeRepo, openTestApp, tempRepoPath, testApp } from "../helpers/repo.ts";

const PLACES: readonly (readonly [State, Step])[] = [
  ["Incoming", "CommP"],
  ["Incoming", "AwaitDeals"],
  ["Incoming", "AddPiece"],
  ["Packing", "AddPiece"],
  ["Unsealed", "Ticket"],
  ["Unsealed", "PC1"],
  ["Unsealed", "PC2"],
  ["PreCommitting", "SendPreCommit"],
  ["PreCommitted", "AwaitPreCommit"],
  ["PreCommitted", "AwaitSeed"],
  ["Committing", "C1"],
  ["Committing", "C2"],
  ["Committing", "SendCommit"],
  ["CommitWait", "AwaitCommit"],
];
/** Epochs of one second. */
const TWO_HOURS = 7200;
const WEEK = 7 * 24 * 3600;
/** After the precommit landed its proof had a day of epochs; whatever was not on its way by then is lost. */
const EXPIRES: readonly Step[] = ["AwaitPreCommit", "AwaitSeed", "C1", "C2", "SendCommit"];

async function parked(state: State, step: Step): Promise<{ app: App; number: SectorNumber }> {
  const app = await testApp();
  const [number] = (await pledge(app, { count: 1, data: { kind: "random" }, deal: "self", maxSealing: null }))
    .sectors;
  if (number === undefined) throw new Error("nothing was pledged");
  await driveTo(app, number, state, step);
  return { app, number };
}

describe("two hours", () => {
  it.each(PLACES)("at %s/%s: reaches Proving", { timeout: 60_000 }, async (state, step) => {
    const { app, number } = await parked(state, step);
    await devnetAdvance(app, TWO_HOURS);
    expect(await driveToEnd(app, number)).toMatchObject({ state: "Proving" });
    expect((await sectorStatus(app, number, { log: false })).onChain).not.toBeNull();
  });
});

describe("a week", () => {
  it.each(PLACES.filter(([, step]) => !EXPIRES.includes(step)))(
    "at %s/%s: reaches Proving",
    { timeout: 60_000 },
    async (state, step) => {
      const { app, number } = await parked(state, step);
      await devnetAdvance(app, WEEK);
      const { state: reached, pieces, expiredDeals } = await driveToEnd(app, number);
      expect(reached).toBe("Proving");
      // A deal that was published before the week has expired: it is named, and its data stays in the sector.
      const published = step !== "CommP";
      const lost = published && step !== "AwaitCommit";
      expect(expiredDeals ?? []).toEqual(lost ? [0] : []);
      expect(pieces.map(({ dealId }) => dealId)).toEqual([lost ? undefined : 0]);
    },
  );

  it.each(PLACES.filter(([, step]) => EXPIRES.includes(step)))(
    "at %s/%s: says that the precommit expired",
    { timeout: 60_000 },
    async (state, step) => {
      const { app, number } = await parked(state, step);
      await devnetAdvance(app, WEEK);
      expect(await driveToEnd(app, number)).toMatchObject({
        state: "FailedUnrecoverable",
        failure: { code: "CHAIN_PRECOMMIT_EXPIRED" },
      });
      expect((await why(app, number)).reason).toMatch(
        /expired before its proof landed: deposit and number are burnt/,
      );
    },
  );
});

describe("Proving", () => {
  it("is finalized once the commit is final, and keeps its power", { timeout: 60_000 }, async () => {
    const { app, number } = await parked("Proving", "Finalize");
    await devnetAdvance(app, WEEK);
    await drive(app, { until: { idle: { patienceMs: 1000 } }, signal: AbortSignal.timeout(30_000) });
    const status = await sectorStatus(app, number, { log: true });
    expect(status.log?.at(-1)?.event).toBe("SectorFinalized");
    expect((await (await app.chain()).power()).minerRaw).toBe(2048n);
  });
});

describe("the wall clock", () => {
  it(
    "passes between two processes, and a message lands at its own epoch, not when somebody looks",
    { timeout: 60_000 },
    async () => {
      const path = tempRepoPath();
      await makeRepo(path, false);
      let offset = 0;
      const app = await openTestApp(path, () => Date.now() + offset);
      const [number] = (
        await pledge(app, { count: 1, data: { kind: "zeros" }, deal: "none", maxSealing: null })
      ).sectors;
      if (number === undefined) throw new Error("nothing was pledged");
      await driveTo(app, number, "PreCommitted", "AwaitPreCommit");
      const sent = (await (await app.chain()).storedHead()).epoch;
      offset = 2 * 3600 * 1000;
      const sector = await driveToEnd(app, number);
      expect(sector.state).toBe("Proving");
      expect(sector.preCommitLanded?.epoch).toBeLessThan(sent + 10);
    },
  );

  it(
    "set back, makes the chain stand still, and `why` goes on giving the reason",
    { timeout: 60_000 },
    async () => {
      const path = tempRepoPath();
      await makeRepo(path, false);
      let offset = 0;
      const app = await openTestApp(path, () => Date.now() + offset);
      const chain = await app.chain();
      offset = 60_000;
      const { epoch } = await chain.head();
      offset = -3600_000;
      expect((await chain.head()).epoch).toBe(epoch);
      const [number] = (
        await pledge(app, { count: 1, data: { kind: "zeros" }, deal: "none", maxSealing: null })
      ).sectors;
      if (number === undefined) throw new Error("nothing was pledged");
      await driveTo(app, number, "PreCommitted", "AwaitPreCommit");
      await drive(app, { until: { sectors: [number] }, signal: AbortSignal.timeout(2000) });
      expect((await why(app, number)).reason).toMatch(/the precommit message bafy\S+ has not landed yet/);
      offset = 120_000;
      expect((await driveToEnd(app, number)).state).toBe("Proving");
    },
  );
});
