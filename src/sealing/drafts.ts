/** Pieces on their way into a sector: which steps they need, and what fills the rest. */
import { paddedSize } from "../units.ts";
import { endOfPieces, fillers } from "./fillers.ts";
import {
  type Content,
  type Draft,
  type Identity,
  type Piece,
  PLEDGE_SEED,
  type Published,
} from "./sector.ts";

/** The first piece step that still has something to do for these drafts. */
export function pieceStep(sector: Identity, drafts: readonly Draft[]): "CommP" | "AddPiece" {
  return sector.deal === "self" && drafts.length > 0 ? "CommP" : "AddPiece";
}

/** Filler drafts of a sector whose pledge is in; too much data is left to Packing, which refuses it. */
export function fillerDrafts(sectorSize: Identity["sectorSize"], pieces: readonly Piece[]): readonly Draft[] {
  if (endOfPieces(pieces) > sectorSize) return [];
  return fillers(sectorSize, pieces).map((size) => ({
    size: paddedSize(size),
    content: fillerContent(pieces),
  }));
}

/** Fillers are pledged like the first piece: its pseudo-random stream, zeros beside zeros or a user's file. */
function fillerContent(pieces: readonly Piece[]): Content {
  return pieces[0]?.content === "random" ? RANDOM : { kind: "zeros" };
}

const RANDOM: Content = { kind: "random", seed: PLEDGE_SEED };

/** True when every byte can be made again: zeros and the pledge's stream, not a user's file. */
export const canBeMadeAgain = ({ pieces }: Pick<Identity, "pieces">): boolean =>
  pieces.every(({ content }) => content !== "file");

/** The pieces of a sector as drafts again, with their CommP and deals, for an unsealed file that was lost. */
export function draftsOfPieces(pieces: readonly Piece[]): readonly Draft[] {
  return pieces.map(({ content, ...piece }) => ({
    ...piece,
    content: content === "random" ? RANDOM : { kind: "zeros" },
  }));
}

/** The deals that a receipt named, one for each draft, in order. */
export function withDealIds(
  drafts: readonly Draft[],
  ids: readonly number[],
  { message, epoch }: Omit<Published, "index">,
): readonly Draft[] {
  return drafts.map((draft, index) => {
    const dealId = ids[index];
    return dealId === undefined ? draft : { ...draft, dealId, publish: { message, index, epoch } };
  });
}
