/** Finds the Groth16 parameters that a network allows, and checks them before a proof depends on them. */
import { stat } from "node:fs/promises";
import { PadmaError, systemErrorCode } from "../errors.ts";
import { type Circuit, CIRCUITS, formatBytes, type PaddedSize } from "../units.ts";
import { createDigester, type Digester } from "./digestStamps.ts";
import { loadNative } from "./native.ts";
import {
  type ExpectedFile,
  generatedSet,
  type Origin,
  parameterPlaces,
  type ParameterPlaces,
  type ParameterSet,
  trustedSet,
} from "./parameterSets.ts";

/** What a network accepts. */
export interface ParameterPolicy {
  /** Only devnets of padma take parameters that were made locally. */
  readonly allowGenerated: boolean;
  readonly seed: string;
  /** The key that the devnet's genesis recorded: a set with another one makes proofs that it refuses. */
  readonly verifyingKeyDigest?: string;
}

export interface LocatedParameters {
  readonly origin: Origin;
  readonly dir: string;
  readonly paramsPath: string;
  readonly verifyingKeyPath: string;
  readonly digests: { readonly params: string; readonly verifyingKey: string };
}

export interface FileStatus extends ExpectedFile {
  /** `unchecked`: there, but its digest is not known yet (`verify` reads it). */
  readonly state: "missing" | "unchecked" | "good" | "damaged";
  readonly foundBytes?: number;
  readonly foundDigest?: string;
}

export interface SetStatus {
  readonly origin: Origin;
  readonly seed?: string;
  readonly circuit: Circuit;
  readonly sectorSize: PaddedSize;
  readonly dir: string;
  /** The `.params`, then the `.vk`. */
  readonly files: readonly [FileStatus, FileStatus];
}

/** Bytes hashed so far of the file at `path`. */
export type OnHashed = (path: string, bytes: number, total: number) => void;

export interface Parameters {
  readonly places: ParameterPlaces;
  /**
   * The set to prove with, its digests checked (a file that was hashed before and has not changed since is not read
   * again). Rejects with PARAMS_MISSING, PARAMS_DAMAGED, PARAMS_UNTRUSTED, NATIVE_….
   */
  locate(sectorSize: PaddedSize, policy: ParameterPolicy): Promise<LocatedParameters>;
  /** The trusted set for seal proofs, then the generated ones of `seed` that there are. Hashes nothing. */
  status(sectorSize: PaddedSize, seed: string): Promise<readonly SetStatus[]>;
  /** As `status`, after reading every file that is there to its end. */
  verify(sectorSize: PaddedSize, seed: string, onHashed?: OnHashed): Promise<readonly SetStatus[]>;
}

/** `env` says where the files are: FIL_PROOFS_PARAMETER_CACHE, PADMA_CACHE, XDG_CACHE_HOME. */
export function createParameters(env: Readonly<Record<string, string | undefined>>): Parameters {
  const places = parameterPlaces(env);
  const digester = createDigester(places.stamps);
  return {
    places,
    locate: (sectorSize, policy) => locate(places, digester, sectorSize, policy),
    status: (sectorSize, seed) =>
      eachSet(places, sectorSize, seed, (file) => fileStatus(file, (path) => digester.recorded(path))),
    verify: (sectorSize, seed, onHashed) =>
      eachSet(places, sectorSize, seed, (file) =>
        fileStatus(file, (path, total) => digester.rehash(path, (bytes) => onHashed?.(path, bytes, total))),
      ),
  };
}

async function locate(
  places: ParameterPlaces,
  digester: Digester,
  sectorSize: PaddedSize,
  policy: ParameterPolicy,
): Promise<LocatedParameters> {
  const set = await chooseSet(places, sectorSize, policy);
  for (const file of [set.verifyingKey, set.params]) {
    requireGood(await fileStatus(file, (path) => digester.digest(path)), set);
  }
  return {
    origin: set.origin,
    dir: set.dir,
    paramsPath: set.params.path,
    verifyingKeyPath: set.verifyingKey.path,
    digests: { params: set.params.digest, verifyingKey: set.verifyingKey.digest },
  };
}

