import { afterEach, describe, expect, it } from "vitest";
import { PadmaError } from "../../../src/errors.ts";
import { silentLog } from "../../../src/log.ts";
import type { Step } from "../../../src/sealing/sector.ts";
import { createDriverRegistry } from "../../../src/store/drivers.ts";
import { getSector } from "../../../src/store/getSector.ts";
import { openStore, type Store } from "../../../src/store/open.ts";
import { createTaskQueue } from "../../../src/store/taskQueue.ts";
import { why } from "../../../src/store/why.ts";
import { drive, type DriveOptions, type DriverDeps, LEASE_MS } from "../../../src/tasks/driver.ts";
import type { DriverRecord, DriverRegistry } from "../../../src/tasks/drivers.ts";
import { Follower } from "../../../src/tasks/follower.ts";
import type { Condition, Task, TaskQueue } from "../../../src/tasks/queue.ts";
import { epoch, millis, type SectorNumber, sectorNumber } from "../../../src/units.ts";
import { at, move, NOTHING, PACKED, PIECE_ADDED, pledge, request, T0 } from "../store/sectors.ts";
import { tempStore } from "../store/tempStore.ts";
import { FakeClock } from "./fakeClock.ts";

/** A run of `execute` that the test ends as it likes. */
interface Execution {
  readonly task: Task;
  readonly signal: AbortSignal;
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
}

const ME: DriverRecord = { id: "me", pid: 1, identity: null, host: "host-a" };
const TEN_MINUTES = 10 * 60_000;

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function bench(
  count: number,
  options: Partial<DriveOptions> = {},
  deps: Partial<DriverDeps> = {},
  before: (parts: {
    store: Store;
    queue: TaskQueue;
    drivers: DriverRegistry;
  }) => Promise<void> = async () => {},
) {
  const store = await tempStore();
  const clock = new FakeClock(T0);
  const queue = createTaskQueue(store, () => clock.now());
  const drivers = createDriverRegistry(store);
  await pledge(store, { count });
  await before({ store, queue, drivers });
  const runs: Execution[] = [];
  const stop = new AbortController();
  let head = 0;
  const chain = {
    head: async () => ({ epoch: epoch(head), key: [], timestampMs: clock.now() }),
    lookup: async () => new Map<string, never>(),
  };
  const follower = new Follower({
    chain,
    timeOf: (at) => millis(T0 + at * 1000),
    jumpTo: null,
    queue,
    log: silentLog,
  });
  const execute = async (task: Task, signal: AbortSignal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    runs.push({ task, signal, end: resolve, fail: reject });
    signal.addEventListener("abort", () => reject(new Error("aborted")));
    await promise;
  };
  const driving = drive(
    {
      queue,
      drivers,
      follower,
      execute,
      reverts: { look: async () => 0 },
      isAlive: async () => true,
      dataVersion: () => store.dataVersion(),
      clock,
      log: silentLog,
      ...deps,
    },
    {
      me: ME,
      limits: { memoryBytes: 1000, cores: 2, perStep: {} },
      needs: () => NOTHING,
      first: [],
      until: "stopped",
      patienceMs: TEN_MINUTES,
      signal: stop.signal,
      ...options,
    },
  );
  driving.catch(() => {});
  ends.push(async () => {
    stop.abort();
    await clock.settle();
    await driving.catch(() => {});
  });
  await clock.settle();
  const run = (index: number): Execution => {
    const found = runs[index];
    if (found === undefined) throw new Error(`only ${runs.length} runs`);
    return found;
  };
  return { store, clock, queue, drivers, runs, run, stop, driving, setHead: (to: number) => (head = to) };
}

const sectorNumbers = (count: number): SectorNumber[] =>
  Array.from({ length: count }, (_, number) => sectorNumber(number));

/** Ends a run as a step does that found something out. */
async function complete(store: Store, run: Execution): Promise<void> {
  await move(store, await getSector(store, run.task.sector), PIECE_ADDED, { task: run.task });
  run.end();
}

