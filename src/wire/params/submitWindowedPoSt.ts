import type { Epoch } from "../../units.ts";
import type { Bitfield } from "../bitfield.ts";
import { arrayOf, bitfield, bytes, epochField, int, messageCodec, tuple, uint } from "../field.ts";

export interface PoStPartition {
  /** Counted from 0 in each deadline. */
  readonly index: number;
  /** Sectors left out of the proof that are not declared faulty yet; they become so. */
  readonly skipped: Bitfield;
}

export interface PoStProof {
  /** Registered PoSt proof: window V1_1 is 10 (2 KiB) … 14 (64 GiB). */
  readonly poStProof: number;
  readonly proofBytes: Uint8Array;
}

/** Parameters of miner method 5. */
export interface SubmitWindowedPoStParams {
  /** Index of the deadline, 0 … 47. */
  readonly deadline: number;
  readonly partitions: readonly PoStPartition[];
  /** One for each kind of proof among the sectors, so usually one, however many partitions there are. */
  readonly proofs: readonly PoStProof[];
  readonly chainCommitEpoch: Epoch;
  /** Ticket randomness at that epoch: ties the message to its chain. */
  readonly chainCommitRand: Uint8Array;
}

export const submitWindowedPoStParams = messageCodec<SubmitWindowedPoStParams>(
  "SubmitWindowedPoSt",
  tuple<SubmitWindowedPoStParams>({
    deadline: uint,
    partitions: arrayOf(tuple<PoStPartition>({ index: uint, skipped: bitfield })),
    proofs: arrayOf(tuple<PoStProof>({ poStProof: int, proofBytes: bytes })),
    chainCommitEpoch: epochField,
    chainCommitRand: bytes,
  }),
);
