/** Roots over zeros, and pieces grown by them: what fills a piece behind the data. */
import { createHash } from "node:crypto";

/** SHA-256 with the top two bits of the last byte cleared, so that the result is a field element. */
function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  const digest = createHash("sha256").update(left).update(right).digest();
  digest.writeUInt8(digest.readUInt8(31) & 0x3f, 31);
  return digest;
}

/** CommP of a piece of zeros. Sizes here are padded bytes, powers of two. */
function zeroRoot(size: number): Uint8Array {
  let root: Uint8Array = new Uint8Array(32);
  for (let reached = 32; reached < size; reached *= 2) root = hashPair(root, root);
  return root;
}

/** CommP of `commP`'s piece followed by zeros up to `to` bytes; `from` ≤ `to`. */
export function padPiece(commP: Uint8Array, from: number, to: number): Uint8Array {
  let root = commP;
  for (let size = from; size < to; size *= 2) root = hashPair(root, zeroRoot(size));
  return root;
}
