/** Making Groth16 parameters for a devnet: all cores and gigabytes, so memory and disk are looked at first. */
import { rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PadmaError, systemErrorCode } from "../errors.ts";
import { makeFolders } from "../folders.ts";
import { formatBytes } from "../units.ts";
import type { ChildProver } from "./host.ts";
import { loadNative, nativeCall } from "./native.ts";
import {
  generatedFolder,
  generatedSet,
  otherSet,
  type ParameterPlaces,
  type ParameterSet,
  type Recipe,
} from "./parameterSets.ts";
import { neededRoom } from "./parameterRoom.ts";
import type { Running } from "./prover.ts";

export interface GenerationDeps {
  readonly prover: Pick<ChildProver, "generateParameters">;
  readonly places: ParameterPlaces;
  /** Replaced in tests. */
  readonly availableMemory?: () => number;
  readonly freeBytes?: (path: string) => Promise<number>;
}

/**
 * Makes a set, or finds that it is there: `made` says which. A second process waits for the first one and makes
 * nothing. Rejects with PARAMS_OTHER_SET, PARAMS_NO_MEMORY, PARAMS_NOT_WRITABLE, STORAGE_FULL, PROOF_….
 * FAIL: killed → a `.partial` folder stays, and the next run goes on where it ended.
 */
export async function generateParameters(
  recipe: Recipe,
  deps: GenerationDeps,
  running: Running,
): Promise<{ readonly made: boolean; readonly dir: string }> {
  const folder = generatedFolder(deps.places, recipe);
  if (await isWhole(recipe, deps)) return { made: false, dir: folder };
  await makeFolders(dirname(folder)).catch((error: unknown) => notWritable(dirname(folder), error));
  await prepare(recipe, folder, deps);
  await deps.prover.generateParameters({ ...recipe, folder }, running);
  return { made: true, dir: folder };
}

function notWritable(folder: string, cause: unknown): never {
  const reason = systemErrorCode(cause);
  if (reason === undefined) throw cause;
  throw new PadmaError({
    code: "PARAMS_NOT_WRITABLE",
    kind: "user",
    message: "cannot make the folder for parameters",
    facts: { folder, reason },
    next: "set PADMA_CACHE to a folder that this user can write",
    cause,
  });
}

/** By lengths; `params verify` looks at the digests. */
async function isWhole(recipe: Recipe, { places }: GenerationDeps): Promise<boolean> {
  const set = await generatedSet(loadNative(), places, recipe);
  return set !== undefined && (await hasAllBytes(set));
}

async function hasAllBytes({ params, verifyingKey }: ParameterSet): Promise<boolean> {
  for (const file of [params, verifyingKey]) {
    const found = await stat(file.path).catch(() => undefined);
    if (found?.size !== file.bytes) return false;
  }
  return true;
}

/**
 * Under the lock that the generator takes: looks for room, and drops a set that is not whole (the generator keeps
 * what has a manifest). When another process holds the lock it is generating: its memory is not ours to judge, and
 * the child waits for it.
 */
async function prepare(recipe: Recipe, folder: string, deps: GenerationDeps): Promise<void> {
  const lock = await nativeCall(() => loadNative().lockFile(`${folder}.lock`, { wait: false }));
  if (lock === null) return;
  try {
    if (await isWhole(recipe, deps)) return;
    await requireOwn(deps.places, recipe, folder);
    await rm(folder, { recursive: true, force: true });
    await requireRoom(recipe, folder, deps);
  } finally {
    lock.release();
  }
}

/** Only a set of this recipe is made anew: a seed like `x-window-post` names the folder of another seed's set. */
async function requireOwn(places: ParameterPlaces, recipe: Recipe, folder: string): Promise<void> {
  const other = await otherSet(places, recipe);
  if (other === undefined) return;
  throw new PadmaError({
    code: "PARAMS_OTHER_SET",
    kind: "user",
    message: "another set of parameters has the folder that this one would get",
    facts: { folder, ...other },
    next: "choose another seed",
  });
}

async function requireRoom(recipe: Recipe, folder: string, deps: GenerationDeps): Promise<void> {
  const needed = neededRoom(recipe);
  const memory = (deps.availableMemory ?? (() => process.availableMemory()))();
  if (memory < needed.memory) {
    throw new PadmaError({
      code: "PARAMS_NO_MEMORY",
      message: "not enough free memory to make parameters",
      facts: { needed: formatBytes(needed.memory), free: formatBytes(memory) },
      next: "close other programs, or copy the folder from a machine that made it (`padma params status` names it)",
    });
  }
  // An earlier run that was killed has left its part of it.
  const left = await partialBytes(recipe, folder);
  const disk = await (deps.freeBytes ?? freeBytes)(dirname(folder));
  if (disk + left >= needed.disk) return;
  throw new PadmaError({
    code: "STORAGE_FULL",
    message: "not enough disk space for the parameters",
    facts: { folder: dirname(folder), needed: formatBytes(needed.disk - left), free: formatBytes(disk) },
    next: "free some space, or set PADMA_CACHE to a folder on another disk",
  });
}

async function partialBytes({ circuit, sectorSize }: Recipe, folder: string): Promise<number> {
  const { paramsFile } = loadNative().parameterNames(circuit, sectorSize);
  const found = await stat(join(`${folder}.partial`, paramsFile)).catch(() => undefined);
  return found?.size ?? 0;
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
