import { expect, it } from "vitest";
import { phase1Bytes, phase1Files, phase2Bytes, phase2Files } from "../../../src/storage/sectorFiles.ts";
import { paddedSize, SECTOR_SIZES } from "../../../src/units.ts";

const size = (name: keyof typeof SECTOR_SIZES) => paddedSize(SECTOR_SIZES[name]);
const lengths = (name: keyof typeof SECTOR_SIZES) =>
  Object.fromEntries(
    [...phase1Files(size(name)), ...phase2Files(size(name))].map((file) => [file.name, file.bytes]),
  );

it("knows the files of a 2 KiB sector (lengths seen on disk)", () => {
  expect(lengths("2KiB")).toEqual({
    "sc-02-data-layer-1.dat": 2048,
    "sc-02-data-layer-2.dat": 2048,
    "sc-02-data-tree-d.dat": 4064,
    "sc-02-data-tree-c.dat": 2336,
    "sc-02-data-tree-r-last.dat": 32,
    p_aux: undefined,
    t_aux: undefined,
  });
});

it("splits the trees of a 32 GiB sector into eight files (lengths as on the network)", () => {
  const files = lengths("32GiB");
  expect(Object.keys(files)).toHaveLength(11 + 1 + 8 + 8 + 2);
  expect(files["sc-02-data-tree-r-last-7.dat"]).toBe(9_586_976);
  expect(files["sc-02-data-tree-c-0.dat"]).toBe(4_908_534_048);
  expect(files["sc-02-data-layer-11.dat"]).toBe(34_359_738_368);
});

it("asks for what both phases write", () => {
  const GiB = 1024 ** 3;
  expect(phase1Bytes(size("32GiB")) / GiB).toBeCloseTo((11 + 2) * 32, 1);
  expect(phase2Bytes(size("32GiB")) / GiB).toBeCloseTo((8 / 7 + 1) * 32, 0);
});
