/** Which proofs a new devnet accepts: its genesis keeps the verifying key. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isPadmaError } from "../errors.ts";
import { loadNative, nativeFolder } from "../proofs/native.ts";
import { createParameters } from "../proofs/parameters.ts";
import { DEVNET_SEED, type Origin } from "../proofs/parameterSets.ts";
import { type PaddedSize, SECTOR_SIZES } from "../units.ts";
import type { Environment } from "./open.ts";

export interface AcceptedKey {
  readonly verifyingKey: Uint8Array;
  /** Where the `.params` to prove with are; `missing` until somebody makes or fetches them. */
  readonly parameters: Origin | "missing";
}

/**
 * The key of the parameters that are here; without any, the one that padma's own seed gives at 2 KiB, which is known
 * before the many minutes that making the whole set takes.
 *
 * @throws PARAMS_MISSING for another size or seed without parameters, PARAMS_DAMAGED, PARAMS_UNTRUSTED
 */
export async function acceptedKey(
  env: Environment,
  sectorSize: PaddedSize,
  seed: string,
): Promise<AcceptedKey> {
  try {
    const found = await createParameters(env).locate(sectorSize, { allowGenerated: true, seed });
    return { verifyingKey: await readFile(found.verifyingKeyPath), parameters: found.origin };
  } catch (error) {
    const known = seed === DEVNET_SEED && sectorSize === SECTOR_SIZES["2KiB"];
    if (!isPadmaError(error, "PARAMS_MISSING") || !known) throw error;
    return { verifyingKey: await shippedKey(), parameters: "missing" };
  }
}

/** `assets/` comes with the program: 4.7 kB, made from the seed like everybody's. */
function shippedKey(): Promise<Uint8Array> {
  const name = loadNative().proofInfo(SECTOR_SIZES["2KiB"]).verifyingKeyFile;
  return readFile(join(nativeFolder(), "..", "assets", "parameters", DEVNET_SEED, name));
}
