import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { identify } from "../../../src/process.ts";
import { createSectorStorage } from "../../../src/storage/sectorStorage.ts";
import { actorId, sectorNumber } from "../../../src/units.ts";
import * as folder from "./sectorFolder.ts";

const { SECTOR, TICKET, OTHER_TICKET, SEED, finishPc1, finishPc2, markOf, storageWithData } = folder;

describe("paths", () => {
  it("carry lotus's names", () => {
    const { unsealed, sealed, cache } = createSectorStorage({ root: "/r" }).paths(SECTOR);
    expect([unsealed, sealed, cache]).toEqual([
      "/r/unsealed/s-t01000-3",
      "/r/sealed/s-t01000-3",
      "/r/cache/s-t01000-3",
    ]);
  });
});

describe("beginPieces", () => {
  it("names the unsealed file of a sector that was never sealed, also in front of half-made pieces", async () => {
    const storage = await storageWithData();
    expect(await storage.beginPieces(SECTOR)).toBe(storage.paths(SECTOR).unsealed);
  });

  it("refuses a sector whose replica exists, even a cut one, and leaves its data as it is", async () => {
    const storage = await storageWithData();
    await folder.sealed(storage);
    const { sealed, unsealed } = storage.paths(SECTOR);
    const refusal = { code: "STORAGE_REPLICA_EXISTS", kind: "failed", facts: { path: sealed } };
    await expect(storage.beginPieces(SECTOR)).rejects.toMatchObject(refusal);
    await truncate(sealed, 0);
    await expect(storage.beginPieces(SECTOR)).rejects.toMatchObject(refusal);
    expect((await stat(unsealed)).size).toBe(2048);
    expect(await storage.beginPieces(SECTOR, { replace: true })).toBe(unsealed);
  });

  it("refuses when there is no room for the unsealed file", async () => {
    const storage = await storageWithData({ freeBytes: async () => 16 * 1024 * 1024 + 2047 });
    await expect(storage.beginPieces(SECTOR)).rejects.toMatchObject({ code: "STORAGE_FULL" });
  });
});

describe("beginPc1", () => {
  it("gives an empty cache folder of mode 0700 that records the replica, and no sealed file", async () => {
    const storage = await storageWithData();
    const attempt = await storage.beginPc1(SECTOR, TICKET);
    expect(await readdir(attempt.cache)).toEqual([]);
    expect(existsSync(attempt.sealed)).toBe(false);
    expect((await stat(attempt.dir)).mode & 0o777).toBe(0o700);
    const record: unknown = JSON.parse(await readFile(join(attempt.dir, "attempt.json"), "utf8"));
    expect(record).toMatchObject({ kind: "pc1", miner: 1000, number: 3, sectorSize: 2048, ticket: TICKET });
  });

  it("removes older attempts of PC1 and PC2, whatever their ticket, and ones without a record", async () => {
    const storage = await storageWithData();
    const first = await storage.beginPc1(SECTOR, TICKET);
    await finishPc1(first);
    const second = await storage.beginPc2(SECTOR, TICKET, first.id);
    await rm(join(second.dir, "attempt.json"));
    const third = await storage.beginPc1(SECTOR, OTHER_TICKET);
    expect(await readdir(dirname(third.dir))).toEqual([third.id]);
  });

  it("goes on in an unfinished attempt of the same ticket, with what is in it", async () => {
    const storage = await storageWithData();
    const first = await storage.beginPc1(SECTOR, TICKET);
    await writeFile(`${first.output}.layers`, "layers");
    const again = await storage.beginPc1(SECTOR, TICKET);
    expect(again).toEqual(first);
    expect(await readFile(`${again.output}.layers`, "utf8")).toBe("layers");
    expect((await storage.beginPc1(SECTOR, OTHER_TICKET)).id).not.toBe(first.id);
    expect(existsSync(first.dir)).toBe(false);
  });

  it("begins anew where the last attempt was finished: the sector came back for a reason", async () => {
    const storage = await storageWithData();
    const first = await storage.beginPc1(SECTOR, TICKET);
    await finishPc1(first);
    const again = await storage.beginPc1(SECTOR, TICKET);
    expect(again.id).not.toBe(first.id);
    expect(await readdir(dirname(again.dir))).toEqual([again.id]);
  });

  it("does not go on in the attempt of another process that lives", async () => {
    const storage = await storageWithData();
    const first = await storage.beginPc1(SECTOR, TICKET);
    const path = join(first.dir, "attempt.json");
    const record = JSON.parse(await readFile(path, "utf8")) as object;
    const owner = await identify(process.ppid);
    await writeFile(path, JSON.stringify({ ...record, owner }));
    expect((await storage.beginPc1(SECTOR, TICKET)).id).not.toBe(first.id);
  });

  it("leaves other sectors' attempts alone", async () => {
    const storage = await storageWithData();
    const other = { ...SECTOR, number: sectorNumber(4) };
    await writeFile(storage.paths(other).unsealed, Buffer.alloc(2048));
    const theirs = await storage.beginPc1(other, TICKET);
    await storage.beginPc1(SECTOR, TICKET);
    expect(existsSync(theirs.cache)).toBe(true);
  });

  it("refuses a sector whose unsealed file is gone or cut", async () => {
    const storage = await storageWithData();
    const { unsealed } = storage.paths(SECTOR);
    await truncate(unsealed, 1024);
    await expect(storage.beginPc1(SECTOR, TICKET)).rejects.toMatchObject({
      code: "STORAGE_FILE_DAMAGED",
      facts: { path: unsealed, "expected bytes": 2048, "found bytes": 1024 },
    });
    await rm(unsealed);
    await expect(storage.beginPc1(SECTOR, TICKET)).rejects.toMatchObject({ code: "STORAGE_FILE_MISSING" });
  });
});

