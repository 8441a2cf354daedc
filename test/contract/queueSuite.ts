/** What every store's queue keeps to. A second database runs the same suite. */
import { describe, expect, it } from "vitest";
import type { Step } from "../../src/sealing/sector.ts";
import type { Store } from "../../src/store/open.ts";
import { why } from "../../src/store/why.ts";
import type { ClaimRequest, Condition, Resources, Task, TaskQueue } from "../../src/tasks/queue.ts";
import { epoch, type Millis, sectorNumber } from "../../src/units.ts";
import { at, FAILED, move, PACKED, PIECE_ADDED, pledge, request, T0 } from "../unit/store/sectors.ts";

export interface QueueUnderTest {
  readonly name: string;
  readonly open: () => Promise<Store>;
  readonly queueOf: (store: Store, now: () => Millis) => TaskQueue;
}

const MEMORY: Resources = { memoryBytes: 600, cores: 1 };
const needing = (step: Step, needs: Resources) => (asked: Step) =>
  asked === step ? needs : { memoryBytes: 0, cores: 0 };
const EPOCH_5: Condition = { for: "epoch", epoch: epoch(5) };

export function queueSuite({ name, open, queueOf }: QueueUnderTest): void {
  async function withSectors(count: number) {
    const store = await open();
    const queue = queueOf(store, () => T0);
    const sectors = await pledge(store, { count });
    const claim = async (over: Partial<ClaimRequest> = {}): Promise<Task> => {
      const task = await queue.claim(request(over));
      if (task === null) throw new Error("nothing to claim");
      return task;
    };
    return { store, queue, sectors, claim };
  }

  describe(`queue on ${name}`, () => {
    describe("claim", () => {
      it("gives every task once, in the order of the pledges", async () => {
        const { queue, claim } = await withSectors(3);
        const taken = [await claim(), await claim(), await claim()];
        expect(taken.map(({ sector }) => sector)).toEqual([0, 1, 2]);
        expect(await queue.claim(request())).toBeNull();
      });

      it("serves sectors that are nearer to Proving first", async () => {
        const { store, sectors, claim } = await withSectors(3);
        const last = sectors[2];
        if (last === undefined) throw new Error("no sector");
        await move(store, await move(store, last, PIECE_ADDED), PACKED);
        expect(await claim()).toMatchObject({ sector: 2, step: "Ticket" });
      });

      it("serves the driver's own sectors before any other", async () => {
        const { claim } = await withSectors(3);
        expect(await claim({ first: [sectorNumber(2)] })).toMatchObject({ sector: 2 });
        expect(await claim({ first: [sectorNumber(2)] })).toMatchObject({ sector: 0 });
      });

      it("counts the attempts since the sector last moved", async () => {
        const { store, queue, sectors, claim } = await withSectors(1);
        await queue.release(await claim());
        const second = await claim();
        expect(second).toMatchObject({ attempt: 2, fence: 2 });
        const [sector] = sectors;
        if (sector === undefined) throw new Error("no sector");
        await move(store, sector, PIECE_ADDED, { task: second });
        expect(await claim()).toMatchObject({ attempt: 1, fence: 3 });
      });
    });

    describe("ledger", () => {
      it("leaves queued what does not fit beside what runs, and says why", async () => {
        const { store, queue, claim } = await withSectors(2);
        const needs = needing("AddPiece", MEMORY);
        await claim({ needs });
        expect(await queue.claim(request({ needs }))).toBeNull();
        const { status, blocked } = await why(store, sectorNumber(1), T0);
        expect(status).toBe("queued");
        expect(blocked).toEqual([
          {
            host: "host-a",
            reason:
              "waits for memory: needs 600 B, 400 B free of the 1000 B that this host allows; held by sector 0 AddPiece",
          },
        ]);
      });

      it("counts what other drivers of the host run, and not what other hosts run", async () => {
        const { queue, claim } = await withSectors(3);
        const needs = needing("AddPiece", MEMORY);
        await claim({ needs, driver: "driver-b", host: "host-b" });
        await claim({ needs, driver: "driver-c" });
        expect(await queue.claim(request({ needs }))).toBeNull();
      });

      it("has room again when a task has ended", async () => {
        const { queue, claim } = await withSectors(2);
        const needs = needing("AddPiece", MEMORY);
        const first = await claim({ needs });
        await queue.wait(first, { condition: EPOCH_5, reason: "waits" });
        expect(await claim({ needs })).toMatchObject({ sector: 1 });
      });

      it("runs no more of one step than the host allows", async () => {
        const { store, queue, claim } = await withSectors(2);
        const limits = { memoryBytes: 1000, cores: 2, perStep: { AddPiece: 1 } };
        await claim({ limits });
        expect(await queue.claim(request({ limits }))).toBeNull();
        const { blocked } = await why(store, sectorNumber(1), T0);
        expect(blocked[0]?.reason).toContain(
          "at most 1 AddPiece at a time on this host; running: sector 0 AddPiece",
        );
      });

      it("passes over what does not fit for what does", async () => {
        const { store, sectors, claim } = await withSectors(3);
        const [first, second] = sectors;
        if (first === undefined || second === undefined) throw new Error("no sectors");
        await move(store, await move(store, first, PIECE_ADDED), PACKED);
        await move(store, await move(store, second, PIECE_ADDED), PACKED);
        const needs = needing("Ticket", MEMORY);
        expect(await claim({ needs })).toMatchObject({ sector: 0, step: "Ticket" });
        expect(await claim({ needs })).toMatchObject({ sector: 2, step: "AddPiece" });
      });
    });

    describe("leases", () => {
      it("are held by a heartbeat", async () => {
        const { queue, claim } = await withSectors(1);
        const task = await claim();
        expect(await queue.heartbeat(task, at(60_000))).toBe("held");
        expect(await queue.claim(request({ now: at(59_999) }))).toBeNull();
        expect(await queue.outlook(at(59_999))).toMatchObject({ queued: 0, leased: 1 });
      });

      it("run out, and the task is claimed with the next attempt and fence", async () => {
        const { queue, claim } = await withSectors(1);
        await claim();
        expect(await queue.outlook(at(30_000))).toMatchObject({ queued: 1, leased: 0 });
        const again = await claim({ driver: "driver-b", now: at(30_000) });
        expect(again).toMatchObject({ sector: 0, attempt: 2, fence: 2 });
      });

      it("tell an old holder that its task is lost, and refuse whatever it wants", async () => {
        const { store, queue, sectors, claim } = await withSectors(1);
        const old = await claim();
        const fresh = await claim({ driver: "driver-b", now: at(30_000) });
        expect(await queue.heartbeat(old, at(90_000))).toBe("lost");
        await expect(queue.wait(old, { condition: EPOCH_5, reason: "late" })).rejects.toMatchObject({
          code: "TASK_FENCED",
        });
        const [sector] = sectors;
        if (sector === undefined) throw new Error("no sector");
        await expect(move(store, sector, PIECE_ADDED, { task: old })).rejects.toMatchObject({
          code: "TASK_FENCED",
        });
        await queue.release(old);
        expect(await queue.heartbeat(fresh, at(90_000))).toBe("held");
      });

      it("tell the holder that its task is cancelled when the sector has moved", async () => {
        const { store, queue, sectors, claim } = await withSectors(1);
        const task = await claim();
        const [sector] = sectors;
        if (sector === undefined) throw new Error("no sector");
        await move(store, sector, FAILED);
        expect(await queue.heartbeat(task, at(60_000))).toBe("cancelled");
      });

      it("go back with the place in the queue kept", async () => {
        const { queue, claim } = await withSectors(2);
        await queue.release(await claim());
        expect(await claim()).toMatchObject({ sector: 0, attempt: 2 });
      });
    });

    describe("waits", () => {
      it("become tasks when their message has landed, and no others", async () => {
        const { queue, claim } = await withSectors(2);
        await queue.wait(await claim(), {
          condition: { for: "message", cid: "bafy-a", until: epoch(1000) },
          reason: "not landed",
        });
        await queue.wait(await claim(), {
          condition: { for: "message", cid: "bafy-b", until: epoch(1000) },
          reason: "not landed",
        });
        expect([...(await queue.awaitedMessages())].toSorted()).toEqual(["bafy-a", "bafy-b"]);
        expect(await queue.claim(request())).toBeNull();
        expect(await queue.wake({ head: epoch(100), now: T0, landed: ["bafy-b", "bafy-c"] })).toBe(1);
        expect(await claim()).toMatchObject({ sector: 1, attempt: 2 });
        expect(await queue.awaitedMessages()).toEqual(["bafy-a"]);
      });

      it("become tasks at their epoch", async () => {
        const { queue, claim } = await withSectors(1);
        await queue.wait(await claim(), { condition: EPOCH_5, reason: "the seed is drawn at epoch 5" });
        expect(await queue.wake({ head: epoch(4), now: T0, landed: [] })).toBe(0);
        expect(await queue.wake({ head: epoch(5), now: T0, landed: [] })).toBe(1);
        expect(await claim()).toMatchObject({ sector: 0 });
      });

      it("become tasks at their time, with or without a wake", async () => {
        const { queue, claim } = await withSectors(2);
        const condition: Condition = { for: "time", at: at(10) };
        await queue.wait(await claim(), { condition, reason: "the chain cannot be reached" });
        await queue.wait(await claim(), { condition, reason: "the chain cannot be reached" });
        expect(await queue.claim(request({ now: at(9) }))).toBeNull();
        expect(await claim({ now: at(10) })).toMatchObject({ sector: 0 });
        expect(await queue.wake({ head: epoch(-900), now: at(10), landed: [] })).toBe(0);
        expect(await claim({ now: at(10) })).toMatchObject({ sector: 1 });
      });

      it("are seen from afar: how much can run, and what is waited for first", async () => {
        const { queue, claim } = await withSectors(6);
        expect(await queue.outlook(T0)).toEqual({
          queued: 6,
          leased: 0,
          messages: 0,
          earliestEpoch: null,
          earliestTime: null,
        });
        await queue.wait(await claim(), {
          condition: { for: "message", cid: "bafy-a", until: epoch(1000) },
          reason: "a",
        });
        await queue.wait(await claim(), { condition: { for: "epoch", epoch: epoch(9) }, reason: "b" });
        await queue.wait(await claim(), { condition: EPOCH_5, reason: "c" });
        await queue.wait(await claim(), { condition: { for: "time", at: at(7) }, reason: "d" });
        await claim();
        expect(await queue.outlook(T0)).toEqual({
          queued: 1,
          leased: 1,
          messages: 1,
          earliestEpoch: 5,
          earliestTime: at(7),
        });
        expect(await queue.outlook(at(7))).toMatchObject({ queued: 2, earliestTime: null });
      });
    });

    describe("why", () => {
      it("names the driver and the attempt of a step that runs", async () => {
        const { store, claim } = await withSectors(1);
        await claim();
        expect(await why(store, sectorNumber(0), T0)).toMatchObject({
          status: "running",
          step: "AddPiece",
          attempt: 1,
          driver: { id: "driver-a", host: "host-a" },
        });
      });

      it("says how many tasks come first", async () => {
        const { store } = await withSectors(3);
        expect(await why(store, sectorNumber(2), T0)).toMatchObject({
          status: "queued",
          ahead: 2,
          blocked: [],
        });
      });

      it("says what is waited for, and why", async () => {
        const { store, queue, claim } = await withSectors(1);
        const condition: Condition = { for: "time", at: at(99) };
        await queue.wait(await claim(), { condition, reason: "the chain cannot be reached" });
        expect(await why(store, sectorNumber(0), T0)).toMatchObject({
          status: "waiting",
          condition,
          reason: "the chain cannot be reached",
          nextTryAt: at(99),
        });
      });

      it("gives the failure and the next try of a sector that is diagnosed later", async () => {
        const { store, sectors } = await withSectors(1);
        const [sector] = sectors;
        if (sector === undefined) throw new Error("no sector");
        await move(store, sector, FAILED);
        const answer = await why(store, sectorNumber(0), T0);
        expect(answer).toMatchObject({
          state: "SealFailed",
          status: "waiting",
          reason: "the disk is full; attempt 1 of 3",
        });
        expect(answer.nextTryAt).toBeGreaterThan(T0);
      });

      it("says that a sector rests, and why nothing is planned", async () => {
        const { store, sectors } = await withSectors(1);
        let [sector] = sectors;
        for (let attempt = 1; attempt <= 4; attempt += 1) {
          if (sector === undefined) throw new Error("no sector");
          sector = await move(store, sector, FAILED);
          if (attempt < 4) sector = await move(store, sector, { kind: "SectorRetryPieces" });
        }
        const answer = await why(store, sectorNumber(0), T0);
        expect(answer).toMatchObject({ status: "stopped", condition: null, nextTryAt: null });
        expect(answer.reason).toContain("gave up after 3 attempts");
      });
    });
  });
}
