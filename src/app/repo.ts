/** The folder that holds one padma: `$PADMA_PATH`, mode 0700. */
import { chmod, mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isPadmaError, PadmaError, systemErrorCode } from "../errors.ts";

export interface Repo {
  readonly root: string;
  readonly config: string;
  readonly store: string;
  readonly devnet: string;
  readonly storage: string;
}

export function repoAt(root: string): Repo {
  return {
    root,
    config: join(root, "config.toml"),
    store: join(root, "padma.db"),
    devnet: join(root, "devnet.db"),
    storage: join(root, "storage"),
  };
}

/** A folder is a repo once its configuration is there: `init` writes it last. */
export async function isRepo(repo: Repo): Promise<boolean> {
  try {
    return (await stat(repo.config)).isFile();
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT" || systemErrorCode(error) === "ENOTDIR") return false;
    throw unreadable(repo.root, error);
  }
}

/** @throws REPO_NONE */
export async function requireRepo(repo: Repo): Promise<void> {
  if (await isRepo(repo)) return;
  throw new PadmaError({
    code: "REPO_NONE",
    kind: "user",
    message: `there is no padma repo in ${repo.root}`,
    next: "make one with `padma init`, or name another folder with --repo or PADMA_PATH",
  });
}

/** Makes the folder, also where one is already there with other things in it. */
export async function makeRepoFolder({ root }: Repo): Promise<void> {
  try {
    await makeFolders(root);
    await chmod(root, 0o700);
  } catch (error) {
    throw isPadmaError(error) ? error : unreadable(root, error);
  }
}

/** Not Node's recursive mkdir: it never returns where the file system has no such thing as a new folder (/proc). */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return requireFolder(path);
    if (systemErrorCode(error) !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolders(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

/** Also a link to a folder. */
async function requireFolder(path: string): Promise<void> {
  if ((await stat(path)).isDirectory()) return;
  throw new PadmaError({
    code: "REPO_NOT_USABLE",
    kind: "user",
    message: `${path} is a file, not a folder`,
    next: "choose another folder with --repo or PADMA_PATH, or move the file away",
  });
}

function unreadable(root: string, cause: unknown): PadmaError {
  return new PadmaError({
    code: "REPO_NOT_USABLE",
    kind: "user",
    message: `the folder ${root} cannot be used: ${systemErrorCode(cause) ?? String(cause)}`,
    next: "choose another folder with --repo or PADMA_PATH, or give yourself the right to write there",
    cause,
  });
}