const EPOCH_30: Condition = { for: "epoch", epoch: epoch(30) };

describe("drive", () => {
  it("looks as soon as the chain tells of a new head, and not before", async () => {
    let tell: () => void = () => {};
    const { clock, queue, runs, run, setHead } = await bench(
      1,
      {},
      { onHead: (call) => ((tell = call), () => {}) },
    );
    await queue.wait(run(0).task, { condition: EPOCH_30, reason: "the seed is drawn at epoch 30" });
    run(0).end();
    await clock.settle();
    setHead(30); // Well before its time: the network's clock is not ours.
    await clock.settle();
    expect(runs).toHaveLength(1);
    tell();
    await clock.settle();
    expect(runs).toHaveLength(2);
  });

  it("runs what is queued, several at a time", async () => {
    const { runs } = await bench(3);
    expect(runs.map(({ task }) => task.sector)).toEqual([0, 1, 2]);
  });

  it("starts no more than fits, and the next as soon as one has ended", async () => {
    const { store, clock, runs, run } = await bench(3, { needs: () => ({ memoryBytes: 400, cores: 1 }) });
    expect(runs).toHaveLength(2);
    await complete(store, run(0));
    await clock.settle();
    expect(runs).toHaveLength(3);
  });

  it("claims all that the host has room for, and 32 at a time that hold nothing beside them", async () => {
    const pack = async ({ store }: { store: Store }): Promise<void> => {
      for (let number = 0; number < 74; number += 1) {
        const sector = await move(store, await getSector(store, sectorNumber(number)), PIECE_ADDED);
        if (number >= 40) await move(store, sector, PACKED);
      }
    };
    const of = (step: Step): number => runs.filter(({ task }) => task.step === step).length;
    const limits = { memoryBytes: 1000, cores: 40, perStep: {} };
    const needs = (step: Step) => (step === "AddPiece" ? { memoryBytes: 1, cores: 1 } : NOTHING);
    const { runs } = await bench(74, { limits, needs, first: sectorNumbers(40) }, {}, pack);
    expect([of("AddPiece"), of("Ticket")]).toEqual([40, 32]);
  });

  it("returns when its own condition is met", async () => {
    let done = false;
    const { store, clock, run, driving } = await bench(1, { until: async () => done });
    done = true;
    await complete(store, run(0));
    await clock.settle();
    await expect(driving).resolves.toBe("done");
  });

  it("tells its condition when what is queued can never fit, after a lease's time", async () => {
    const told: boolean[] = [];
    const { clock, driving } = await bench(1, {
      needs: () => ({ memoryBytes: 2000, cores: 1 }),
      until: async ({ stuck }) => {
        told.push(stuck);
        return stuck;
      },
    });
    await clock.advance(LEASE_MS - 1);
    expect(told).not.toContain(true);
    await clock.advance(LEASE_MS);
    await expect(driving).resolves.toBe("done");
  });

  it("keeps its leases while the steps run", async () => {
    const { clock, queue, run } = await bench(1);
    await clock.advance(5 * LEASE_MS);
    expect(run(0).signal.aborted).toBe(false);
    expect(await queue.claim(request({ driver: "other", now: clock.now() }))).toBeNull();
  });

  it("aborts a step whose sector was moved from outside", async () => {
    const { store, clock, queue, run } = await bench(1);
    await move(store, await getSector(store, sectorNumber(0)), {
      kind: "SectorForceState",
      state: "Removed",
    });
    await clock.advance(LEASE_MS / 3);
    expect(run(0).signal.aborted).toBe(true);
    expect(await queue.outlook(clock.now())).toMatchObject({ queued: 0, leased: 0 });
  });

  it("aborts a step whose lease another driver got", async () => {
    const { clock, queue, run } = await bench(1);
    const other = await queue.claim(request({ driver: "other", now: at(LEASE_MS) }));
    expect(other).toMatchObject({ sector: 0, attempt: 2 });
    await clock.advance(LEASE_MS / 3);
    expect(run(0).signal.aborted).toBe(true);
  });

  it("keeps its tasks when the machine was suspended for longer than the lease", async () => {
    const { clock, run, runs } = await bench(1);
    clock.set(T0 + 10 * LEASE_MS);
    await clock.advance(1000);
    expect(run(0).signal.aborted).toBe(false);
    expect(runs).toHaveLength(1);
  });

  it("gives everything back when it is stopped", async () => {
    const { store, clock, drivers, queue, run, stop, driving } = await bench(2);
    stop.abort();
    await clock.settle();
    await expect(driving).resolves.toBe("stopped");
    expect(run(0).signal.aborted && run(1).signal.aborted).toBe(true);
    expect(await drivers.known()).toEqual([]);
    expect(await queue.outlook(clock.now())).toMatchObject({ queued: 2, leased: 0 });
    expect(await store.db.selectFrom("leases").selectAll().execute()).toEqual([]);
  });

  it("tries a busy step again after a pause, and says why meanwhile", async () => {
    const { store, clock, runs, run } = await bench(1);
    run(0).fail(
      new PadmaError({ code: "CHAIN_UNREACHABLE", kind: "busy", message: "the node does not answer" }),
    );
    await clock.settle();
    const answer = await why(store, sectorNumber(0), clock.now());
    expect(answer).toMatchObject({
      status: "waiting",
      reason: "AddPiece could not run: the node does not answer; attempt 1",
    });
    await clock.advance((answer.nextTryAt ?? T0) - T0);
    expect(runs[1]?.task).toMatchObject({ sector: 0, attempt: 2 });
  });

  it("tries again after a bug too, and shows it", async () => {
    const { store, clock, run } = await bench(1);
    run(0).fail(new TypeError("x is not a function"));
    await clock.settle();
    const { reason } = await why(store, sectorNumber(0), clock.now());
    expect(reason).toContain("padma has a bug: TypeError: x is not a function");
  });

  it("claims a run again that ended without storing anything, once its lease is out", async () => {
    const { clock, runs, run } = await bench(1);
    run(0).end();
    await clock.advance(LEASE_MS + LEASE_MS / 3);
    expect(runs[1]?.task).toMatchObject({ sector: 0, attempt: 2 });
  });

  it("notices within a second what another process has written", async () => {
    const { store, clock, runs } = await bench(0);
    const other = await openStore(store.file);
    await pledge(other);
    await other.close();
    await clock.advance(1000);
    expect(runs).toHaveLength(1);
  });

  it("takes over at once from a driver of this host that was killed", async () => {
    const killed: DriverRecord = { id: "killed", pid: 2, identity: null, host: "host-a" };
    const away: DriverRecord = { id: "away", pid: 2, identity: null, host: "host-b" };
    const isAlive = async ({ id }: DriverRecord) => id !== "killed";
    const { clock, queue, drivers, runs } = await bench(2, {}, { isAlive }, async (parts) => {
      await parts.drivers.heartbeat(killed, T0);
      await parts.drivers.heartbeat(away, T0);
      await parts.queue.claim(request({ driver: "killed" }));
      await parts.queue.claim(request({ driver: "away", host: "host-b" }));
    });
    expect(runs.map(({ task }) => task)).toMatchObject([{ sector: 0, attempt: 2 }]);
    expect((await drivers.known()).map(({ id }) => id).toSorted()).toEqual(["away", "me"]);
    expect(await queue.outlook(clock.now())).toMatchObject({ leased: 2 });
  });

  it("looks again later when the store is busy as it asks for changes", async () => {
    let busy = true;
    const dataVersion = (): number => {
      if (busy) throw new PadmaError({ code: "STORE_BUSY", kind: "busy", message: "the store is busy" });
      return 1;
    };
    const { clock, runs } = await bench(1, {}, { dataVersion });
    await clock.advance(2000);
    expect(runs).toHaveLength(0);
    busy = false;
    await clock.advance(1000);
    expect(runs).toHaveLength(1);
  });

  it("asks its condition again later when the store is busy, also for one that has been met", async () => {
    let asked = 0;
    const until = async (): Promise<boolean> => {
      asked += 1;
      if (asked < 3) throw new PadmaError({ code: "STORE_BUSY", kind: "busy", message: "the store is busy" });
      return true;
    };
    const { clock, driving } = await bench(0, { until });
    expect(asked).toBe(1);
    await clock.advance(2000);
    expect([asked, await driving]).toEqual([3, "done"]);
  });

  it("ends with the error of its condition when that fails for good", async () => {
    const until = () => Promise.reject(new PadmaError({ code: "STORE_DAMAGED", message: "damaged" }));
    const { driving } = await bench(0, { until });
    await expect(driving).rejects.toMatchObject({ code: "STORE_DAMAGED" });
  });

  it("ends with the error when the store fails for good", async () => {
    const broken = new PadmaError({ code: "STORE_DAMAGED", message: "the store is damaged" });
    const { clock, driving } = await bench(
      0,
      {},
      {
        dataVersion: () => {
          throw broken;
        },
      },
    );
    await clock.settle();
    await expect(driving).rejects.toBe(broken);
  });
});