describe("beginPc2", () => {
  it("links PC1's layers and TreeD, and drops PC1's copy of the data", async () => {
    const storage = await storageWithData();
    const pc1 = await storage.beginPc1(SECTOR, TICKET);
    await finishPc1(pc1);
    const pc2 = await storage.beginPc2(SECTOR, TICKET, pc1.id);
    const names = ["sc-02-data-layer-1.dat", "sc-02-data-layer-2.dat", "sc-02-data-tree-d.dat"];
    expect((await readdir(pc2.cache)).sort()).toEqual(names);
    for (const name of names) {
      expect((await stat(join(pc2.cache, name))).ino).toBe((await stat(join(pc1.cache, name))).ino);
    }
    expect([existsSync(pc1.sealed), existsSync(pc2.sealed)]).toEqual([false, false]);
  });

  it("removes what an older PC2 left, and only that", async () => {
    const storage = await storageWithData();
    const pc1 = await storage.beginPc1(SECTOR, TICKET);
    await finishPc1(pc1);
    const dead = await storage.beginPc2(SECTOR, TICKET, pc1.id);
    await writeFile(join(dead.cache, "sc-02-data-tree-c.dat"), Buffer.alloc(2336));
    const pc2 = await storage.beginPc2(SECTOR, TICKET, pc1.id);
    expect((await readdir(dirname(pc2.dir))).sort()).toEqual([pc1.id, pc2.id]);
    expect(existsSync(join(pc2.cache, "sc-02-data-tree-c.dat"))).toBe(false);
  });

  it("refuses PC1's attempt of another ticket, of another sector, unfinished, or gone", async () => {
    const storage = await storageWithData();
    const pc1 = await storage.beginPc1(SECTOR, TICKET);
    const missing = { code: "STORAGE_FILE_MISSING" };
    await expect(storage.beginPc2(SECTOR, TICKET, pc1.id)).rejects.toMatchObject(missing);
    await finishPc1(pc1);
    await expect(storage.beginPc2(SECTOR, OTHER_TICKET, pc1.id)).rejects.toMatchObject(missing);
    const other = { ...SECTOR, miner: actorId(1001) };
    await writeFile(storage.paths(other).unsealed, Buffer.alloc(2048));
    await expect(storage.beginPc2(other, TICKET, pc1.id)).rejects.toMatchObject(missing);
    await expect(storage.beginPc2(SECTOR, TICKET, "pc1-0000000000000000")).rejects.toMatchObject(missing);
    await expect(storage.beginPc2(SECTOR, TICKET, "../../sealed")).rejects.toMatchObject(missing);
  });

  it("refuses PC1's attempt when a layer is short or gone", async () => {
    const storage = await storageWithData();
    const pc1 = await storage.beginPc1(SECTOR, TICKET);
    await finishPc1(pc1);
    const layer = join(pc1.cache, "sc-02-data-layer-2.dat");
    await truncate(layer, 2047);
    await expect(storage.beginPc2(SECTOR, TICKET, pc1.id)).rejects.toMatchObject({
      code: "STORAGE_FILE_DAMAGED",
      facts: { path: layer, "found bytes": 2047 },
    });
    await rm(layer);
    await expect(storage.beginPc2(SECTOR, TICKET, pc1.id)).rejects.toMatchObject({
      code: "STORAGE_FILE_MISSING",
    });
  });
});

