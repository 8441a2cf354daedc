import { PadmaError } from "../errors.ts";
import type { AddPieceInput, Prover } from "../proofs/prover.ts";
import { endOfPieces, tooMuchData } from "../sealing/fillers.ts";
import { failureOf } from "../sealing/failures.ts";
import type { At, Draft, Piece } from "../sealing/sector.ts";
import type { SectorStorage } from "../storage/storage.ts";
import { toUnpadded } from "../units.ts";
import { pieceSource } from "./pieceSource.ts";
import type { StepOutcome, StepRun } from "./step.ts";

interface Deps {
  readonly prover: Pick<Prover, "addPiece">;
  readonly storage: Pick<SectorStorage, "beginPieces">;
}

/**
 * Writes the drafts into the unsealed file: the pledge in Incoming, the fillers in Packing.
 * May run again: addPiece first cuts the file back to the pieces that the store knows, so nothing is added twice.
 * FAIL: a replica under this number, of which the store knows nothing → refused; see SectorStorage.
 * FAIL: disk full, or the data file is gone → SealFailed, with the file as it was stored.
 */
export async function addPiece(sector: At<"AddPiece">, deps: Deps, run: StepRun): Promise<StepOutcome> {
  if (endOfPieces(sector.pieces) > sector.sectorSize) return tooMuch(sector);
  // Only a sector that was sealed before, and whose data was lost, may have a replica already.
  const unsealed = await deps.storage.beginPieces(sector, { replace: sector.replica !== undefined });
  const existing = sector.pieces.map((piece) => toUnpadded(piece.size));
  const added: Piece[] = [];
  for (const draft of sector.drafts) {
    added.push(
      await addOne(draft, { sectorSize: sector.sectorSize, existing, unsealedPath: unsealed }, deps, run),
    );
    existing.push(toUnpadded(draft.size));
  }
  if (sector.state === "Incoming") return { event: { kind: "SectorPieceAdded", pieces: added } };
  return { event: { kind: "SectorPacked", fillers: added } };
}

type Place = Pick<AddPieceInput, "sectorSize" | "existing" | "unsealedPath">;

async function addOne(draft: Draft, place: Place, deps: Deps, run: StepRun): Promise<Piece> {
  const input = { ...place, source: pieceSource(draft.content), size: toUnpadded(draft.size) };
  const { commP } = await deps.prover.addPiece(input, run);
  if (draft.commP !== undefined && draft.commP !== commP) {
    throw new PadmaError({
      code: "STEP_PIECE_CHANGED",
      message: "the data changed between its deal and its way into the sector",
      facts: { published: draft.commP, added: commP },
    });
  }
  const piece = { size: draft.size, commP, content: draft.content.kind };
  const { dealId, publish } = draft;
  return {
    ...piece,
    ...(dealId === undefined ? {} : { dealId }),
    ...(publish === undefined ? {} : { publish }),
  };
}

function tooMuch(sector: At<"AddPiece">): StepOutcome {
  const error = tooMuchData(endOfPieces(sector.pieces), sector.sectorSize);
  return { event: { kind: "SectorFatalError", failure: failureOf("AddPiece", error) } };
}
