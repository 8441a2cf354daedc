/**
 * Proofs for tests that are about something else: real pieces, labels, replica and challenges (milliseconds at 2 KiB),
 * and in place of Groth16, which takes many seconds, a hash over everything that the proof would bind. The verifier
 * recomputes it, so a wrong seed, CommR or number is refused here as well.
 */
import { createHash } from "node:crypto";
import { openProver, type Proofs } from "../../src/app/open.ts";
import type { C2Input, Prover } from "../../src/proofs/prover.ts";
import { createSignatures } from "../../src/proofs/signatures.ts";
import { createVerifier } from "../../src/proofs/verifier.ts";

type Bound = Pick<C2Input, "miner" | "number" | "ticket" | "seed" | "commD" | "commR">;

function standIn({ miner, number, ticket, seed, commD, commR }: Bound): Uint8Array {
  const bound = JSON.stringify([miner, number, ticket, seed, commD, commR]);
  const blocks = Array.from({ length: 6 }, (_, i) => createHash("sha256").update(`${i}${bound}`).digest());
  return new Uint8Array(Buffer.concat(blocks));
}

export const standInProofs: Proofs = {
  signatures: createSignatures(),
  verifier: {
    commD: (size, pieces) => createVerifier().commD(size, pieces),
    verifySeals: async (_key, claims) =>
      claims.map((claim) => Buffer.from(standIn(claim)).equals(Buffer.from(claim.proof))),
  },
  prover: async (app) => withStandIn(await openProver(app.env, app.log, app.repo.root)),
};

function withStandIn(prover: Prover): Prover {
  return { ...prover, c2: async (input) => ({ proof: standIn(input) }) };
}
