/** The Verifier: seal proofs and data commitments, in this process, by the native module. */
import { loadNative, type NativeModule, nativeCall } from "./native.ts";
import { bytes, hex, identity, pieceList } from "./nativeCalls.ts";
import type { Verifier } from "./prover.ts";

const COMMITMENT = /^[0-9a-f]{64}$/;

/** Loads the native module with the first call, so that commands that verify nothing need none. */
export function createVerifier(load: () => NativeModule = loadNative): Verifier {
  return {
    async verifySeal(input) {
      const native = load();
      // What comes from a message may be anything; the crate takes 32 bytes and judges the rest itself.
      if (!COMMITMENT.test(input.commD) || !COMMITMENT.test(input.commR)) return false;
      return nativeCall(() =>
        native.verifySeal({
          ...identity(native, input),
          seed: bytes(input.seed),
          commD: bytes(input.commD),
          commR: bytes(input.commR),
          proof: input.proof,
          verifyingKey: input.verifyingKey,
        }),
      );
    },
    async commD(sectorSize, pieces) {
      const native = load();
      return hex(await nativeCall(() => native.commD({ sectorSize, pieces: pieceList(pieces) })));
    },
  };
}
