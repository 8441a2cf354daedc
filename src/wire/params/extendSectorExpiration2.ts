import type { Epoch, SectorNumber } from "../../units.ts";
import type { Bitfield } from "../bitfield.ts";
import { arrayOf, bitfield, epochField, messageCodec, sectorField, tuple, u64, uint } from "../field.ts";

/** What becomes of the verified claims of a sector that lives on. */
export interface SectorClaim {
  readonly sectorNumber: SectorNumber;
  readonly maintainClaims: readonly bigint[];
  readonly dropClaims: readonly bigint[];
}

export interface ExpirationExtension {
  /** Index of the deadline, 0 … 47. */
  readonly deadline: number;
  /** Counted from 0 in each deadline. */
  readonly partition: number;
  /** Sectors without claims. */
  readonly sectors: Bitfield;
  readonly sectorsWithClaims: readonly SectorClaim[];
  readonly newExpiration: Epoch;
}

/** Parameters of miner method 32. */
export interface ExtendSectorExpiration2Params {
  readonly extensions: readonly ExpirationExtension[];
}

const sectorClaim = tuple<SectorClaim>({
  sectorNumber: sectorField,
  maintainClaims: arrayOf(u64),
  dropClaims: arrayOf(u64),
});

export const extendSectorExpiration2Params = messageCodec<ExtendSectorExpiration2Params>(
  "ExtendSectorExpiration2",
  tuple<ExtendSectorExpiration2Params>({
    extensions: arrayOf(
      tuple<ExpirationExtension>({
        deadline: uint,
        partition: uint,
        sectors: bitfield,
        sectorsWithClaims: arrayOf(sectorClaim),
        newExpiration: epochField,
      }),
    ),
  }),
);
