import { PadmaError } from "../errors.ts";
import { paddedSize, type PaddedSize } from "../units.ts";

const SMALLEST_PIECE = 128;

/**
 * Sizes of the pieces that fill the rest of a sector (lotus `fillersFromRem`): the powers of two that alignment
 * allows, smallest first, because a piece must start at a multiple of its own size.
 *
 * @throws SEALING_TOO_MUCH_DATA when the pieces are larger than the sector.
 */
export function fillers(sectorSize: PaddedSize, pieces: readonly { size: PaddedSize }[]): PaddedSize[] {
  const used = endOfPieces(pieces);
  if (used > sectorSize) throw tooMuchData(used, sectorSize);
  const sizes: PaddedSize[] = [];
  for (let offset = used; offset < sectorSize;) {
    const size = offset === 0 ? sectorSize : alignment(offset);
    sizes.push(paddedSize(size));
    offset += size;
  }
  return sizes;
}

/** Where the next piece would start: each piece begins at a multiple of its own size. */
export function endOfPieces(pieces: readonly { size: PaddedSize }[]): number {
  let offset = 0;
  for (const { size } of pieces) offset = Math.ceil(offset / size) * size + size;
  return offset;
}

/** Largest power of two that divides `offset`. */
function alignment(offset: number): number {
  let size = SMALLEST_PIECE;
  while (offset % (size * 2) === 0) size *= 2;
  return size;
}

export function tooMuchData(used: number, sectorSize: PaddedSize): PadmaError {
  return new PadmaError({
    code: "SEALING_TOO_MUCH_DATA",
    message: `too much data in sector: ${used} > ${sectorSize}`,
    next: "pledge a smaller file, or use a larger sector size",
  });
}
