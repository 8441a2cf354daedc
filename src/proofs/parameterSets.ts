/**
 * The two places where Groth16 parameters of a sector size can be, and what each file there must be.
 *
 * Trusted ones come from the network's set-up; their digests are compiled into the proofs library. Generated ones
 * have the same file names, so they live in a folder of their own, one a seed, with a manifest of digests. Whoever
 * made them can forge proofs, so they are good for a devnet only.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { type PaddedSize, SECTOR_SIZES } from "../units.ts";
import { cacheFolder } from "./environment.ts";
import type { NativeModule } from "./native.ts";

export type Origin = "trusted" | "generated";

export interface ExpectedFile {
  readonly path: string;
  /** First 16 bytes of BLAKE2b-512 in hex, as in the network's list of parameters. */
  readonly digest: string;
  /** Known for generated files only. */
  readonly bytes?: number;
}

/** A set that is complete by its records; whether the files are there and right is for `parameters.ts`. */
export interface ParameterSet {
  readonly origin: Origin;
  /** The seed of a generated set. */
  readonly seed?: string;
  readonly sectorSize: PaddedSize;
  readonly dir: string;
  readonly params: ExpectedFile;
  readonly verifyingKey: ExpectedFile;
}

/** The seed of the devnet's parameters, unless a devnet is made with another. */
export const DEVNET_SEED = "padma-devnet-1";

/** Digests of the sets that padma's own seed gives, the same on every machine. */
const PINNED: ReadonlyMap<string, { readonly params: string; readonly verifyingKey: string }> = new Map([
  [
    `${DEVNET_SEED} ${SECTOR_SIZES["2KiB"]}`,
    { params: "64f821b9e4ee96af69d72c5cbe292291", verifyingKey: "8af176568e876f896e54696c0f893a1c" },
  ],
]);

export interface ParameterPlaces {
  readonly trusted: string;
  /** Parent of one folder a seed. */
  readonly generated: string;
  /** Digests of files that were hashed already. */
  readonly stamps: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** FIL_PROOFS_PARAMETER_CACHE with Filecoin's usual default, and padma's own cache folder. */
export function parameterPlaces(env: Environment): ParameterPlaces {
  const cache = cacheFolder(env);
  return {
    trusted: env["FIL_PROOFS_PARAMETER_CACHE"] || "/var/tmp/filecoin-proof-parameters",
    generated: join(cache, "parameters"),
    stamps: join(cache, "parameter-digests.json"),
  };
}

/** `<seed>` for 2 KiB, `<seed>-8MiB` and so on for the others: one folder holds one size. */
export function generatedFolder(places: ParameterPlaces, seed: string, sectorSize: PaddedSize): string {
  if (sectorSize === SECTOR_SIZES["2KiB"]) return join(places.generated, seed);
  const name =
    Object.entries(SECTOR_SIZES).find(([, bytes]) => bytes === sectorSize)?.[0] ?? String(sectorSize);
  return join(places.generated, `${seed}-${name}`);
}

/** The network's own set for this size. */
export function trustedSet(
  native: NativeModule,
  places: ParameterPlaces,
  sectorSize: PaddedSize,
): ParameterSet {
  const names = native.proofInfo(sectorSize);
  const listed = native.trustedParameters(sectorSize);
  const file = (name: string): ExpectedFile => {
    const digest = listed.find((entry) => entry.file === name)?.digest;
    if (digest === undefined) throw new Error(`the proofs library lists no digest for ${name}`);
    return { path: join(places.trusted, name), digest };
  };
  return {
    origin: "trusted",
    sectorSize,
    dir: places.trusted,
    params: file(names.paramsFile),
    verifyingKey: file(names.verifyingKeyFile),
  };
}

/** `manifest.json`, which the generator writes last. */
interface Manifest {
  readonly seed: string;
  readonly sectorSize: number;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly digest: string } | undefined>>;
}

/** A generated set by its manifest; undefined when there is none, or it is of another seed or size, or unreadable. */
export async function generatedSet(
  native: NativeModule,
  places: ParameterPlaces,
  seed: string,
  sectorSize: PaddedSize,
): Promise<ParameterSet | undefined> {
  const dir = generatedFolder(places, seed, sectorSize);
  const manifest = await readManifest(join(dir, "manifest.json"));
  if (manifest?.seed !== seed || manifest.sectorSize !== sectorSize) return undefined;
  const { paramsFile, verifyingKeyFile } = native.proofInfo(sectorSize);
  const [params, key] = [manifest.files[paramsFile], manifest.files[verifyingKeyFile]];
  if (params === undefined || key === undefined) return undefined;
  // The manifest is as good as whoever wrote it; for padma's own seed the digests are known.
  const pinned = PINNED.get(`${seed} ${sectorSize}`);
  return {
    origin: "generated",
    seed,
    sectorSize,
    dir,
    params: { path: join(dir, paramsFile), ...params, ...(pinned && { digest: pinned.params }) },
    verifyingKey: {
      path: join(dir, verifyingKeyFile),
      ...key,
      ...(pinned && { digest: pinned.verifyingKey }),
    },
  };
}

async function readManifest(path: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Manifest;
  } catch (error) {
    if (error instanceof SyntaxError || ["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? ""))
      return undefined;
    throw error;
  }
}
