import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { createSectorStorage } from "../../../src/storage/sectorStorage.ts";
import { temporaryFolder } from "./sectorFolder.ts";

async function storageAndFile() {
  const folder = await temporaryFolder();
  const file = join(folder, "data");
  await writeFile(file, "a user's bytes");
  return { folder, file, storage: createSectorStorage({ root: join(folder, "storage") }) };
}

it("copies a user's file, so that the original may go", async () => {
  const { file, storage } = await storageAndFile();
  await chmod(file, 0o444);
  const staged = await storage.stage(file);
  await rm(file);
  expect(await readFile(staged.path, "utf8")).toBe("a user's bytes");
  expect([staged.size, (await stat(staged.path)).mode & 0o777]).toEqual([14, 0o600]);
});

it("gives two copies of one file names of their own", async () => {
  const { file, storage } = await storageAndFile();
  const [one, two] = await Promise.all([storage.stage(file), storage.stage(file)]);
  expect(one.path).not.toBe(two.path);
  await storage.unstage(one.path);
  await storage.unstage(one.path);
  expect(await readdir(dirname(two.path))).toHaveLength(1);
});

it("names a file that is not there", async () => {
  const { folder, storage } = await storageAndFile();
  const path = join(folder, "vanished");
  await expect(storage.stage(path)).rejects.toMatchObject({
    code: "STORAGE_DATA_UNREADABLE",
    kind: "user",
    facts: { path, reason: "ENOENT" },
  });
});

it("names what is not a regular file", async () => {
  const { folder, storage } = await storageAndFile();
  await mkdir(join(folder, "a-folder"));
  const folderError = storage.stage(join(folder, "a-folder"));
  await expect(folderError).rejects.toMatchObject({ code: "STORAGE_DATA_UNREADABLE" });
  await expect(storage.stage("/dev/null")).rejects.toMatchObject({ code: "STORAGE_DATA_UNREADABLE" });
});

it("names a file that vanishes after it was looked at, and leaves no partial copy", async () => {
  const { folder, file } = await storageAndFile();
  const freeBytes = async () => {
    await rm(file);
    return Number.MAX_SAFE_INTEGER;
  };
  const storage = createSectorStorage({ root: join(folder, "storage"), freeBytes });
  await expect(storage.stage(file)).rejects.toMatchObject({
    code: "STORAGE_DATA_UNREADABLE",
    facts: { path: file },
  });
  expect(await readdir(join(folder, "storage", "staged"))).toEqual([]);
});

it("refuses an empty file", async () => {
  const { file, storage } = await storageAndFile();
  await writeFile(file, "");
  await expect(storage.stage(file)).rejects.toMatchObject({ code: "DATA_EMPTY", kind: "user" });
});

it("refuses a file that is too large for a sector before it looks for room or copies", async () => {
  const { folder, file } = await storageAndFile();
  await truncate(file, 10e12);
  const root = join(folder, "storage");
  const storage = createSectorStorage({ root, freeBytes: () => Promise.reject(new Error("asked for room")) });
  await expect(storage.stage(file, { maxBytes: 2032 })).rejects.toMatchObject({
    code: "DATA_TOO_LARGE",
    kind: "user",
    facts: { file, bytes: 10e12, allowed: 2032 },
  });
  expect(existsSync(root)).toBe(false);
});

it("takes a file that just fits", async () => {
  const { file, storage } = await storageAndFile();
  expect((await storage.stage(file, { maxBytes: 14 })).size).toBe(14);
});

it("judges the copy again, for a file that grows meanwhile, and keeps nothing of it", async () => {
  const { folder, file } = await storageAndFile();
  const freeBytes = async () => {
    await truncate(file, 4096);
    return Number.MAX_SAFE_INTEGER;
  };
  const storage = createSectorStorage({ root: join(folder, "storage"), freeBytes });
  await expect(storage.stage(file, { maxBytes: 2032 })).rejects.toMatchObject({
    code: "DATA_TOO_LARGE",
    facts: { bytes: 4096 },
  });
  expect(await readdir(join(folder, "storage", "staged"))).toEqual([]);
});

it("checks the disk before it copies", async () => {
  const { folder, file } = await storageAndFile();
  const storage = createSectorStorage({ root: join(folder, "storage"), freeBytes: async () => 0 });
  await expect(storage.stage(file)).rejects.toMatchObject({ code: "STORAGE_FULL" });
  expect(await readdir(join(folder, "storage", "staged"))).toEqual([]);
});
