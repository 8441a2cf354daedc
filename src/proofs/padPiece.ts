/** Grows a piece commitment to that of a larger piece, the rest of which is zeros (as a sector's fillers are). */
import { createHash } from "node:crypto";

/** SHA-256 with the top two bits of the last byte cleared, so that the result is a field element. */
function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  const digest = createHash("sha256").update(left).update(right).digest();
  digest.writeUInt8(digest.readUInt8(31) & 0x3f, 31);
  return digest;
}

/** CommP of `commP`'s piece followed by zeros up to `to` bytes. Sizes are padded: powers of two, `from` ≤ `to`. */
export function padPiece(commP: Uint8Array, from: number, to: number): Uint8Array {
  let zeros: Uint8Array = new Uint8Array(32);
  let size = 32;
  for (; size < from; size *= 2) zeros = hashPair(zeros, zeros);
  let root = commP;
  for (; size < to; size *= 2) {
    root = hashPair(root, zeros);
    zeros = hashPair(zeros, zeros);
  }
  return root;
}
