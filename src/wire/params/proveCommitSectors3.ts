import type { PaddedSize, SectorNumber } from "../../units.ts";
import type { Address } from "../address.ts";
import type { CID } from "../cid.ts";
import {
  address,
  arrayOf,
  bool,
  bytes,
  cid,
  int,
  messageCodec,
  nullable,
  paddedSizeField,
  sectorField,
  tuple,
  u64,
} from "../field.ts";

/** The claim that a verified piece takes up. */
export interface VerifiedAllocationKey {
  /** Actor id of the client. */
  readonly client: bigint;
  readonly id: bigint;
}

/** Tells an actor that a piece is now active: for a deal, f05 and the CBOR of the deal id. */
export interface DataActivationNotification {
  readonly address: Address;
  readonly payload: Uint8Array;
}

export interface PieceActivationManifest {
  /** CommP. */
  readonly cid: CID;
  readonly size: PaddedSize;
  readonly verifiedAllocationKey: VerifiedAllocationKey | null;
  readonly notify: readonly DataActivationNotification[];
}

export interface SectorActivationManifest {
  readonly sectorNumber: SectorNumber;
  /** In the order in which they lie in the sector; empty for a sector without data. */
  readonly pieces: readonly PieceActivationManifest[];
}

/** Parameters of miner method 34. Either one proof a sector, or one aggregate proof for all. */
export interface ProveCommitSectors3Params {
  readonly sectorActivations: readonly SectorActivationManifest[];
  readonly sectorProofs: readonly Uint8Array[];
  readonly aggregateProof: Uint8Array;
  /** 1 (SnarkPackV2) with an aggregate proof, else null. */
  readonly aggregateProofType: number | null;
  readonly requireActivationSuccess: boolean;
  readonly requireNotificationSuccess: boolean;
}

const pieceActivationManifest = tuple<PieceActivationManifest>(
  {
    cid,
    size: paddedSizeField,
    verifiedAllocationKey: nullable(tuple<VerifiedAllocationKey>({ client: u64, id: u64 }, { id: "ID" })),
    notify: arrayOf(tuple<DataActivationNotification>({ address, payload: bytes })),
  },
  { cid: "CID" },
);

const sectorActivationManifest = tuple<SectorActivationManifest>({
  sectorNumber: sectorField,
  pieces: arrayOf(pieceActivationManifest),
});

export const proveCommitSectors3Params = messageCodec<ProveCommitSectors3Params>(
  "ProveCommitSectors3",
  tuple<ProveCommitSectors3Params>({
    sectorActivations: arrayOf(sectorActivationManifest),
    sectorProofs: arrayOf(bytes),
    aggregateProof: bytes,
    aggregateProofType: nullable(int),
    requireActivationSuccess: bool,
    requireNotificationSuccess: bool,
  }),
);

/** The payload of a deal's notification: the CBOR of its id. */
export const dealIdPayload = messageCodec<bigint>("DealId", u64);
