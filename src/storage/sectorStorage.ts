/** SectorStorage on local disks: one folder, one file system (publishing is renaming). */
import { access, constants, link, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { makeFolder } from "../folders.ts";
import type { AttemptOf } from "./attempts.ts";
import {
  attemptPaths,
  bytesStillNeeded,
  isOf,
  makeAttempt,
  readRecord,
  removeAttempt,
  removeAttempts,
  takeOver,
  unfinishedPc1,
} from "./attempts.ts";
import { atPath, fileLength, notWritable, renameDurably, sync, syncFolder } from "./durable.ts";
import { damaged, missing, replicaExists } from "./fileErrors.ts";
import { type FreeBytes, freeBytes, requireFreeBytes } from "./freeSpace.ts";
import { createLayout, type Layout } from "./layout.ts";
import {
  type CacheFile,
  commit1Bytes,
  phase1Bytes,
  phase1Files,
  phase2Bytes,
  phase2Files,
} from "./sectorFiles.ts";
import { stageFile } from "./stage.ts";
import type { Attempt, SectorFiles, SectorPaths, SectorRef, SectorStorage } from "./storage.ts";

export interface StorageOptions {
  /** `$PADMA_PATH/storage`. */
  readonly root: string;
  /** Replaced in tests of full disks. */
  readonly freeBytes?: FreeBytes;
}

/** Sector files below `root`. Makes the folders with the first call that writes. */
export function createSectorStorage(options: StorageOptions): SectorStorage {
  const layout = createLayout(options.root);
  const disk: Disk = { layout, free: options.freeBytes ?? freeBytes };
  return {
    paths: (sector) => layout.sector(sector),
    requireFree: (bytes) => requireFree(disk, bytes),
    stage: (path, limits) =>
      stageFile(path, {
        folder: layout.folders.staged,
        maxBytes: limits?.maxBytes ?? Number.POSITIVE_INFINITY,
        requireFree: (bytes) => requireFree(disk, bytes),
      }),
    unstage: (path) => atPath(path, () => rm(path, { force: true })),
    beginPieces: (sector, options) => beginPieces(disk, sector, options?.replace ?? false),
    beginPc1: (sector, ticket) => beginPc1(disk, sector, ticket),
    beginPc2: (sector, ticket, pc1Attempt) => beginPc2(disk, sector, ticket, pc1Attempt),
    publish: (sector, attempt) => publish(layout, sector, attempt),
    beginC1: (sector, seed) => beginC1(disk, sector, seed),
    attempt: (sector, id) => findAttempt(layout, sector, id),
    dropAttempts: (sector) => dropAttempts(layout, sector),
    inspect: (sector) => inspect(layout.sector(sector), sector),
    dropUnsealed: async (sector) => {
      const { unsealed } = layout.sector(sector);
      await atPath(unsealed, () => rm(unsealed, { force: true }));
    },
  };
}

interface Disk {
  readonly layout: Layout;
  readonly free: FreeBytes;
}

/** Makes the folders and sees that they can be written. */
async function ensureFolders({ root, folders }: Layout): Promise<void> {
  for (const folder of [root, ...Object.values(folders)]) {
    try {
      await makeFolder(folder);
      await access(folder, constants.W_OK | constants.X_OK);
    } catch (error) {
      throw notWritable(error, folder);
    }
  }
}

async function requireFree({ layout, free }: Disk, bytes: number): Promise<void> {
  await ensureFolders(layout);
  const promised = await bytesStillNeeded(layout.folders.attempts);
  await requireFreeBytes(layout.root, bytes, promised, free);
}

async function beginPieces(disk: Disk, sector: SectorRef, replace: boolean): Promise<string> {
  const { unsealed, sealed } = disk.layout.sector(sector);
  // Of any length: a damaged replica is a reason to keep its data, not to cut it.
  if (!replace && (await fileLength(sealed)) !== undefined) throw replicaExists(sealed);
  await requireFree(disk, sector.sectorSize);
  return unsealed;
}

/** A new attempt for which there is room. The record is written first, so that two that begin at once count each other. */
async function begin(disk: Disk, sector: SectorRef, of: AttemptOf, needs: number): Promise<Attempt> {
  const { layout, free } = disk;
  await ensureFolders(layout);
  const folder = layout.attempts(sector);
  return atPath(folder, async () => {
    await makeFolder(folder);
    const attempt = await makeAttempt(folder, of, sector, needs);
    try {
      const promised = (await bytesStillNeeded(layout.folders.attempts)) - needs;
      await requireFreeBytes(layout.root, needs, Math.max(0, promised), free);
    } catch (error) {
      await removeAttempt(attempt.dir);
      throw error;
    }
    return attempt;
  });
}

/**
 * Of older attempts only an unfinished one of the same ticket is kept: PC1 uses those of its layers that are as their
 * record says.
 */
async function beginPc1(disk: Disk, sector: SectorRef, ticket: string): Promise<Attempt> {
  await requireUnsealed(disk.layout.sector(sector), sector);
  const folder = disk.layout.attempts(sector);
  const unfinished = await unfinishedPc1(folder, sector, ticket);
  await removeAttempts(folder, ["pc1", "pc2"], unfinished?.id);
  if (unfinished === undefined)
    return begin(disk, sector, { kind: "pc1", ticket }, phase1Bytes(sector.sectorSize));
  return atPath(folder, async () => {
    await takeOver(unfinished);
    // What it still needs is counted with the others'.
    await requireFreeBytes(
      disk.layout.root,
      0,
      await bytesStillNeeded(disk.layout.folders.attempts),
      disk.free,
    );
    await makeFolder(unfinished.cache); // It was killed before there was one.
    return unfinished;
  });
}

async function beginPc2(disk: Disk, sector: SectorRef, ticket: string, pc1Attempt: string): Promise<Attempt> {
  const { layout } = disk;
  await requireUnsealed(layout.sector(sector), sector);
  const phase1 = await requirePhase1(layout, sector, ticket, pc1Attempt);
  await removeAttempts(layout.attempts(sector), ["pc2"]);
  // PC1's own is empty: PC2 makes its `sealed` from the unsealed file.
  await atPath(phase1.sealed, () => rm(phase1.sealed, { force: true }));
  const attempt = await begin(
    disk,
    sector,
    { kind: "pc2", ticket, pc1Attempt },
    phase2Bytes(sector.sectorSize),
  );
  for (const { name } of phase1Files(sector.sectorSize)) {
    await atPath(phase1.cache, () => link(join(phase1.cache, name), join(attempt.cache, name)));
  }
  return attempt;
}

async function beginC1(disk: Disk, sector: SectorRef, seed: string): Promise<Attempt> {
  const paths = disk.layout.sector(sector);
  const files = await inspect(paths, sector);
  if (!files.sealed) throw missing(paths.sealed, "the replica is missing or has another length");
  if (!files.cache)
    throw missing(paths.cache, "files of the sector's cache are missing or have another length");
  // Only now: until PC2's result is in the store, a crash makes PC2 run again on the layers of PC1's attempt.
  await removeAttempts(disk.layout.attempts(sector), ["pc1", "pc2", "c1"]);
  return begin(disk, sector, { kind: "c1", seed }, commit1Bytes(sector.sectorSize));
}

async function requireUnsealed(paths: SectorPaths, { sectorSize }: SectorRef): Promise<void> {
  const length = await fileLength(paths.unsealed);
  if (length === undefined) throw missing(paths.unsealed, "the unsealed file of the sector is gone");
  if (length !== sectorSize) throw damaged(paths.unsealed, { expected: sectorSize, found: length });
}

/** PC1's finished attempt of this very replica, every file of it with the right length. */
async function requirePhase1(
  layout: Layout,
  sector: SectorRef,
  ticket: string,
  id: string,
): Promise<Attempt> {
  const attempt = attemptPaths(layout.attempts(sector), id);
  const record = attempt === undefined ? undefined : await readRecord(attempt.dir);
  if (attempt === undefined || record?.kind !== "pc1" || !isOf(record, sector) || record.ticket !== ticket) {
    throw missing(join(layout.attempts(sector), id), "no result of PC1 for this sector and ticket");
  }
  if ((await fileLength(attempt.output)) === undefined) throw missing(attempt.output, "PC1 had not finished");
  await requireFiles(attempt.cache, phase1Files(sector.sectorSize));
  return attempt;
}

/** The first file of the list that is not there with its length, as a fact for the error. */
async function firstWrong(
  folder: string,
  files: readonly CacheFile[],
): Promise<(CacheFile & { found?: number }) | undefined> {
  for (const file of files) {
    const found = await fileLength(join(folder, file.name));
    if (found === undefined) return file;
    if (file.bytes !== undefined && file.bytes !== found) return { ...file, found };
  }
  return undefined;
}

async function requireFiles(folder: string, files: readonly CacheFile[]): Promise<void> {
  const wrong = await firstWrong(folder, files);
  if (wrong === undefined) return;
  const path = join(folder, wrong.name);
  if (wrong.found === undefined) throw missing(path, "a file of the sector's cache is gone");
  throw damaged(path, { expected: wrong.bytes ?? 0, found: wrong.found });
}

/**
 * Old replica out, new cache in, new replica in; the old one never stands beside the new cache.
 * FAIL: killed between any two renames → `sealed/` or `cache/` has no file of this sector (inspect says so), PC1's
 * attempt is still there, and PC2 runs again from the unsealed data.
 */
async function publish(layout: Layout, sector: SectorRef, attempt: Attempt): Promise<void> {
  const record = await readRecord(attempt.dir);
  if (record?.kind !== "pc2" || !isOf(record, sector))
    throw missing(attempt.dir, "the attempt to publish is gone");
  const final = layout.sector(sector);
  const { sectorSize } = sector;
  await requireFiles(attempt.cache, [...phase1Files(sectorSize), ...phase2Files(sectorSize)]);
  const length = await fileLength(attempt.sealed);
  if (length !== sectorSize) throw damaged(attempt.sealed, { expected: sectorSize, found: length ?? 0 });

  await atPath(attempt.dir, async () => {
    await syncFolder(attempt.cache);
    await sync(attempt.sealed);
    await moveAway(final.sealed, join(attempt.dir, "older-sealed"));
    await moveAway(final.cache, join(attempt.dir, "older-cache"));
    await renameDurably(attempt.cache, final.cache);
    await renameDurably(attempt.sealed, final.sealed);
    await removeAttempt(attempt.dir);
  });
}

async function moveAway(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error; // There is no older one: the usual case.
  }
}

