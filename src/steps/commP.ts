import type { Prover } from "../proofs/prover.ts";
import type { At, Draft } from "../sealing/sector.ts";
import { toUnpadded } from "../units.ts";
import { pieceSource } from "./pieceSource.ts";
import type { StepOutcome, StepRun } from "./step.ts";

/**
 * Piece commitments of what is about to be added, needed in the deal proposals. Reads only: may run again.
 * FAIL: a data file that vanished or changed length → PROOF_IO / PROOF_PIECE_TOO_LARGE → SealFailed.
 */
export async function commP(
  sector: At<"CommP">,
  { prover }: { prover: Pick<Prover, "commP"> },
  run: StepRun,
): Promise<StepOutcome> {
  const drafts: Draft[] = [];
  for (const draft of sector.drafts) {
    const { commP } = await prover.commP(pieceSource(draft.content), toUnpadded(draft.size), run);
    drafts.push({ ...draft, commP });
  }
  return { event: { kind: "SectorPieceCommitments", drafts } };
}
