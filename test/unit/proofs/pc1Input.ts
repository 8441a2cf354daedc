import type { Pc1Input } from "../../../src/proofs/prover.ts";
import { actorId, type PaddedSize, paddedSize, sectorNumber } from "../../../src/units.ts";

/** What PC1 of a sector is asked for with, where nothing is sealed. */
export const pc1Input = (number: number, sectorSize: PaddedSize = paddedSize(2048)): Pc1Input => ({
  sectorSize,
  miner: actorId(1000),
  number: sectorNumber(number),
  ticket: "00".repeat(32),
  pieces: [],
  cacheDir: "/cache",
  unsealedPath: "/unsealed",
  sealedPath: "/sealed",
  outputPath: "/output",
});
