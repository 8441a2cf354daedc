import { describe, expect, it } from "vitest";
import { getSector } from "../../../src/store/getSector.ts";
import { sectorEvents } from "../../../src/store/sectorEvents.ts";
import { summary } from "../../../src/store/summary.ts";
import { createTaskQueue } from "../../../src/store/taskQueue.ts";
import { timings } from "../../../src/store/timings.ts";
import { at, FAILED, move, PACKED, PIECE_ADDED, pledgeOne, request, T0 } from "./sectors.ts";
import { tempStore } from "./tempStore.ts";

async function claimed() {
  const store = await tempStore();
  const queue = createTaskQueue(store, () => T0);
  const sector = await pledgeOne(store);
  const task = await queue.claim(request());
  if (task === null) throw new Error("nothing to claim");
  return { store, queue, sector, task };
}

describe("advanceSector", () => {
  it("stores the move, its log entry and the next task together", async () => {
    const { store, queue, sector, task } = await claimed();
    const next = await move(store, sector, PIECE_ADDED, { task, durationMs: 12.5, now: at(5) });
    expect(await getSector(store, sector.number)).toStrictEqual(next);
    expect((await sectorEvents(store, sector.number))[1]).toMatchObject({
      seq: 1,
      at: at(5),
      kind: "SectorPieceAdded",
      step: "AddPiece",
      durationMs: 12.5,
    });
    expect(await queue.claim(request())).toMatchObject({
      step: "AddPiece",
      version: 1,
      attempt: 1,
      fence: 2,
    });
  });

  it("refuses an older version, and changes nothing", async () => {
    const { store, sector, task } = await claimed();
    const next = await move(store, sector, PIECE_ADDED, { task });
    await expect(move(store, sector, FAILED)).rejects.toMatchObject({ code: "SECTOR_VERSION", kind: "busy" });
    expect(await getSector(store, sector.number)).toStrictEqual(next);
    expect(await sectorEvents(store, sector.number)).toHaveLength(2);
  });

  it("refuses a task that was completed already", async () => {
    const { store, sector, task } = await claimed();
    await move(store, sector, PIECE_ADDED, { task });
    await expect(move(store, sector, PIECE_ADDED, { task })).rejects.toMatchObject({ code: "TASK_FENCED" });
  });

  it("refuses the late result of a driver whose lease another one holds", async () => {
    const { store, queue, sector, task } = await claimed();
    const again = await queue.claim(request({ driver: "driver-b", now: at(30_000) }));
    expect(again).toMatchObject({ sector: 0, attempt: 2, fence: 2 });
    await expect(move(store, sector, PIECE_ADDED, { task })).rejects.toMatchObject({ code: "TASK_FENCED" });
    await move(store, sector, PIECE_ADDED, { task: again });
  });

  it("knows no sector that was never made", async () => {
    const { store, sector } = await claimed();
    const stranger = { ...sector, number: 77 as typeof sector.number };
    await expect(move(store, stranger, PIECE_ADDED)).rejects.toMatchObject({ code: "SECTOR_UNKNOWN" });
    await expect(getSector(store, stranger.number)).rejects.toMatchObject({ code: "SECTOR_UNKNOWN" });
  });

  it("puts Diagnose behind a pause, with the failure as the reason", async () => {
    const { store, queue, sector, task } = await claimed();
    await move(store, sector, FAILED, { task });
    expect(await queue.claim(request())).toBeNull();
    const { earliestTime } = await queue.outlook(T0);
    expect(earliestTime).toBeGreaterThan(T0);
    const due = await queue.claim(request({ now: at(60_000) }));
    expect(due).toMatchObject({ step: "Diagnose", attempt: 1 });
  });

  it("cancels a step that runs when the sector is moved from outside", async () => {
    const { store, queue, sector, task } = await claimed();
    await move(store, sector, { kind: "SectorForceState", state: "Removed" });
    expect(await queue.heartbeat(task, at(60_000))).toBe("cancelled");
    await expect(move(store, sector, PIECE_ADDED, { task })).rejects.toMatchObject({ code: "TASK_FENCED" });
    expect(await queue.outlook(T0)).toMatchObject({ queued: 0, leased: 0 });
  });

  it("counts a cancelled step against the host until its driver has let go", async () => {
    const { store, queue, sector, task } = await claimed();
    await move(store, sector, { kind: "SectorForceState", state: "Incoming" });
    const full = request({ limits: { memoryBytes: 1000, cores: 2, perStep: { AddPiece: 1 } } });
    expect(await queue.claim(full)).toBeNull();
    expect(await queue.heartbeat(task, at(60_000))).toBe("cancelled");
    const later = { ...full, now: at(59_999) }; // Long after the lease that it was claimed with.
    expect(await queue.claim(later)).toBeNull();
    await queue.release(task);
    expect(await queue.claim(later)).toMatchObject({ version: 1 });
  });
});

describe("timings", () => {
  it("adds the two runs of AddPiece, and counts a repeated step once", async () => {
    const { store, sector, task } = await claimed();
    const failed = await move(store, sector, FAILED, { task, durationMs: 1000 });
    const retried = await move(store, failed, { kind: "SectorRetryPieces" });
    const packing = await move(store, retried, PIECE_ADDED, { durationMs: 30 });
    const unsealed = await move(store, packing, PACKED, { durationMs: 4 });
    const ready = await move(store, unsealed, {
      kind: "SectorTicket",
      ticket: { epoch: -1 as never, value: "aa" },
    });
    const labelled = await move(
      store,
      ready,
      { kind: "SectorPreCommit1", attempt: "a", commD: "bb" },
      { durationMs: 7 },
    );
    expect(await timings(store, sector.number)).toEqual({ AddPiece: 34, PC1: 7 });
    expect(await summary(store)).toEqual({ [labelled.state]: 1 });
  });
});
