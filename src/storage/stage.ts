/** Copies of users' files, so that a pledge does not depend on what happens to the original afterwards. */
import { randomUUID } from "node:crypto";
import { chmod, constants, copyFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { PadmaError, systemErrorCode } from "../errors.ts";
import { atPath, renameDurably, sync } from "./durable.ts";

export interface Staged {
  readonly path: string;
  readonly size: number;
}

interface Staging {
  /** Where the copy goes. */
  readonly folder: string;
  /** More is refused before anything is copied. */
  readonly maxBytes: number;
  readonly requireFree: (bytes: number) => Promise<void>;
}

/**
 * Copies `path` (reflink where the file system can) under a new name in `folder`; whole and on the disk on return.
 * Throws STORAGE_DATA_UNREADABLE, DATA_EMPTY and DATA_TOO_LARGE for the user's file, STORAGE_FULL and
 * STORAGE_NOT_WRITABLE for ours.
 */
export async function stageFile(path: string, { folder, maxBytes, requireFree }: Staging): Promise<Staged> {
  await requireFree(judged(path, await sizeOf(path), maxBytes));
  const target = join(folder, randomUUID());
  const partial = `${target}.part`;
  try {
    // FAIL: killed in here → a `.part` file that nothing refers to (docs/storage.md: what may be deleted).
    await copyReadable(path, partial);
    await atPath(partial, async () => {
      await chmod(partial, 0o600); // The copy took the original's mode, which may be read-only.
      await sync(partial);
      await renameDurably(partial, target);
    });
    // It may have grown or been cut while it was copied: what counts is the copy.
    return { path: target, size: judged(path, (await stat(target)).size, maxBytes) };
  } catch (error) {
    await rm(partial, { force: true });
    await rm(target, { force: true });
    throw error;
  }
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (!found.isFile()) throw unreadable(path, undefined, "it is not a regular file");
  return found.size;
}

/** The size, where a piece of it fits. */
function judged(path: string, bytes: number, maxBytes: number): number {
  if (bytes > 0 && bytes <= maxBytes) return bytes;
  const tooLarge = bytes > 0;
  throw new PadmaError({
    code: tooLarge ? "DATA_TOO_LARGE" : "DATA_EMPTY",
    kind: "user",
    message: tooLarge ? "the data file is too large for a sector" : "the data file is empty",
    facts: { file: path, bytes, allowed: maxBytes },
    next: tooLarge ? "split the file, or use a miner with larger sectors" : "name a file with data",
  });
}

async function copyReadable(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  } catch (error) {
    // A full disk is ours to report; every other trouble of this copy is the user's file (vanished, no permission).
    const code = systemErrorCode(error);
    if (code === "ENOSPC" || code === "EDQUOT") return atPath(to, () => Promise.reject(error as Error));
    throw unreadable(from, error);
  }
}

function unreadable(path: string, cause: unknown, why?: string): PadmaError {
  const reason = why ?? systemErrorCode(cause) ?? "unknown";
  return new PadmaError({
    code: "STORAGE_DATA_UNREADABLE",
    message: "cannot read the data file",
    kind: "user",
    facts: { path, reason },
    next: "check the path and its permissions; it must be a regular file",
    cause,
  });
}
