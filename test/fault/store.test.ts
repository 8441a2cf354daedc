import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { once } from "node:events";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { getSector } from "../../src/store/getSector.ts";
import { listSectors } from "../../src/store/listSectors.ts";
import { openStore, type Store } from "../../src/store/open.ts";
import { sectorEvents } from "../../src/store/sectorEvents.ts";
import { createTaskQueue } from "../../src/store/taskQueue.ts";
import { systemClock } from "../../src/tasks/clock.ts";
import { sectorNumber } from "../../src/units.ts";
import { startWorkers } from "../contract/storeProcesses.ts";
import { move, PIECE_ADDED, pledge } from "../unit/store/sectors.ts";
import { tempFolder, tempStore } from "../unit/store/tempStore.ts";

describe("a process killed in the middle of its writes", () => {
  it("leaves all of a transition or none, again and again", async () => {
    const { file } = await tempStore();
    for (let round = 1; round <= 3; round += 1) {
      const numbers = await killWhileWriting(file, round * 9);
      const store = await openStore(file);
      await expectConsistent(store);
      const stored = new Set((await listSectors(store)).map(({ number }) => number));
      expect(numbers.filter((number) => !stored.has(sectorNumber(number)))).toEqual([]);
      await store.close();
    }
  });
});

/** Two processes write; both are killed after some reports, wherever they are then. Returns what they had committed. */
async function killWhileWriting(file: string, reports: number): Promise<number[]> {
  const workers = await startWorkers("churn", file, 2);
  const [first] = workers;
  if (first === undefined) throw new Error("no worker");
  while (first.reports.length < reports) await once(first.child, "message");
  for (const { child } of workers) child.kill("SIGKILL");
  for (const { ended } of workers) expect(await ended).toMatchObject({ signal: "SIGKILL" });
  return workers.flatMap((worker) => worker.reports);
}

/** The log of every sector has as many entries as its version says; a sector on its way has exactly one task. */
async function expectConsistent({ db }: Store): Promise<void> {
  const sectors = await db
    .selectFrom("sectors")
    .select(["number", "version", "step"])
    .orderBy("number")
    .execute();
  const logs = await db
    .selectFrom("events")
    .select((e) => ["sector", e.fn.countAll<number>().as("n"), e.fn.max("seq").as("last")])
    .groupBy("sector")
    .orderBy("sector")
    .execute();
  const tasks = await db
    .selectFrom("tasks")
    .select(["sector", "version", "step"])
    .orderBy("sector")
    .execute();
  const plain = (rows: readonly object[]) => rows.map((row) => ({ ...row }));
  expect(plain(logs)).toEqual(
    sectors.map(({ number, version }) => ({ sector: number, n: version + 1, last: version })),
  );
  expect(plain(tasks)).toEqual(
    sectors.map(({ number, version, step }) => ({ sector: number, version, step })),
  );
  const { next } = await db.selectFrom("numbers").select("next").executeTakeFirstOrThrow();
  expect(next).toBe(sectors.length);
  expect(sectors.map(({ number }) => number)).toEqual(sectors.map((_, i) => i));
}

/** A store with enough in it to fill many pages, closed. */
async function filledStore(): Promise<string> {
  const file = path.join(tempFolder(), "padma.db");
  const store = await openStore(file, { create: true });
  await pledge(store, { count: 200 });
  await store.close();
  return file;
}

/** Opens the store and reads everything in it, and moves a sector. */
async function useAll(file: string): Promise<void> {
  const store = await openStore(file);
  try {
    for (const { number } of await listSectors(store)) {
      await getSector(store, number);
      await sectorEvents(store, number);
    }
    await createTaskQueue(store, systemClock.now).outlook(systemClock.now());
    await pledge(store);
    await move(store, await getSector(store, sectorNumber(0)), PIECE_ADDED);
  } finally {
    await store.close();
  }
}

const DAMAGED = { code: "STORE_DAMAGED", kind: "failed", message: "the store is damaged" };