describe("drive until idle", () => {
  it("returns at once when there is nothing to do", async () => {
    const { driving } = await bench(0, { until: "idle" });
    await expect(driving).resolves.toBe("idle");
  });

  it("waits for an epoch within its patience and runs what it wakes", async () => {
    const { clock, queue, run, runs, setHead } = await bench(1, { until: "idle" });
    await queue.wait(run(0).task, { condition: EPOCH_30, reason: "the seed is drawn at epoch 30" });
    run(0).end();
    await clock.advance(29_000);
    expect(runs).toHaveLength(1);
    setHead(30);
    await clock.advance(1000);
    expect(runs).toHaveLength(2);
  });

  it("returns when the next epoch is beyond its patience", async () => {
    const { clock, queue, run, driving } = await bench(1, { until: "idle", patienceMs: 20_000 });
    await queue.wait(run(0).task, { condition: EPOCH_30, reason: "the seed is drawn at epoch 30" });
    run(0).end();
    await clock.settle();
    await expect(driving).resolves.toBe("idle");
  });

  it("waits for a message as long as its patience lasts", async () => {
    const { clock, queue, run, driving } = await bench(1, { until: "idle", patienceMs: 60_000 });
    let ended = false;
    void driving.then(() => (ended = true));
    await queue.wait(run(0).task, {
      condition: { for: "message", cid: "bafy-a", until: epoch(1000) },
      reason: "not landed",
    });
    run(0).end();
    await clock.advance(59_000);
    expect(ended).toBe(false);
    await clock.advance(2000);
    await expect(driving).resolves.toBe("idle");
  });

  it("waits while another driver runs something, and takes it over when that one falls silent", async () => {
    const { clock, runs, driving } = await bench(1, { until: "idle" }, {}, async ({ queue }) => {
      await queue.claim(request({ driver: "other", host: "host-b" }));
    });
    let ended = false;
    void driving.then(() => (ended = true));
    await clock.advance(LEASE_MS - 1);
    expect(ended || runs.length > 0).toBe(false);
    await clock.advance(LEASE_MS / 3);
    expect(runs).toMatchObject([{ task: { sector: 0, attempt: 2 } }]);
  });

  it("returns when what is queued can never fit here, with the reason stored", async () => {
    const { store, clock, runs, driving } = await bench(1, {
      until: "idle",
      needs: () => ({ memoryBytes: 2000, cores: 1 }),
    });
    await clock.advance(LEASE_MS + 10_000);
    await expect(driving).resolves.toBe("idle");
    expect(runs).toEqual([]);
    const { blocked } = await why(store, sectorNumber(0), clock.now());
    expect(blocked[0]?.reason).toContain("more than the 1000 B that this host allows");
  });
});
