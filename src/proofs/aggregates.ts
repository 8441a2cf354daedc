/**
 * Many seal proofs as one (SnarkPack, FIP-0013), under the network's powers or, on a devnet, under some made here.
 *
 * The file of powers (SRS) is one for every circuit. One that was made here has the network's name for it, so it lives
 * in a folder of its own, with a manifest, and whoever made it can forge aggregates: for a devnet only.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PadmaError, systemErrorCode } from "../errors.ts";
import { createDigester, type Digester } from "./digestStamps.ts";
import type { ChildProver } from "./host.ts";
import { loadNative, nativeCall } from "./native.ts";
import { sealClaim } from "./nativeCalls.ts";
import type { ParameterPolicy } from "./parameters.ts";
import type { ParameterPlaces } from "./parameterSets.ts";
import type { ProvenClaim, Running, SealClaim } from "./prover.ts";

export interface AggregateDeps {
  readonly prover: Pick<ChildProver, "aggregateSeals" | "generateSrs">;
  readonly places: ParameterPlaces;
}

/** What a network accepts. */
export type SrsPolicy = Pick<ParameterPolicy, "allowGenerated" | "seed">;

export interface Aggregates {
  /**
   * One proof for 4 to 819 sectors of one size, in this order, verified before it is returned. Rejects with
   * PARAMS_MISSING, PARAMS_DAMAGED, PROOF_BAD_INPUT (a proof that does not verify is named), PROOF_….
   */
  aggregate(
    verifyingKey: Uint8Array,
    claims: readonly ProvenClaim[],
    policy: SrsPolicy,
    running: Running,
  ): Promise<Uint8Array>;
  /** Whether it proves all claims, in this order; false for malformed bytes. Rejects as `aggregate` does. */
  verify(
    verifyingKey: Uint8Array,
    claims: readonly SealClaim[],
    aggregate: Uint8Array,
    policy: SrsPolicy,
    running: Running,
  ): Promise<boolean>;
}

/** @internal for tests and docs until a command sends aggregates */
export function createAggregates({ prover, places }: AggregateDeps): Aggregates {
  const digester = createDigester(places.stamps);
  const srsFor = async (claims: readonly SealClaim[], policy: SrsPolicy, running: Running) =>
    policy.allowGenerated
      ? generatedSrs({ prover, places }, digester, policy.seed, proofsIn(claims), running)
      : trustedSrs(places, digester);
  return {
    async aggregate(verifyingKey, claims, policy, running) {
      const srs = await srsFor(claims, policy, running);
      const { aggregate } = await prover.aggregateSeals({ srs, verifyingKey, claims }, running);
      return aggregate;
    },
    async verify(verifyingKey, claims, aggregate, policy, running) {
      const native = loadNative();
      const srs = await srsFor(claims, policy, running);
      const list = claims.map((claim) => sealClaim(native, claim));
      return nativeCall(() => native.verifyAggregate({ srs, verifyingKey, claims: list, aggregate }));
    },
  };
}

/** Groth16 proofs in an aggregate: one a partition, filled up to a power of two. */
function proofsIn(claims: readonly SealClaim[]): number {
  const [first] = claims;
  const partitions = first === undefined ? 1 : loadNative().proofInfo(first.sectorSize).partitions;
  return 2 ** Math.max(1, Math.ceil(Math.log2(claims.length * partitions)));
}

async function trustedSrs(places: ParameterPlaces, digester: Digester): Promise<string> {
  const { file, digest } = await nativeCall(() => loadNative().trustedSrs());
  const path = join(places.trusted, file);
  return requireDigest(
    path,
    digest,
    digester,
    "fetch it from the network's list (as lotus's fetch-params does)",
  );
}

/** Made with the first use: a second for 819 sectors of one partition. */
async function generatedSrs(
  { prover, places }: AggregateDeps,
  digester: Digester,
  seed: string,
  proofs: number,
  running: Running,
): Promise<string> {
  const folder = join(places.srs, `${seed}-${proofs}`);
  await prover.generateSrs({ proofs, seed, folder }, running);
  const { file } = await nativeCall(() => loadNative().trustedSrs());
  const digest = await recordedDigest(join(folder, "manifest.json"), file);
  return requireDigest(join(folder, file), digest, digester, `remove ${folder}: it is made anew`);
}

async function recordedDigest(manifest: string, file: string): Promise<string> {
  const { files } = JSON.parse(await readFile(manifest, "utf8")) as {
    readonly files: Readonly<Record<string, { readonly digest: string } | undefined>>;
  };
  return files[file]?.digest ?? "none in the manifest";
}

async function requireDigest(
  path: string,
  wanted: string,
  digester: Digester,
  next: string,
): Promise<string> {
  const found = await digester.digest(path).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (found === wanted) return path;
  const missing = found === undefined;
  throw new PadmaError({
    code: missing ? "PARAMS_MISSING" : "PARAMS_DAMAGED",
    kind: "user",
    message: missing ? "the powers for aggregates are missing" : "the powers for aggregates are damaged",
    facts: { path, ...(missing ? {} : { "expected digest": wanted, "found digest": found }) },
    next,
  });
}
