/** The folder that holds one padma: `$PADMA_PATH`, mode 0700. */
import { chmod, stat } from "node:fs/promises";
import { join } from "node:path";
import { PadmaError, systemErrorCode } from "../errors.ts";
import { makeFolders } from "../folders.ts";

export interface Repo {
  readonly root: string;
  readonly config: string;
  readonly store: string;
  readonly devnet: string;
  /** Only where the miner lives on another network than a devnet of its own. */
  readonly network: string;
  /** The message that creates a miner, from its decision until the repo is made. */
  readonly creation: string;
  readonly storage: string;
  /** Signs the tokens of the node that serves the devnet. */
  readonly nodeSecret: string;
  /** Multiaddress of that node while it runs. */
  readonly nodeAddress: string;
}

export function repoAt(root: string): Repo {
  return {
    root,
    config: join(root, "config.toml"),
    store: join(root, "padma.db"),
    devnet: join(root, "devnet.db"),
    network: join(root, "network.json"),
    creation: join(root, "miner-creation.json"),
    storage: join(root, "storage"),
    nodeSecret: join(root, "node-secret"),
    nodeAddress: join(root, "node-address"),
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
    throw systemErrorCode(error) === "EEXIST" ? notFolder(error) : unreadable(root, error);
  }
}

/** EEXIST of a folder that is there is no error, so something else is in the way. */
function notFolder(cause: unknown): PadmaError {
  const path = cause instanceof Error && "path" in cause ? String(cause.path) : "the path";
  return new PadmaError({
    code: "REPO_NOT_USABLE",
    kind: "user",
    message: `${path} is a file, not a folder`,
    next: "choose another folder with --repo or PADMA_PATH, or move the file away",
    cause,
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
