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

/**
 * Copies `path` (reflink where the file system can) under a new name in `folder`; whole and on the disk on return.
 * Throws STORAGE_DATA_UNREADABLE for the user's file, STORAGE_FULL and STORAGE_NOT_WRITABLE for ours.
 */
export async function stageFile(
  path: string,
  folder: string,
  requireFree: (bytes: number) => Promise<void>,
): Promise<Staged> {
  const size = await sizeOf(path);
  await requireFree(size);
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
    return { path: target, size: (await stat(target)).size };
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (!found.isFile()) throw unreadable(path, undefined, "it is not a regular file");
  if (found.size === 0) throw unreadable(path, undefined, "it is empty");
  return found.size;
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
    next: "check the path and its permissions; it must be a regular file with at least one byte",
    cause,
  });
}
