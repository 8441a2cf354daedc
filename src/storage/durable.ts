/**
 * Small file operations that are on the disk when they return, with system errors turned into PadmaErrors.
 */
import { open, readdir, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PadmaError, systemErrorCode } from "../errors.ts";

/** System error → what it means for a folder or file that padma itself keeps. */
const CODES: Readonly<Record<string, keyof typeof TEXTS>> = {
  ENOSPC: "STORAGE_FULL",
  EDQUOT: "STORAGE_FULL",
  EACCES: "STORAGE_NOT_WRITABLE",
  EPERM: "STORAGE_NOT_WRITABLE",
  EROFS: "STORAGE_NOT_WRITABLE",
  ENOTDIR: "STORAGE_NOT_WRITABLE",
  EEXIST: "STORAGE_NOT_WRITABLE",
  EXDEV: "STORAGE_SPLIT",
  ENOENT: "STORAGE_FILE_MISSING",
};

const TEXTS = {
  STORAGE_FULL: ["the disk is full", "free some space, then run the same command again"],
  STORAGE_NOT_WRITABLE: [
    "cannot write to the storage folder",
    "check the folder's owner, mode and mount, or point PADMA_PATH to another one",
  ],
  STORAGE_SPLIT: [
    "the storage folder is spread over several file systems",
    "keep sealed, cache and attempts on one (finished files get their names by rename)",
  ],
  STORAGE_FILE_MISSING: [
    "a file of the sector is gone",
    "`padma sectors why N` says what will be done again",
  ],
} as const;

/** The PadmaError for a failed file operation at `path`; anything unknown is returned as it is (a bug, or EIO). */
function storageError(error: unknown, path: string): unknown {
  const system = systemErrorCode(error);
  const code = system === undefined ? undefined : CODES[system];
  if (code === undefined || system === undefined) return error;
  const [message, next] = TEXTS[code];
  return new PadmaError({ code, message, facts: { path, system }, next, cause: error });
}

/** For a folder that padma makes itself: whatever stands in the way (a file, /proc, a mode), it cannot be written. */
export function notWritable(error: unknown, path: string): unknown {
  const system = systemErrorCode(error);
  if (system === undefined || CODES[system] === "STORAGE_FULL") return storageError(error, path);
  const [message, next] = TEXTS.STORAGE_NOT_WRITABLE;
  return new PadmaError({
    code: "STORAGE_NOT_WRITABLE",
    message,
    facts: { path, system },
    next,
    cause: error,
  });
}

/** Runs a file operation; its system errors come out as STORAGE_… with the path. */
export async function atPath<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw storageError(error, path);
  }
}

/** Flushes a file or a folder (its entries) to the disk. */
export async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Flushes every file of a folder, then the folder. Sector caches are flat. */
export async function syncFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await sync(join(folder, name));
  await sync(folder);
}

/** Renames and flushes both folders, so that a power cut leaves the old name or the new one, not neither. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await sync(dirname(to));
  if (dirname(from) !== dirname(to)) await sync(dirname(from));
}

/** Writes a small file whole: temporary name, flush, rename. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await renameDurably(temporary, path);
}

/** Length of a regular file in bytes, or undefined when there is none. */
export async function fileLength(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
