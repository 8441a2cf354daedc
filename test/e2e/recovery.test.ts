/** What a crash, a restored backup or a person can leave: nothing is sent twice, nothing on chain is lost. */
import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { devnetAdvance } from "../../src/app/devnet.ts";
import type { App } from "../../src/app/open.ts";
import { pledge } from "../../src/app/pledge.ts";
import { sectorStatus, updateState } from "../../src/app/sectors.ts";
import type { At } from "../../src/sealing/sector.ts";
import { sendCommit } from "../../src/steps/sendCommit.ts";
import { sendPreCommit } from "../../src/steps/sendPreCommit.ts";
import { getSector } from "../../src/store/getSector.ts";
import { createOutbox } from "../../src/store/outbox.ts";
import type { SectorNumber } from "../../src/units.ts";
import { driveTo, driveToEnd, makeRepo, openTestApp, tempRepoPath, testApp } from "../helpers/repo.ts";

async function pledgeOne(app: App): Promise<SectorNumber> {
  const { sectors } = await pledge(app, {
    count: 1,
    data: { kind: "zeros" },
    deal: "none",
    maxSealing: null,
  });
  const [number] = sectors;
  if (number === undefined) throw new Error("nothing was pledged");
  return number;
}

const sendDeps = async (app: App) => ({
  chain: await app.chain(),
  outbox: createOutbox(app.store, app.now),
  settings: { lifetime: app.config.sealing.lifetimeEpochs },
});

describe("a process that was killed between a push and its note in the store", () => {
  it.each([60, 7200])(
    "%i epochs later: the precommit that landed is taken",
    { timeout: 60_000 },
    async (epochs) => {
      const app = await testApp();
      const number = await pledgeOne(app);
      await driveTo(app, number, "PreCommitting", "SendPreCommit");
      const before = (await getSector(app.store, number)) as At<"SendPreCommit">;
      await sendPreCommit(before, await sendDeps(app));
      await devnetAdvance(app, epochs);
      expect(await driveToEnd(app, number)).toMatchObject({
        state: "Proving",
        replica: before.replica,
        attempts: {},
      });
    },
  );

  it.each([60, 7200])(
    "%i epochs later: the commit that landed is taken",
    { timeout: 60_000 },
    async (epochs) => {
      const app = await testApp();
      const number = await pledgeOne(app);
      await driveTo(app, number, "Committing", "SendCommit");
      const sector = (await getSector(app.store, number)) as At<"SendCommit">;
      await sendCommit(sector, await sendDeps(app), { attempt: 1 });
      await devnetAdvance(app, epochs);
      expect(await driveToEnd(app, number)).toMatchObject({ state: "Proving", attempts: {} });
    },
  );
});

describe("an older padma.db that was restored", () => {
  it(
    "hands out no number that the chain knows, and leaves sealed files alone",
    { timeout: 60_000 },
    async () => {
      const path = tempRepoPath();
      await makeRepo(path);
      const first = await openTestApp(path);
      await driveToEnd(first, await pledgeOne(first));
      await first.store.close();
      copyFileSync(first.repo.store, `${path}.backup`);

      const second = await openTestApp(path);
      const lost = await driveToEnd(second, await pledgeOne(second));
      const { sealed } = second.storage.paths(lost);
      const replica = readFileSync(sealed);
      await second.store.close();
      for (const suffix of ["-wal", "-shm"]) rmSync(first.repo.store + suffix, { force: true });
      copyFileSync(`${path}.backup`, first.repo.store);

      const third = await openTestApp(path);
      expect(await pledgeOne(third)).toBe(2);
      expect((await driveToEnd(third, 2 as SectorNumber)).state).toBe("Proving");
      expect(readFileSync(sealed).equals(replica)).toBe(true);
    },
  );
});

describe("update-state", () => {
  it(
    "back to Unsealed keeps the ticket that the precommit on chain was made with",
    { timeout: 60_000 },
    async () => {
      const app = await testApp();
      const number = await pledgeOne(app);
      await driveTo(app, number, "Committing", "C1");
      const before = await getSector(app.store, number);
      await devnetAdvance(app, 5000);
      await updateState(app, number, "Unsealed");
      const after = await driveToEnd(app, number);
      expect(after).toMatchObject({ state: "Proving", ticket: before.ticket, replica: before.replica });
      const { log } = await sectorStatus(app, number, { log: true });
      expect(log?.filter(({ event }) => event === "SectorPreCommitBatchSent")).toHaveLength(1);
    },
  );

  it("refuses to seal a proving sector again", { timeout: 60_000 }, async () => {
    const app = await testApp();
    const number = await pledgeOne(app);
    await driveTo(app, number, "Proving", "Finalize");
    await expect(updateState(app, number, "Committing")).rejects.toMatchObject({
      code: "FORCE_NOT_POSSIBLE",
    });
    expect((await getSector(app.store, number)).state).toBe("Proving");
  });
});
