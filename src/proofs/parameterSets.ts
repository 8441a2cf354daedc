/**
 * The two places where Groth16 parameters of a circuit can be, and what each file there must be.
 *
 * Trusted ones come from the network's set-up; their digests are compiled into the proofs library. Generated ones
 * have the same file names, so they live in a folder of their own, one a seed, size and circuit, with a manifest of
 * digests. Whoever made them can forge proofs, so they are good for a devnet only.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { type Circuit, type PaddedSize, SECTOR_SIZES, sectorSizeName } from "../units.ts";
import { cacheFolder } from "./environment.ts";
import type { NativeModule } from "./native.ts";

export type Origin = "trusted" | "generated";

/** What a generated set is for, and what it is made from. */
export interface Recipe {
  readonly circuit: Circuit;
  readonly sectorSize: PaddedSize;
  readonly seed: string;
}

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
  readonly circuit: Circuit;
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
    `${DEVNET_SEED} porep ${SECTOR_SIZES["2KiB"]}`,
    { params: "64f821b9e4ee96af69d72c5cbe292291", verifyingKey: "8af176568e876f896e54696c0f893a1c" },
  ],
  [
    `${DEVNET_SEED} window-post ${SECTOR_SIZES["2KiB"]}`,
    { params: "5b4bbe723288d2f3e5030916518864bb", verifyingKey: "dca22b8cdf1bf5455b57e5e76aa1b568" },
  ],
  [
    `${DEVNET_SEED} winning-post ${SECTOR_SIZES["2KiB"]}`,
    { params: "863826be1980a6c0254d6b18fee52328", verifyingKey: "722c885c5b56fc12d5b64c914cf27eae" },
  ],
]);

export interface ParameterPlaces {
  readonly trusted: string;
  /** Parent of one folder a seed. */
  readonly generated: string;
  /** Parent of one folder a seed and length: powers for aggregates, made here. */
  readonly srs: string;
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
    srs: join(cache, "srs"),
    stamps: join(cache, "parameter-digests.json"),
  };
}

/**
 * `<seed>` for seal proofs at 2 KiB; other sizes and circuits are named in it, as in `<seed>-8MiB-window-post`: one
 * folder holds one set.
 */
export function generatedFolder(places: ParameterPlaces, { seed, sectorSize, circuit }: Recipe): string {
  const size = sectorSizeName(sectorSize) ?? String(sectorSize);
  const parts = [seed, ...(size === "2KiB" ? [] : [size]), ...(circuit === "porep" ? [] : [circuit])];
  return join(places.generated, parts.join("-"));
}

/** The network's own set for seal proofs of this size. */
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
    circuit: "porep",
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
  /** Sets from before there were others have none: they are for seal proofs. */
  readonly circuit?: string;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly digest: string } | undefined>>;
}

/** A generated set by its manifest; undefined when there is none, or it is of another recipe, or unreadable. */
export async function generatedSet(
  native: NativeModule,
  places: ParameterPlaces,
  recipe: Recipe,
): Promise<ParameterSet | undefined> {
  const { circuit, sectorSize, seed } = recipe;
  const dir = generatedFolder(places, recipe);
  const manifest = await readManifest(join(dir, "manifest.json"));
  if (manifest === undefined || !isOf(manifest, recipe)) return undefined;
  const { paramsFile, verifyingKeyFile } = native.parameterNames(circuit, sectorSize);
  const [params, key] = [manifest.files[paramsFile], manifest.files[verifyingKeyFile]];
  if (params === undefined || key === undefined) return undefined;
  // The manifest is as good as whoever wrote it; for padma's own seed the digests are known.
  const pinned = PINNED.get(`${seed} ${circuit} ${sectorSize}`);
  return {
    origin: "generated",
    seed,
    circuit,
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

/** The seed and circuit of a set that is in the folder of this recipe and is not of it. */
export async function otherSet(
  places: ParameterPlaces,
  recipe: Recipe,
): Promise<{ readonly seed: string; readonly circuit: string } | undefined> {
  const manifest = await readManifest(join(generatedFolder(places, recipe), "manifest.json"));
  if (manifest === undefined || isOf(manifest, recipe)) return undefined;
  return { seed: manifest.seed, circuit: manifest.circuit ?? "porep" };
}

function isOf(manifest: Manifest, { circuit, sectorSize, seed }: Recipe): boolean {
  const { circuit: its = "porep" } = manifest;
  return manifest.seed === seed && manifest.sectorSize === sectorSize && its === circuit;
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
