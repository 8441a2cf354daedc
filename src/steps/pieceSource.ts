import type { PieceSource } from "../proofs/prover.ts";
import type { Content } from "../sealing/sector.ts";

/** Where the proofs read a piece's bytes from. */
export function pieceSource(content: Content): PieceSource {
  return content.kind === "file" ? { kind: "file", path: content.path } : content;
}