describe("publish", () => {
  it("gives the replica its final names and keeps PC1's attempt until C1 begins", async () => {
    const storage = await storageWithData();
    const pc1 = await folder.sealed(storage);
    const { sealed, cache } = storage.paths(SECTOR);
    expect([await markOf(sealed), await markOf(join(cache, "sc-02-data-tree-c.dat"))]).toEqual(["2", "2"]);
    expect(await storage.inspect(SECTOR)).toEqual({ unsealed: true, sealed: true, cache: true });
    expect((await storage.attempt(SECTOR, pc1)).id).toBe(pc1);
    const c1 = await storage.beginC1(SECTOR, SEED);
    expect(await readdir(dirname(c1.dir))).toEqual([c1.id]);
  });

  it("replaces an older replica of the sector whole", async () => {
    const storage = await storageWithData();
    await folder.sealed(storage, "a");
    await writeFile(join(storage.paths(SECTOR).cache, "left-over"), "a");
    await folder.sealed(storage, "b");
    const { sealed, cache } = storage.paths(SECTOR);
    expect([await markOf(sealed), await markOf(join(cache, "sc-02-data-tree-c.dat"))]).toEqual(["b", "b"]);
    expect(existsSync(join(cache, "left-over"))).toBe(false);
  });

  it("refuses an attempt that a newer one has removed", async () => {
    const storage = await storageWithData();
    const pc1 = await storage.beginPc1(SECTOR, TICKET);
    await finishPc1(pc1);
    const late = await storage.beginPc2(SECTOR, TICKET, pc1.id);
    await storage.beginPc2(SECTOR, TICKET, pc1.id);
    await expect(storage.publish(SECTOR, late)).rejects.toMatchObject({ code: "STORAGE_FILE_MISSING" });
  });

  it("refuses an attempt with a short tree, and keeps the older replica", async () => {
    const storage = await storageWithData();
    const pc1 = await folder.sealed(storage, "a");
    const pc2 = await storage.beginPc2(SECTOR, TICKET, pc1);
    await finishPc2(pc2, "b");
    await truncate(join(pc2.cache, "sc-02-data-tree-r-last.dat"), 16);
    await expect(storage.publish(SECTOR, pc2)).rejects.toMatchObject({ code: "STORAGE_FILE_DAMAGED" });
    expect(await markOf(storage.paths(SECTOR).sealed)).toBe("a");
  });
});

describe("C1 attempts", () => {
  it("are found again by id once their output is there", async () => {
    const storage = await storageWithData();
    await folder.sealed(storage);
    const c1 = await storage.beginC1(SECTOR, SEED);
    await expect(storage.attempt(SECTOR, c1.id)).rejects.toMatchObject({ code: "STORAGE_FILE_MISSING" });
    await writeFile(c1.output, "{}");
    expect(await storage.attempt(SECTOR, c1.id)).toEqual(c1);
    await storage.dropAttempts(SECTOR);
    await expect(storage.attempt(SECTOR, c1.id)).rejects.toMatchObject({ code: "STORAGE_FILE_MISSING" });
    await storage.dropAttempts(SECTOR);
  });

  it("do not begin on a replica that is cut or a cache with a file gone", async () => {
    const storage = await storageWithData();
    await folder.sealed(storage);
    const { sealed, cache } = storage.paths(SECTOR);
    await rm(join(cache, "t_aux"));
    await expect(storage.beginC1(SECTOR, SEED)).rejects.toMatchObject({
      code: "STORAGE_FILE_MISSING",
      facts: { path: cache },
    });
    await truncate(sealed, 2047);
    expect(await storage.inspect(SECTOR)).toEqual({ unsealed: true, sealed: false, cache: false });
    await expect(storage.beginC1(SECTOR, SEED)).rejects.toMatchObject({ facts: { path: sealed } });
  });
});

describe("a storage folder that cannot be written", () => {
  it("is named when a file is in its place", async () => {
    const root = join(await folder.temporaryFolder(), "storage");
    await writeFile(root, "");
    await expect(createSectorStorage({ root }).requireFree(0)).rejects.toMatchObject({
      code: "STORAGE_NOT_WRITABLE",
      facts: { path: root },
    });
  });

  it("is named when the file system refuses folders", async () => {
    const storage = createSectorStorage({ root: "/proc/padma" });
    await expect(storage.requireFree(0)).rejects.toMatchObject({ code: "STORAGE_NOT_WRITABLE" });
  });

  it("is named when only the folder of attempts is taken by a file", async () => {
    const root = await folder.temporaryFolder();
    await writeFile(join(root, "attempts"), "");
    await expect(createSectorStorage({ root }).requireFree(0)).rejects.toMatchObject({
      code: "STORAGE_NOT_WRITABLE",
      facts: { path: join(root, "attempts") },
    });
  });
});

it("drops the unsealed file of a sector, also twice", async () => {
  const storage = await storageWithData();
  await storage.dropUnsealed(SECTOR);
  await storage.dropUnsealed(SECTOR);
  expect((await storage.inspect(SECTOR)).unsealed).toBe(false);
});

it("refuses a size that no sector has", async () => {
  const storage = await storageWithData();
  await mkdir(storage.paths(SECTOR).cache);
  const odd = { ...SECTOR, sectorSize: 4096 as typeof SECTOR.sectorSize };
  await expect(storage.inspect(odd)).rejects.toMatchObject({ code: "STORAGE_SECTOR_SIZE", kind: "user" });
});
