/** The Verifier: seal proofs and data commitments, in this process, by the native module. */
import { loadNative, type NativeModule, nativeCall } from "./native.ts";
import { hex, pieceList, provenClaim } from "./nativeCalls.ts";
import type { Verifier } from "./prover.ts";

const COMMITMENT = /^[0-9a-f]{64}$/;

/** Loads the native module with the first call, so that commands that verify nothing need none. */
export function createVerifier(load: () => NativeModule = loadNative): Verifier {
  return {
    async verifySeals(verifyingKey, claims) {
      const native = load();
      // What comes from a message may be anything; the crate takes 32 bytes and judges the rest itself.
      const wellFormed = claims.filter(
        ({ commD, commR }) => COMMITMENT.test(commD) && COMMITMENT.test(commR),
      );
      if (wellFormed.length === 0) return claims.map(() => false);
      const proofs = wellFormed.map((claim) => provenClaim(native, claim));
      const verdicts = await nativeCall(() => native.verifySeals({ verifyingKey, proofs }));
      const proven = new Set(wellFormed.filter((_, index) => verdicts[index]));
      return claims.map((claim) => proven.has(claim));
    },
    async commD(sectorSize, pieces) {
      const native = load();
      return hex(await nativeCall(() => native.commD({ sectorSize, pieces: pieceList(pieces) })));
    },
  };
}