async function findAttempt(layout: Layout, sector: SectorRef, id: string): Promise<Attempt> {
  const attempt = attemptPaths(layout.attempts(sector), id);
  const record = attempt === undefined ? undefined : await readRecord(attempt.dir);
  if (attempt === undefined || record === undefined || !isOf(record, sector)) {
    throw missing(join(layout.attempts(sector), id), "the attempt's folder is gone");
  }
  if ((await fileLength(attempt.output)) === undefined)
    throw missing(attempt.output, "the step had not finished");
  return attempt;
}

async function dropAttempts(layout: Layout, sector: SectorRef): Promise<void> {
  const folder = layout.attempts(sector);
  await atPath(folder, async () => {
    await removeAttempts(folder, ["pc1", "pc2", "c1"]);
    await rm(folder, { recursive: true, force: true });
  });
}

async function inspect(paths: SectorPaths, { sectorSize }: SectorRef): Promise<SectorFiles> {
  const cacheFiles = [...phase1Files(sectorSize), ...phase2Files(sectorSize)];
  return {
    unsealed: (await fileLength(paths.unsealed)) === sectorSize,
    sealed: (await fileLength(paths.sealed)) === sectorSize,
    cache: (await firstWrong(paths.cache, cacheFiles)) === undefined,
  };
}
