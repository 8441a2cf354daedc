/** `params status|verify|generate|fetch`, and the parameters that a repo's network accepts. */
import type { Config } from "../config/config.ts";
import type { Log } from "../log.ts";
import {
  type FetchedFile,
  type FetchProgress,
  fetchTrusted,
  PARAMETER_SERVER,
  trustedFiles,
} from "../proofs/parameterFetch.ts";
import { generateParameters as generate } from "../proofs/parameterGeneration.ts";
import {
  createParameters,
  type ParameterPolicy,
  type Parameters,
  type SetStatus,
} from "../proofs/parameters.ts";
import type { Progress } from "../proofs/prover.ts";
import type { ParameterSource } from "../steps/c2.ts";
import { type Circuit, paddedSize, SECTOR_SIZES, type SectorSizeName } from "../units.ts";
import { withTemporaryFolder } from "./temporaryFolder.ts";
import { isServedDevnet } from "./network.ts";
import { type App, type Environment, openProver } from "./open.ts";

export interface ParameterFileRow {
  readonly sectorSize: number;
  readonly circuit: Circuit;
  readonly file: string;
  /** `trusted`: the network's own, whose digests are compiled in. Only devnets of padma take generated ones. */
  readonly origin: "trusted" | "generated";
  readonly state: "ok" | "missing" | "damaged" | "unverified";
  readonly bytes: number | null;
  readonly path: string;
  readonly digest: string | null;
  readonly seed: string | null;
}

export interface ParameterOptions {
  /** All sizes when it is left out. */
  readonly sectorSize?: SectorSizeName;
  readonly seed: string;
  readonly env: Environment;
  readonly config?: Config;
}

export type OnHashed = (path: string, bytes: number, total: number) => void;

/** Looks, and hashes nothing. */
export async function parameterStatus(options: ParameterOptions): Promise<readonly ParameterFileRow[]> {
  const parameters = parametersOf(options);
  return rowsOf(options, (size) => parameters.status(size, options.seed));
}

/** Reads every file to its end and compares digests. */
export async function verifyParameters(
  options: ParameterOptions & { readonly onHashed?: OnHashed },
): Promise<readonly ParameterFileRow[]> {
  const parameters = parametersOf(options);
  return rowsOf(options, (size) => parameters.verify(size, options.seed, options.onHashed));
}

async function rowsOf(
  { sectorSize }: ParameterOptions,
  look: (size: ReturnType<typeof paddedSize>) => Promise<readonly SetStatus[]>,
): Promise<ParameterFileRow[]> {
  const sizes = sectorSize === undefined ? Object.values(SECTOR_SIZES) : [SECTOR_SIZES[sectorSize]];
  const rows: ParameterFileRow[] = [];
  for (const size of sizes) rows.push(...(await look(paddedSize(size))).flatMap(fileRows));
  return rows;
}

const STATE = { missing: "missing", unchecked: "unverified", good: "ok", damaged: "damaged" } as const;

function fileRows({ origin, circuit, seed, sectorSize, files }: SetStatus): ParameterFileRow[] {
  return files.map((file) => ({
    sectorSize,
    circuit,
    file: file.path.slice(file.path.lastIndexOf("/") + 1),
    origin,
    state: STATE[file.state],
    bytes: file.foundBytes ?? null,
    path: file.path,
    digest: file.foundDigest ?? null,
    seed: seed ?? null,
  }));
}

export interface GenerateOptions {
  readonly circuit: Circuit;
  readonly sectorSize: SectorSizeName;
  readonly seed: string;
  readonly env: Environment;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Makes a set for a devnet, or finds that it is there. See `proofs/parameterGeneration.ts` for what it needs. */
export async function generateParameters(
  options: GenerateOptions,
): Promise<{ dir: string; made: boolean; ms: number }> {
  const started = Date.now();
  const generated = await withTemporaryFolder("params", (folder) => generateIn(folder, options));
  return { ...generated, ms: Date.now() - started };
}

async function generateIn(folder: string, options: GenerateOptions) {
  const { circuit, sectorSize, seed, env, log, signal, onProgress } = options;
  const prover = await openProver(env, log, folder);
  try {
    const { places } = createParameters(env);
    const recipe = { circuit, sectorSize: paddedSize(SECTOR_SIZES[sectorSize]), seed };
    return await generate(recipe, { prover, places }, { signal, ...(onProgress && { onProgress }) });
  } finally {
    await prover.close();
  }
}

export interface FetchOptions {
  readonly sectorSize: SectorSizeName;
  /** Null: IPFS_GATEWAY, as Filecoin's other programs read it, or everybody's server. */
  readonly from: string | null;
  readonly env: Environment;
  readonly config: Config;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: FetchProgress) => void;
}

/** Fetches the network's own set, or finds that it is there. See `proofs/parameterFetch.ts`. */
export async function fetchParameters(options: FetchOptions): Promise<readonly FetchedFile[]> {
  const { sectorSize, from, env, config, signal, onProgress } = options;
  const files = trustedFiles(paddedSize(SECTOR_SIZES[sectorSize]));
  return fetchTrusted(files, {
    places: parametersOf({ env, config }).places,
    from: from ?? (env["IPFS_GATEWAY"] || PARAMETER_SERVER),
    signal,
    ...(onProgress && { onProgress }),
  });
}

/** The configuration's folder, where it names one, comes before the environment's. */
export function parametersOf({
  env,
  config,
}: {
  readonly env: Environment;
  readonly config?: Config;
}): Parameters {
  const dir = config?.parameters.dir ?? null;
  return createParameters(dir === null ? env : { ...env, FIL_PROOFS_PARAMETER_CACHE: dir });
}

/**
 * Only what this network's verifying key accepts; locally made ones on devnets of padma alone. A devnet of this repo
 * says which key that is. A node does not: networks of Lotus nodes, local ones too, have the trusted key, a devnet that
 * is served may have one that was made for it.
 */
export async function policyOf(app: App): Promise<ParameterPolicy> {
  const { seed } = app.config.parameters;
  if (app.network.kind === "devnet") {
    const { verifyingKeyDigest } = await (await app.devnet()).status();
    return { allowGenerated: true, seed, verifyingKeyDigest };
  }
  const { network } = await app.chain();
  return { allowGenerated: isServedDevnet(network), seed };
}

export async function parameterSource(app: App): Promise<ParameterSource> {
  const parameters = parametersOf(app);
  const policy = await policyOf(app);
  return { provingDir: async (sectorSize) => (await parameters.locate(sectorSize, policy)).dir };
}
