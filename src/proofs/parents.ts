/** The cache of SDR parents: one file a sector size, made by the first PC1 on a machine and shared by all of them. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { makeFolders } from "../folders.ts";
import type { NativeModule } from "./native.ts";

/**
 * Runs PC1, alone on this machine while the parents are still to be made: the library's own lock holds within one
 * process only, and another one would take the half-made file for a damaged one and delete it.
 */
export async function withParents<T>(
  native: Pick<NativeModule, "lockFile" | "proofInfo">,
  folder: string,
  sectorSize: number,
  pc1: () => Promise<T>,
): Promise<T> {
  if (await areMade(folder, native.proofInfo(sectorSize).parentCacheBytes)) return pc1();
  await makeFolders(folder);
  const lock = await native.lockFile(join(folder, "making.lock"), { wait: true });
  try {
    return await pc1();
  } finally {
    lock?.release();
  }
}

/** By length: whether the file is right, the library checks itself (FIL_PROOFS_VERIFY_CACHE). */
async function areMade(folder: string, bytes: number): Promise<boolean> {
  try {
    const sizes = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))));
    return sizes.some(({ size }) => size === bytes);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) return false;
    throw error;
  }
}
