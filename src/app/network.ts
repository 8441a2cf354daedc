/** Facts of the network that depend on the sector size alone. */
import type { PaddedSize } from "../units.ts";
import { SECTOR_SIZES } from "../units.ts";

/** RegisteredSealProof V1_1 in the order of the sizes (go-state-types abi/sector.go): 5 … 9. */
const FIRST_V1_1 = 5;

export function sealProofOf(size: PaddedSize): number {
  return FIRST_V1_1 + Object.values<number>(SECTOR_SIZES).indexOf(size);
}