/** The generated set comes first where it is allowed: that is why somebody made it. */
async function chooseSet(
  places: ParameterPlaces,
  sectorSize: PaddedSize,
  policy: ParameterPolicy,
): Promise<ParameterSet> {
  const native = loadNative();
  const trusted = trustedSet(native, places, sectorSize);
  const { seed } = policy;
  const generated = await generatedSet(native, places, { circuit: "porep", sectorSize, seed });
  const accepted = (set: ParameterSet): boolean =>
    policy.verifyingKeyDigest === undefined || policy.verifyingKeyDigest === set.verifyingKey.digest;
  if (policy.allowGenerated && generated !== undefined && accepted(generated)) return generated;
  if (accepted(trusted) && (await exists(trusted.params.path))) return trusted;
  if (!policy.allowGenerated && generated !== undefined) throw untrusted(generated, trusted);
  throw missing(trusted, policy);
}

async function exists(path: string): Promise<boolean> {
  return (await lengthOf(path)) !== undefined;
}

async function lengthOf(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) return undefined;
    throw error;
  }
}

/** A wrong length needs no hashing to be known. */
async function fileStatus(
  file: ExpectedFile,
  digestOf: (path: string, bytes: number) => Promise<string | undefined>,
): Promise<FileStatus> {
  const foundBytes = await lengthOf(file.path);
  if (foundBytes === undefined) return { ...file, state: "missing" };
  if (file.bytes !== undefined && file.bytes !== foundBytes) return { ...file, state: "damaged", foundBytes };
  const foundDigest = await digestOf(file.path, foundBytes);
  if (foundDigest === undefined) return { ...file, state: "unchecked", foundBytes };
  return { ...file, state: foundDigest === file.digest ? "good" : "damaged", foundBytes, foundDigest };
}

async function eachSet(
  places: ParameterPlaces,
  sectorSize: PaddedSize,
  seed: string,
  look: (file: ExpectedFile) => Promise<FileStatus>,
): Promise<SetStatus[]> {
  const native = loadNative();
  const sets = [trustedSet(native, places, sectorSize)];
  for (const circuit of CIRCUITS) {
    const generated = await generatedSet(native, places, { circuit, sectorSize, seed });
    if (generated !== undefined) sets.push(generated);
  }
  const found: SetStatus[] = [];
  for (const set of sets) {
    const { origin, circuit, dir } = set;
    const files = [await look(set.params), await look(set.verifyingKey)] as const;
    const bySeed = set.seed === undefined ? {} : { seed: set.seed };
    found.push({ origin, circuit, sectorSize, dir, files, ...bySeed });
  }
  return found;
}

function requireGood(file: FileStatus, set: ParameterSet): void {
  if (file.state === "good") return;
  if (file.state === "missing") throw missingFile(file, set);
  throw new PadmaError({
    code: "PARAMS_DAMAGED",
    message: "a parameter file is damaged",
    kind: "user",
    facts: {
      path: file.path,
      ...(file.bytes === undefined ? {} : { "expected bytes": file.bytes }),
      "found bytes": file.foundBytes ?? 0,
      "expected digest": file.digest,
      ...(file.foundDigest === undefined ? {} : { "found digest": file.foundDigest }),
    },
    next:
      set.origin === "generated"
        ? "`padma params generate` makes the set anew"
        : "`padma params fetch` fetches it again",
  });
}

function missingFile(file: ExpectedFile, set: ParameterSet): PadmaError {
  return new PadmaError({
    code: "PARAMS_MISSING",
    message: "a parameter file is missing",
    kind: "user",
    facts: { path: file.path },
    next:
      set.origin === "generated"
        ? "`padma params generate` makes the set anew"
        : "`padma params fetch` fetches it",
  });
}

function missing(trusted: ParameterSet, policy: ParameterPolicy): PadmaError {
  const size = formatBytes(trusted.sectorSize);
  const key = policy.verifyingKeyDigest;
  return new PadmaError({
    code: "PARAMS_MISSING",
    message:
      key === undefined
        ? `no parameters for ${size} sectors`
        : `no parameters for ${size} sectors with this network's key`,
    kind: "user",
    facts: { "looked in": trusted.dir, ...(key === undefined ? {} : { "accepted key": key }) },
    next: policy.allowGenerated
      ? `\`padma params generate --size ${size.replace(" ", "")}\` makes a set for a devnet`
      : `\`padma params fetch --size ${size.replace(" ", "")}\` fetches them, or set FIL_PROOFS_PARAMETER_CACHE to a folder that has them`,
  });
}

function untrusted(generated: ParameterSet, trusted: ParameterSet): PadmaError {
  return new PadmaError({
    code: "PARAMS_UNTRUSTED",
    message: "only parameters made on this machine are here, and this network does not accept them",
    kind: "user",
    facts: { "made here": generated.dir, "looked in": trusted.dir },
    next: "`padma params fetch` fetches the network's, or set FIL_PROOFS_PARAMETER_CACHE to a folder that has them",
  });
}
