import { expect, it } from "vitest";
import { openStore } from "../../../src/store/open.ts";
import { createTaskQueue } from "../../../src/store/taskQueue.ts";
import { why } from "../../../src/store/why.ts";
import type { ClaimRequest } from "../../../src/tasks/queue.ts";
import { sectorNumber } from "../../../src/units.ts";
import { at, pledge, request, T0 } from "./sectors.ts";
import { tempStore } from "./tempStore.ts";

/** Two drivers of one host, each with its connection, and room for one of two sectors. */
async function twoDrivers() {
  const mine = await tempStore();
  const theirs = await openStore(mine.file);
  await pledge(mine, { count: 2 });
  const needs: ClaimRequest["needs"] = () => ({ memoryBytes: 600, cores: 1 });
  const claimWith = (store: typeof mine, driver: string) => () =>
    createTaskQueue(store, () => T0).claim(request({ driver, needs }));
  const claims = { mine: claimWith(mine, "driver-a"), theirs: claimWith(theirs, "driver-b") };
  return { mine, theirs, claims, [Symbol.asyncDispose]: () => theirs.close() };
}

it("a claim that finds the same things blocked writes nothing, so that two drivers do not wake each other", async () => {
  await using drivers = await twoDrivers();
  const { mine, theirs, claims } = drivers;
  expect(await claims.mine()).toMatchObject({ sector: 0 });
  expect(await claims.theirs()).toBeNull();
  const before = [mine.dataVersion(), theirs.dataVersion()];
  for (const claim of [claims.mine, claims.theirs, claims.theirs, claims.mine]) {
    expect(await claim()).toBeNull();
  }
  expect([mine.dataVersion(), theirs.dataVersion()]).toEqual(before);
});

it("a claim that finds something else blocked says so to the others", async () => {
  await using drivers = await twoDrivers();
  const { mine, theirs, claims } = drivers;
  const task = await claims.mine();
  if (task === null) throw new Error("nothing to claim");
  await claims.theirs();
  const before = mine.dataVersion();
  await createTaskQueue(mine, () => T0).wait(task, {
    condition: { for: "time", at: at(60_000) },
    reason: "waits",
  });
  expect(await claims.theirs()).toMatchObject({ sector: 1 });
  expect(mine.dataVersion()).not.toBe(before);
  expect((await why(mine, sectorNumber(0), at(60_000))).blocked).toEqual([]);
  expect(await theirs.db.selectFrom("blocked").selectAll().execute()).toEqual([]);
});
