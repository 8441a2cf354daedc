/** Stands in for the proofs: files with the names and lengths of a 2 KiB sector, filled with a mark. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type CacheFile, phase1Files, phase2Files } from "../../../src/storage/sectorFiles.ts";
import { createSectorStorage, type StorageOptions } from "../../../src/storage/sectorStorage.ts";
import type { Attempt, SectorRef, SectorStorage } from "../../../src/storage/storage.ts";
import { actorId, paddedSize, sectorNumber } from "../../../src/units.ts";

export const SECTOR: SectorRef = {
  miner: actorId(1000),
  number: sectorNumber(3),
  sectorSize: paddedSize(2048),
};
export const TICKET = "11".repeat(32);
export const OTHER_TICKET = "22".repeat(32);
export const SEED = "33".repeat(32);

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "padma-storage-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A storage in a folder of its own, with the sector's unsealed file already there. */
export async function storageWithData(options: Partial<StorageOptions> = {}): Promise<SectorStorage> {
  const storage = createSectorStorage({ root: join(await temporaryFolder(), "storage"), ...options });
  await storage.requireFree(0);
  await writeFile(storage.paths(SECTOR).unsealed, Buffer.alloc(SECTOR.sectorSize, "u"));
  return storage;
}

async function fill(folder: string, files: readonly CacheFile[], mark: string): Promise<void> {
  for (const { name, bytes } of files) await writeFile(join(folder, name), Buffer.alloc(bytes ?? 64, mark));
}

/** What PC1 leaves in its attempt. */
export async function finishPc1(attempt: Attempt, mark = "1"): Promise<void> {
  await fill(attempt.cache, phase1Files(SECTOR.sectorSize), mark);
  await writeFile(attempt.sealed, Buffer.alloc(SECTOR.sectorSize, "u"));
  await writeFile(attempt.output, "{}");
}

/** What PC2 leaves in its attempt; `mark` fills the replica and the trees. */
export async function finishPc2(attempt: Attempt, mark: string): Promise<void> {
  await fill(attempt.cache, phase2Files(SECTOR.sectorSize), mark);
  await writeFile(attempt.sealed, Buffer.alloc(SECTOR.sectorSize, mark));
}

/** PC1 and PC2 with their results published; the id of PC1's attempt. */
export async function sealed(storage: SectorStorage, mark = "2"): Promise<string> {
  const pc1 = await storage.beginPc1(SECTOR, TICKET);
  await finishPc1(pc1);
  const pc2 = await storage.beginPc2(SECTOR, TICKET, pc1.id);
  await finishPc2(pc2, mark);
  await storage.publish(SECTOR, pc2);
  return pc1.id;
}

/** The mark of a published file, or undefined when there is none. */
export async function markOf(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").then(
    (text) => text.slice(0, 1),
    () => undefined,
  );
}
