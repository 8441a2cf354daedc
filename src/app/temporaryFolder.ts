/** Folders that padma makes outside its storage: for a command without a repo, and for the proofs' children. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PadmaError, systemErrorCode } from "../errors.ts";
import { makeFolder } from "../folders.ts";

/**
 * Runs `work` with an empty folder in `place` that is removed afterwards.
 * @throws FOLDER_NOT_WRITABLE
 */
export async function withTemporaryFolder<T>(
  name: string,
  work: (folder: string) => Promise<T>,
  place = tmpdir(),
): Promise<T> {
  const folder = await made(place, () => mkdtemp(join(place, `padma-${name}-`)));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The folder `name` in `folder`, made unless it is there.
 * @throws FOLDER_NOT_WRITABLE
 */
export async function folderIn(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await made(folder, () => makeFolder(path));
  return path;
}

async function made<T>(folder: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    throw new PadmaError({
      code: "FOLDER_NOT_WRITABLE",
      kind: "user",
      message: "cannot make a folder for temporary files",
      facts: { folder, reason },
      next: "check its mode and its disk; TMPDIR names another one for commands without a repo",
      cause: error,
    });
  }
}
