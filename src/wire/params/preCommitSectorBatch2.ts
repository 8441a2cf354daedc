import type { Epoch, SectorNumber } from "../../units.ts";
import type { CID } from "../cid.ts";
import { arrayOf, cid, epochField, int, messageCodec, nullable, sectorField, tuple, u64 } from "../field.ts";

/** One sector of a precommit batch. */
export interface SectorPreCommitInfo {
  /** Registered seal proof: 5 (2 KiB) … 9 (64 GiB) for V1_1. */
  readonly sealProof: number;
  readonly sectorNumber: SectorNumber;
  readonly sealedCid: CID;
  /** Epoch of the ticket. */
  readonly sealRandEpoch: Epoch;
  /** Always empty: deals go into the piece manifests of ProveCommitSectors3. */
  readonly dealIds: readonly bigint[];
  readonly expiration: Epoch;
  /** CommD; null for a sector without data. */
  readonly unsealedCid: CID | null;
}

/** Parameters of miner method 28. */
export interface PreCommitSectorBatch2Params {
  readonly sectors: readonly SectorPreCommitInfo[];
}

export const sectorPreCommitInfo = tuple<SectorPreCommitInfo>(
  {
    sealProof: int,
    sectorNumber: sectorField,
    sealedCid: cid,
    sealRandEpoch: epochField,
    dealIds: arrayOf(u64),
    expiration: epochField,
    unsealedCid: nullable(cid),
  },
  { sealedCid: "SealedCID", dealIds: "DealIDs" },
);

export const preCommitSectorBatch2Params = messageCodec<PreCommitSectorBatch2Params>(
  "PreCommitSectorBatch2",
  tuple<PreCommitSectorBatch2Params>({ sectors: arrayOf(sectorPreCommitInfo) }),
);
