import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endOfPieces, fillers } from "../../../src/sealing/fillers.ts";
import { paddedSize, SECTOR_SIZES } from "../../../src/units.ts";

const sector = paddedSize(2048);
const pieces = (...sizes: number[]) => sizes.map((size) => ({ size: paddedSize(size) }));

describe("fillers", () => {
  it("fills an empty sector with one piece", () => {
    expect(fillers(sector, [])).toEqual([2048]);
  });

  it("leaves a full sector alone", () => {
    expect(fillers(sector, pieces(2048))).toEqual([]);
  });

  it("grows from the size of the last piece", () => {
    expect(fillers(sector, pieces(128))).toEqual([128, 256, 512, 1024]);
    expect(fillers(sector, pieces(512))).toEqual([512, 1024]);
  });

  it("refuses more data than the sector holds", () => {
    expect(() => fillers(sector, pieces(2048, 128))).toThrow("too much data in sector: 2176 > 2048");
  });

  it("fills every sector size to the byte with aligned powers of two", () => {
    const sizes = Object.values(SECTOR_SIZES);
    fc.assert(
      fc.property(fc.constantFrom(...sizes), fc.integer({ min: 0, max: 28 }), (sectorSize, shift) => {
        const piece = Math.min(128 * 2 ** shift, sectorSize);
        const added = fillers(paddedSize(sectorSize), pieces(piece));
        let offset = piece;
        for (const size of added) {
          expect(Math.log2(size) % 1).toBe(0);
          expect(offset % size).toBe(0);
          offset += size;
        }
        expect(offset).toBe(sectorSize);
      }),
    );
  });
});

describe("endOfPieces", () => {
  it("starts each piece at a multiple of its own size", () => {
    expect(endOfPieces(pieces(128, 512))).toBe(1024);
  });
});
