/** What must be right before a process starts to work: found out in milliseconds instead of at the end of an hour. */
import { loadNative } from "../proofs/native.ts";
import type { App } from "./open.ts";
import { parametersOf, policyOf } from "./parameters.ts";

/**
 * The native module fits this machine, the parameters are those that the network's key belongs to, and the storage
 * can be written.
 *
 * @throws NATIVE_MISSING, NATIVE_WRONG_CPU, NATIVE_UNLOADABLE, PARAMS_MISSING, PARAMS_DAMAGED, PARAMS_UNTRUSTED,
 * STORAGE_FULL, STORAGE_NOT_WRITABLE
 */
export async function preflight(app: App): Promise<void> {
  loadNative();
  const chain = await app.chain();
  const { sectorSize } = await chain.miner();
  await parametersOf(app).locate(sectorSize, await policyOf(app));
  await app.storage.requireFree(sectorSize);
}
