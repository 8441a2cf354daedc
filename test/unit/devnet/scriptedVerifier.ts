import type { ProvenClaim, Verifier } from "../../../src/proofs/prover.ts";
import { ZERO_COMM_D_2KIB } from "./messages.ts";

/**
 * Stands for the native module where a test is about the chain's own rules: a proof is genuine when it is 192 bytes of
 * 7, and CommD is a table. It records what it was asked, so that a test can see where each input came from.
 */
export class ScriptedVerifier implements Verifier {
  readonly asked: (ProvenClaim & { readonly verifyingKey: Uint8Array })[] = [];
  readonly commDs = new Map<string, string>();
  /** How many proofs were asked about together, call by call. */
  readonly batches: number[] = [];
  /** Set to make the next calls reject: a verifier that cannot run. */
  broken: Error | undefined;

  async verifySeals(verifyingKey: Uint8Array, claims: readonly ProvenClaim[]): Promise<boolean[]> {
    this.batches.push(claims.length);
    this.asked.push(...claims.map((claim) => ({ ...claim, verifyingKey })));
    if (this.broken !== undefined) throw this.broken;
    return claims.map(({ proof }) => proof.length === 192 && proof.every((byte) => byte === 7));
  }

  async commD(_size: number, pieces: readonly { commP: string; size: number }[]): Promise<string> {
    if (pieces.some(({ commP }) => /^0*$/.test(commP)))
      throw new Error("the native module takes no CommP of zeros");
    if (pieces.length === 0) return ZERO_COMM_D_2KIB;
    return this.commDs.get(pieces.map((piece) => piece.commP).join()) ?? "ff".repeat(32);
  }
}