describe("a damaged store", () => {
  it("is a clear error when the file is something else", async () => {
    const file = path.join(tempFolder(), "padma.db");
    writeFileSync(file, "these are not the bytes you are looking for\n".repeat(500));
    const error: unknown = await openStore(file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      ...DAMAGED,
      facts: { file, found: "file is not a database" },
    });
    expect(error).toHaveProperty("next", expect.stringContaining("backup"));
  });

  it("is a clear error when the file is empty", async () => {
    const file = path.join(tempFolder(), "padma.db");
    writeFileSync(file, "");
    await expect(openStore(file)).rejects.toMatchObject(DAMAGED);
  });

  it.each([100, 4096, 5000, 20_000])("is a clear error when the file ends after %i bytes", async (length) => {
    const file = await filledStore();
    expect(statSync(file).size).toBeGreaterThan(length);
    truncateSync(file, length);
    await expect(useAll(file)).rejects.toMatchObject(DAMAGED);
  });

  it("is a clear error whichever page is overwritten, at the latest when it is read", async () => {
    const good = await filledStore();
    const errors: unknown[] = [];
    const pages = statSync(good).size / 4096;
    for (let page = 0; page < pages; page += 1) {
      const file = path.join(path.dirname(good), `page-${page}.db`);
      copyFileSync(good, file);
      overwrite(file, page * 4096, Buffer.alloc(4096, 0x5a));
      await useAll(file).catch((error: unknown) => errors.push(error));
    }
    // The few others are free, or belong to tables that nothing here reads.
    expect(errors.length).toBeGreaterThan(pages / 2);
    expect(errors).toEqual(errors.map(() => expect.objectContaining({ code: "STORE_DAMAGED" })));
  });

  it("is a clear error when a sector's row holds what padma never wrote", async () => {
    const file = await filledStore();
    for (const [table, change] of [
      ["sectors", { deal_ids: "[" }],
      ["events", { payload: "{" }],
    ] as const) {
      const copy = `${file}.copy`;
      copyFileSync(file, copy);
      const store = await openStore(copy);
      await store.write((tx) =>
        tx
          .updateTable(table)
          .set(change as never)
          .execute(),
      );
      await store.close();
      await expect(useAll(copy)).rejects.toMatchObject(DAMAGED);
    }
    for (const change of [{ body: "{" }, { body: "7" }, { state: "Sealing" }, { step: "PC9" }]) {
      const store = await openStore(file);
      await store.write((tx) => tx.updateTable("sectors").set(change).where("number", "=", 7).execute());
      await expect(getSector(store, sectorNumber(7))).rejects.toMatchObject(DAMAGED);
      await store.close();
    }
  });
});

function overwrite(file: string, at: number, bytes: Buffer): void {
  const handle = openSync(file, "r+");
  writeSync(handle, bytes, 0, bytes.length, at);
  closeSync(handle);
}

describe("a store that cannot be used", () => {
  it("is missing: init makes one, and nothing else does", async () => {
    const file = path.join(tempFolder(), "padma.db");
    await expect(openStore(file)).rejects.toMatchObject({
      code: "STORE_MISSING",
      kind: "user",
      next: expect.stringContaining("restore padma.db and devnet.db together"),
    });
    expect(existsSync(file)).toBe(false);
  });

  it("has no folder to be made in", async () => {
    const file = path.join(tempFolder(), "none", "padma.db");
    await expect(openStore(file, { create: true })).rejects.toMatchObject({
      code: "STORE_NOT_WRITABLE",
      kind: "user",
    });
  });

  it("was written by a newer padma, and is left as it is", async () => {
    const file = await filledStore();
    const store = await openStore(file);
    await store.write((tx) =>
      tx
        .insertInto("kysely_migration" as never)
        .values({ name: "9999-later", timestamp: new Date(0).toISOString() } as never)
        .execute(),
    );
    await store.close();
    const before = readFileSync(file);
    await expect(openStore(file)).rejects.toMatchObject({ code: "STORE_NEWER", kind: "user" });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("is readable by its owner alone", async () => {
    const store = await tempStore();
    await pledge(store);
    for (const suffix of ["", "-wal", "-shm"]) expect(statSync(store.file + suffix).mode & 0o777).toBe(0o600);
  });
});
