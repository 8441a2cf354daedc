/**
 * A process of its own that works on a store, started by tests: `node storeProcess.ts MODE FILE COUNT`. It says
 * `ready`, begins at the message `go`, and reports each thing that was committed.
 */
import { createSectors } from "../../src/store/createSectors.ts";
import { getSector } from "../../src/store/getSector.ts";
import { openStore, type Store } from "../../src/store/open.ts";
import { createTaskQueue } from "../../src/store/taskQueue.ts";
import { systemClock } from "../../src/tasks/clock.ts";
import type { Task } from "../../src/tasks/queue.ts";
import { CC, move, NOTHING, PIECE_ADDED } from "../unit/store/sectors.ts";

const [mode = "", file = "", count = "0"] = process.argv.slice(2);
const report = (value: number) => process.send?.(value);
const driver = `driver-${process.pid}`;

const needs = () => ({ memoryBytes: 300, cores: 0 });
const claimRequest = (asks: typeof needs) => ({
  driver,
  host: "host",
  now: systemClock.now(),
  leaseMs: 30_000,
  limits: { memoryBytes: 1000, cores: 8, perStep: {} },
  needs: asks,
  first: [],
});

async function allocate(store: Store): Promise<void> {
  for (let i = 0; i < Number(count); i += 1) {
    const [sector] = await createSectors(store, { ...CC, count: 1, now: systemClock.now() });
    if (sector !== undefined) report(sector.number);
  }
}

/** Takes every task there is, once round; each sector's first task ends its life. */
async function complete(store: Store): Promise<void> {
  const queue = createTaskQueue(store, systemClock.now);
  for (;;) {
    const task = await queue.claim(claimRequest(() => NOTHING));
    if (task === null) return;
    await end(store, task);
    report(task.sector);
  }
}

async function end(store: Store, task: Task): Promise<void> {
  const event = { kind: "SectorForceState", state: "Removed" } as const;
  await move(store, await getSector(store, task.sector), event, { task });
}

/** Reports how many tasks the host holds at each claim of its own. */
async function hold(store: Store): Promise<void> {
  const queue = createTaskQueue(store, systemClock.now);
  for (let idle = 0; idle < 20;) {
    const task = await queue.claim(claimRequest(needs));
    if (task === null) {
      idle += 1;
      await systemClock.sleep(5, new AbortController().signal);
      continue;
    }
    idle = 0;
    report((await queue.outlook(systemClock.now())).leased);
    await end(store, task);
  }
}

/** Pledges, claims and moves until it is killed. */
async function churn(store: Store): Promise<void> {
  const queue = createTaskQueue(store, systemClock.now);
  for (;;) {
    const [sector] = await createSectors(store, { ...CC, count: 1, now: systemClock.now() });
    if (sector !== undefined) report(sector.number);
    const task = await queue.claim(claimRequest(() => NOTHING));
    if (task !== null)
      await move(store, await getSector(store, task.sector), PIECE_ADDED, { task }).catch(() => {});
  }
}

async function main(): Promise<void> {
  const go = new Promise((resolve) => process.once("message", resolve));
  process.send?.("ready");
  await go;
  const store = await openStore(file, { create: mode === "create" });
  const modes: Record<string, (store: Store) => Promise<void>> = { allocate, complete, hold, churn };
  await modes[mode]?.(store);
  await store.close();
  process.disconnect();
}

await main();
