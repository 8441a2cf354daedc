import { describe, expect, it } from "vitest";
import { getSector } from "../../../src/store/getSector.ts";
import { listSectors } from "../../../src/store/listSectors.ts";
import { sectorEvents } from "../../../src/store/sectorEvents.ts";
import { createTaskQueue } from "../../../src/store/taskQueue.ts";
import { paddedSize, sectorNumber } from "../../../src/units.ts";
import { FAILED, move, pledge, pledgeOne, request, T0 } from "./sectors.ts";
import { tempStore } from "./tempStore.ts";

describe("createSectors", () => {
  it("stores the sector in Incoming with its first draft, its birth and its first task", async () => {
    const store = await tempStore();
    const sector = await pledgeOne(store);
    expect(sector).toMatchObject({ number: 0, state: "Incoming", step: "AddPiece", version: 0 });
    expect(sector.drafts).toEqual([{ size: 2048, content: { kind: "zeros" } }]);
    expect(await getSector(store, sector.number)).toStrictEqual(sector);
    expect(await sectorEvents(store, sector.number)).toEqual([
      { seq: 0, at: T0, kind: "SectorStartCC", step: null, payload: {}, durationMs: null },
    ]);
    const task = await createTaskQueue(store, () => T0).claim(request());
    expect(task).toEqual({ sector: 0, step: "AddPiece", attempt: 1, fence: 1, version: 0 });
  });

  it("begins with CommP when the data goes into a deal", async () => {
    const store = await tempStore();
    const sector = await pledgeOne(store, { deal: "self", content: { kind: "random", seed: 42 } });
    expect(sector.step).toBe("CommP");
    const [birth] = await sectorEvents(store, sector.number);
    expect(birth).toMatchObject({ kind: "SectorStart", payload: { deal: "self", content: "random" } });
  });

  it("drafts the smallest piece that holds a file", async () => {
    const store = await tempStore();
    const sector = await pledgeOne(store, { content: { kind: "file", path: "data", bytes: 255 } });
    expect(sector.drafts?.[0]?.size).toBe(paddedSize(512));
  });

  it("lists zeros without a deal as CC, and data without a deal not", async () => {
    const store = await tempStore();
    await pledge(store);
    await pledge(store, { content: { kind: "random", seed: 42 } });
    await pledge(store, { deal: "self" });
    expect((await listSectors(store)).map(({ committedCapacity }) => committedCapacity)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("goes on with the next number, also when the last sector's row is gone", async () => {
    const store = await tempStore();
    await pledge(store, { count: 3 });
    await store.write(async (tx) => {
      await tx.deleteFrom("tasks").where("sector", "=", 2).execute();
      await tx.deleteFrom("events").where("sector", "=", 2).execute();
      await tx.deleteFrom("sectors").where("number", "=", 2).execute();
    });
    expect((await pledgeOne(store)).number).toBe(3);
  });

  it("refuses a number that exists and takes one that was skipped", async () => {
    const store = await tempStore();
    await pledge(store, { number: sectorNumber(5) });
    await expect(pledge(store, { number: sectorNumber(5) })).rejects.toMatchObject({ code: "SECTOR_EXISTS" });
    expect((await pledgeOne(store, { number: sectorNumber(2) })).number).toBe(2);
    expect((await pledgeOne(store)).number).toBe(6);
  });

  it("begins at the lowest number that is allowed, and never below its own counter", async () => {
    const store = await tempStore();
    expect((await pledgeOne(store, { atLeast: sectorNumber(7) })).number).toBe(7);
    expect((await pledgeOne(store, { atLeast: sectorNumber(3) })).number).toBe(8);
    expect((await pledgeOne(store)).number).toBe(9);
  });

  it("refuses what would pass the limit, and makes none of the sectors", async () => {
    const store = await tempStore();
    await pledge(store, { count: 2, maxSealing: 3 });
    const refused = pledge(store, { count: 2, maxSealing: 3 });
    await expect(refused).rejects.toMatchObject({
      code: "PLEDGE_LIMIT",
      kind: "busy",
      message: "too many sectors sealing (curSealing: 2, max: 3)",
    });
    expect(await listSectors(store)).toHaveLength(2);
    expect((await pledgeOne(store, { maxSealing: 3 })).number).toBe(2);
  });

  it("counts failed sectors against the limit, and sectors in Proving not", async () => {
    const store = await tempStore();
    const [first, second] = await pledge(store, { count: 2 });
    if (first === undefined || second === undefined) throw new Error("no sectors");
    await move(store, first, FAILED);
    await store.write((tx) =>
      tx
        .updateTable("sectors")
        .set({ state: "Proving", step: null })
        .where("number", "=", second.number)
        .execute(),
    );
    await expect(pledge(store, { maxSealing: 1 })).rejects.toMatchObject({ code: "PLEDGE_LIMIT" });
    await expect(pledge(store, { maxSealing: 2 })).resolves.toHaveLength(1);
  });
});
