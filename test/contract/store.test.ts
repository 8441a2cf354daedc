import { mkdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { listSectors } from "../../src/store/listSectors.ts";
import { openStore } from "../../src/store/open.ts";
import { pledge } from "../unit/store/sectors.ts";
import { tempFolder, tempStore } from "../unit/store/tempStore.ts";
import { CLEAN, startWorkers, type Worker } from "./storeProcesses.ts";

async function allEnd(workers: readonly Worker[]): Promise<number[]> {
  for (const { ended } of workers) expect(await ended).toEqual(CLEAN);
  return workers.flatMap(({ reports }) => reports);
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("several processes at once", () => {
  it("may all be the first to create the store", async () => {
    for (const round of upTo(2)) {
      const folder = path.join(tempFolder(), String(round));
      mkdirSync(folder);
      const file = path.join(folder, "padma.db");
      await allEnd(await startWorkers("create", file, 6));
      const store = await openStore(file);
      expect(await pledge(store)).toHaveLength(1);
      await store.close();
    }
  });

  it("never allocate a number twice, and leave no gap", async () => {
    const { file } = await tempStore();
    const numbers = await allEnd(await startWorkers("allocate", file, 8, 10));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(upTo(80));
  });

  it("claim and complete 400 tasks exactly once", async () => {
    const store = await tempStore();
    await pledge(store, { count: 400 });
    const done = await allEnd(await startWorkers("complete", store.file, 3));
    expect(done.toSorted((a, b) => a - b)).toEqual(upTo(400));
    expect((await listSectors(store)).every(({ state, events }) => state === "Removed" && events === 2)).toBe(
      true,
    );
    expect(await store.db.selectFrom("leases").selectAll().execute()).toEqual([]);
  });

  it("never hold more together than their host allows", async () => {
    const store = await tempStore();
    await pledge(store, { count: 120 });
    const held = await allEnd(await startWorkers("hold", store.file, 4));
    expect(held).toHaveLength(120);
    expect(Math.max(...held)).toBeLessThanOrEqual(3);
  });
});
