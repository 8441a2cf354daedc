/** Free space, looked at before work starts: a disk that fills up in the middle of PC2 kills the proofs process. */
import { statfs } from "node:fs/promises";
import { PadmaError } from "../errors.ts";
import { formatBytes } from "../units.ts";

/** Left alone on the disk, for the store's journal and logs. */
const RESERVE_BYTES = 16 * 1024 * 1024;

/** Bytes that this user may still write on the file system of `path`. */
export type FreeBytes = (path: string) => Promise<number>;

export const freeBytes: FreeBytes = async (path) => {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
};

/** Throws STORAGE_FULL unless `needed` bytes fit beside what live attempts will still write (`promised`). */
export async function requireFreeBytes(
  folder: string,
  needed: number,
  promised: number,
  free: FreeBytes,
): Promise<void> {
  const available = await free(folder);
  if (available >= needed + promised + RESERVE_BYTES) return;
  throw new PadmaError({
    code: "STORAGE_FULL",
    message: `not enough disk space: ${formatBytes(needed)} needed, ${formatBytes(available)} free`,
    facts: {
      folder,
      needed: formatBytes(needed),
      free: formatBytes(available),
      "promised to running steps": formatBytes(promised),
      reserve: formatBytes(RESERVE_BYTES),
    },
    next: "free some space on that disk, or move the repo (PADMA_PATH) to a larger one",
  });
}
