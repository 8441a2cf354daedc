import { readdir, rm, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bytesStillNeeded } from "../../../src/storage/attempts.ts";
import { freeBytes } from "../../../src/storage/freeSpace.ts";
import { identify, isAlive } from "../../../src/process.ts";
import { phase1Bytes } from "../../../src/storage/sectorFiles.ts";
import { createSectorStorage } from "../../../src/storage/sectorStorage.ts";
import { paddedSize, sectorNumber } from "../../../src/units.ts";
import { finishPc1, SECTOR, storageWithData, temporaryFolder, TICKET } from "./sectorFolder.ts";

const MiB = 1024 * 1024;

it("reads the free space of a real file system", async () => {
  expect(await freeBytes(await temporaryFolder())).toBeGreaterThan(0);
  await expect(freeBytes("/proc")).resolves.toBe(0);
});

it("refuses before work starts when the disk is too small, and says what was needed", async () => {
  const storage = await storageWithData({ freeBytes: async () => 16 * MiB + 100 });
  await storage.requireFree(100);
  await expect(storage.requireFree(101)).rejects.toMatchObject({
    code: "STORAGE_FULL",
    facts: { needed: "101 B" },
    next: expect.stringContaining("PADMA_PATH"),
  });
});

it("leaves no attempt behind when there is no room for it", async () => {
  const storage = await storageWithData({ freeBytes: async () => 16 * MiB });
  await expect(storage.beginPc1(SECTOR, TICKET)).rejects.toMatchObject({ code: "STORAGE_FULL" });
  expect(await readdir(join(storage.paths(SECTOR).unsealed, "../../attempts/s-t01000-3"))).toEqual([]);
});

it("counts what running attempts will still write, and no finished or dead ones", async () => {
  const root = await temporaryFolder();
  let free = 0;
  const storage = createSectorStorage({ root, freeBytes: async () => free });
  const size = paddedSize(8 * MiB);
  const [first, second] = [1, 2].map((n) => ({ ...SECTOR, sectorSize: size, number: sectorNumber(n) }));
  if (first === undefined || second === undefined) throw new Error("two sectors");
  free = Number.MAX_SAFE_INTEGER;
  await storage.requireFree(0);
  for (const sector of [first, second]) {
    await writeFile(storage.paths(sector).unsealed, Buffer.alloc(size));
  }
  const attempt = await storage.beginPc1(first, TICKET);
  expect(await bytesStillNeeded(join(root, "attempts"))).toBe(phase1Bytes(size));
  await writeFile(join(attempt.cache, "sc-02-data-layer-1.dat"), Buffer.alloc(size, 1));
  expect(await bytesStillNeeded(join(root, "attempts"))).toBe(phase1Bytes(size) - size);

  free = 16 * MiB + 2 * phase1Bytes(size) - size - 1;
  await expect(storage.beginPc1(second, TICKET)).rejects.toMatchObject({ code: "STORAGE_FULL" });
  await finishPc1(attempt);
  await storage.beginPc1(second, TICKET);
});

it("knows a process by its start, so that a pid used again is not taken for the old one", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const identity = await identify(child.pid ?? 0);
  if (identity === undefined) throw new Error("the child runs");
  expect(await isAlive(identity)).toBe(true);
  expect(await isAlive({ ...identity, started: `1${identity.started}` })).toBe(false);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await isAlive(identity)).toBe(false);
});

it("promises nothing to an attempt whose process is gone", async () => {
  const root = await temporaryFolder();
  const storage = createSectorStorage({ root });
  await storage.requireFree(0);
  await writeFile(storage.paths(SECTOR).unsealed, Buffer.alloc(2048));
  const attempt = await storage.beginPc1(SECTOR, TICKET);
  const path = join(attempt.dir, "attempt.json");
  await rm(path);
  await writeFile(
    path,
    JSON.stringify({ format: 1, kind: "pc1", needs: 9999, owner: { pid: 1, started: "other" } }),
  );
  expect(await bytesStillNeeded(join(root, "attempts"))).toBe(0);
});
