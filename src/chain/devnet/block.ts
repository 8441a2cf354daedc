/** Block headers: the 16 fields of Filecoin's BlockHeader (spec, "Block"), as far as they mean something here. */
import { blake2b } from "@noble/hashes/blake2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { type AttoFil, attoFil, type Epoch } from "../../units.ts";
import type { Address } from "../../wire/address.ts";
import { type CborValue, decodeCbor, encodeCbor } from "../../wire/cbor.ts";
import { type CID, cidOfBytes, cidOfCbor } from "../../wire/cid.ts";
import {
  address,
  arrayOf,
  attoFilField,
  bytes,
  cid,
  epochField,
  type Field,
  mapped,
  tuple,
  uint,
} from "../../wire/field.ts";

interface BeaconEntry {
  readonly round: number;
  readonly data: Uint8Array;
}

export interface BlockHeader {
  readonly miner: Address;
  readonly ticket: { readonly proof: Uint8Array };
  readonly election: { readonly winCount: number; readonly proof: Uint8Array };
  readonly beacon: readonly BeaconEntry[];
  /** Always empty: nobody mines here. */
  readonly winningPost: readonly Uint8Array[];
  readonly parents: readonly CID[];
  readonly parentWeight: bigint;
  readonly height: Epoch;
  readonly parentStateRoot: CID;
  readonly parentReceipts: CID;
  readonly messages: CID;
  /** null: each message keeps its own signature. */
  readonly blsAggregate: null;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** null: a devnet's block is trusted because it is in the devnet's file. */
  readonly signature: null;
  readonly forkSignal: number;
  readonly parentBaseFee: AttoFil;
}

/** Filecoin's BigInt, where it is no amount. */
export const bigintField: Field<bigint> = mapped<AttoFil, bigint>(attoFilField, attoFil, (value) => value);

const absent: Field<null> = {
  toCbor: () => null,
  fromCbor: () => null,
  toJson: () => null,
  fromJson: () => null,
};

const headerField = tuple<BlockHeader>({
  miner: address,
  ticket: tuple({ proof: bytes }),
  election: tuple({ winCount: uint, proof: bytes }),
  beacon: arrayOf(tuple<BeaconEntry>({ round: uint, data: bytes })),
  winningPost: arrayOf(bytes),
  parents: arrayOf(cid),
  parentWeight: bigintField,
  height: epochField,
  parentStateRoot: cid,
  parentReceipts: cid,
  messages: cid,
  blsAggregate: absent,
  timestamp: uint,
  signature: absent,
  forkSignal: uint,
  parentBaseFee: attoFilField,
});

const encodeHeader = (header: BlockHeader): Uint8Array => encodeCbor(headerField.toCbor(header));
export const decodeHeader = (encoded: Uint8Array): BlockHeader => headerField.fromCbor(decodeCbor(encoded));

/** A tipset of one block, as stored. */
export interface Block {
  readonly header: BlockHeader;
  readonly encoded: Uint8Array;
  readonly cid: CID;
}

export function sealBlock(header: BlockHeader): Block {
  const encoded = encodeHeader(header);
  return { header, encoded, cid: cidOfBytes(encoded) };
}

/** Root over the messages of a block: BLS ones first, then secp256k1, each in order (the network has two AMTs). */
export function messagesRoot(bls: readonly CID[], secp256k1: readonly CID[]): CID {
  return cidOfCbor([bls, secp256k1]);
}

/** Root over the receipts of the parent's messages, in the order of execution. */
export function receiptsRoot(
  receipts: readonly { exitCode: number; returned: Uint8Array; gasUsed: number }[],
): CID {
  const rows: CborValue = receipts.map(({ exitCode, returned, gasUsed }) => [exitCode, returned, gasUsed]);
  return cidOfCbor(rows);
}

/**
 * The next ticket: a keyed hash of the parent's, the epoch and the fork, where the network has the winner's VRF. Fork 0
 * (no reorg so far) adds nothing.
 */
export function nextTicket(secret: Uint8Array, parent: Uint8Array, height: Epoch, fork = 0): Uint8Array {
  const others = fork === 0 ? new Uint8Array(0) : int64(fork);
  return blake2b(concatBytes(parent, int64(height), others), { dkLen: 32, key: secret });
}

/** Weight of the chain up to a block: one for each win. */
export const weightOf = ({ parentWeight, election }: BlockHeader): bigint =>
  parentWeight + BigInt(election.winCount);

/** The beacon of a round (one a epoch): a keyed hash of the round, where the network has drand. */
export function beaconOf(secret: Uint8Array, round: Epoch): BeaconEntry {
  return { round, data: blake2b(int64(round), { dkLen: 32, key: secret }) };
}

/** Big-endian, two's complement. */
export function int64(value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigInt64(0, BigInt(value));
  return out;
}
