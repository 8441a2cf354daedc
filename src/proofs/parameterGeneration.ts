/** Making Groth16 parameters for a devnet: minutes of every core and gigabytes, so both are looked at first. */
import { rm, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { PadmaError, systemErrorCode } from "../errors.ts";
import { makeFolders } from "../folders.ts";
import { formatBytes, type PaddedSize, SECTOR_SIZES } from "../units.ts";
import type { ChildProver } from "./host.ts";
import { loadNative, nativeCall } from "./native.ts";
import { generatedFolder, generatedSet, type ParameterPlaces, type ParameterSet } from "./parameterSets.ts";
import type { Running } from "./prover.ts";

const GB = 1e9;
/** Measured for 2 KiB with two cores: 5.2 GB at its peak, 1.1 GB of files. No other size has been tried. */
const NEEDS_2KIB = { memory: 5.3 * GB, disk: 1.2 * GB };

export interface GenerationDeps {
  readonly prover: Pick<ChildProver, "generateParameters">;
  readonly places: ParameterPlaces;
  /** Replaced in tests. */
  readonly availableMemory?: () => number;
  readonly freeBytes?: (path: string) => Promise<number>;
}

export interface GenerationInput {
  readonly sectorSize: PaddedSize;
  readonly seed: string;
}

/**
 * Makes the set of `seed`, or finds that it is there: `made` says which. A second process waits for the first one
 * and makes nothing. Rejects with PARAMS_NO_MEMORY, PARAMS_NOT_WRITABLE, STORAGE_FULL, PROOF_….
 * FAIL: killed → a `.partial` folder stays, and the next run starts over.
 */
export async function generateParameters(
  input: GenerationInput,
  deps: GenerationDeps,
  running: Running,
): Promise<{ readonly made: boolean; readonly dir: string }> {
  const folder = generatedFolder(deps.places, input.seed, input.sectorSize);
  if (await isWhole(input, deps)) return { made: false, dir: folder };
  await makeFolders(dirname(folder)).catch((error: unknown) => notWritable(dirname(folder), error));
  await prepare(input, folder, deps);
  await deps.prover.generateParameters({ ...input, folder }, running);
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
async function isWhole({ seed, sectorSize }: GenerationInput, { places }: GenerationDeps): Promise<boolean> {
  const set = await generatedSet(loadNative(), places, seed, sectorSize);
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
async function prepare(input: GenerationInput, folder: string, deps: GenerationDeps): Promise<void> {
  const lock = await nativeCall(() => loadNative().lockFile(`${folder}.lock`, { wait: false }));
  if (lock === null) return;
  try {
    if (await isWhole(input, deps)) return;
    await rm(folder, { recursive: true, force: true });
    if (input.sectorSize === SECTOR_SIZES["2KiB"]) await requireRoom(folder, deps);
  } finally {
    lock.release();
  }
}

async function requireRoom(folder: string, deps: GenerationDeps): Promise<void> {
  const memory = (deps.availableMemory ?? (() => process.availableMemory()))();
  if (memory < NEEDS_2KIB.memory) {
    throw new PadmaError({
      code: "PARAMS_NO_MEMORY",
      message: "not enough free memory to make parameters",
      facts: { needed: formatBytes(NEEDS_2KIB.memory), free: formatBytes(memory) },
      next: "close other programs, or copy the folder from a machine that made it (`padma params status` names it)",
    });
  }
  const disk = await (deps.freeBytes ?? freeBytes)(dirname(folder));
  if (disk >= NEEDS_2KIB.disk) return;
  throw new PadmaError({
    code: "STORAGE_FULL",
    message: "not enough disk space for the parameters",
    facts: { folder: dirname(folder), needed: formatBytes(NEEDS_2KIB.disk), free: formatBytes(disk) },
    next: "free some space, or set PADMA_CACHE to a folder on another disk",
  });
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
