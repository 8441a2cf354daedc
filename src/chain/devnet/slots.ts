/**
 * Keys and codecs of everything in the state:
 *
 *   actor/<id>                   balance, nonce, and the address whose key signs for it
 *   address/<hex>                the id behind a key address
 *   init/next                    next id for a new account
 *   miner/<id>/info              owner, worker, sector size, seal proof
 *   miner/<id>/funds             locked parts of the miner's balance
 *   miner/<id>/vesting           what is left of the deposit of a miner that CreateMiner made
 *   miner/<id>/peer              where it says it can be reached
 *   miner/<id>/allocated/<n>     the epoch in which a number was used up, for ever
 *   miner/<id>/precommit/<n>     waits for its proof
 *   miner/<id>/sector/<n>        proven
 *   cron/<epoch>                 what falls due
 *   market/next · market/deal/<id> · market/pending/<cid> · market/escrow/<id>
 *   power/claim/<id> · power/total
 *
 * Numbers in keys are padded, so that the order of keys is theirs.
 */
import { bytesToHex } from "@noble/hashes/utils.js";
import {
  type ActorId,
  actorId,
  type AttoFil,
  type Epoch,
  type PaddedSize,
  type SectorNumber,
} from "../../units.ts";
import type { Address } from "../../wire/address.ts";
import type { CID } from "../../wire/cid.ts";
import {
  address,
  arrayOf,
  attoFilField,
  bytes,
  epochField,
  type Field,
  int,
  mapped,
  nullable,
  paddedSizeField,
  sectorField,
  text,
  tuple,
  u64,
  uint,
} from "../../wire/field.ts";
import { sectorPreCommitInfo, type SectorPreCommitInfo } from "../../wire/params/preCommitSectorBatch2.ts";
import { bigintField } from "./block.ts";
import type { Slot, State } from "./state.ts";

const idField: Field<ActorId> = mapped<number, ActorId>(uint, (id) => id, actorId);

export interface ActorState {
  readonly balance: AttoFil;
  readonly nonce: bigint;
  /** Key address of an account; null for every other actor. */
  readonly key: Address | null;
}

export interface MinerState {
  readonly owner: ActorId;
  readonly worker: ActorId;
  readonly sectorSize: PaddedSize;
  readonly sealProof: number;
}

/** Parts of the miner's balance that it cannot spend. */
export interface MinerFunds {
  readonly preCommitDeposits: AttoFil;
  readonly initialPledge: AttoFil;
}

/** Where a miner says it can be reached; bytes of libp2p's own forms. */
export interface PeerState {
  readonly id: Uint8Array;
  readonly multiaddrs: readonly Uint8Array[];
}

export interface PreCommitState {
  readonly info: SectorPreCommitInfo;
  readonly deposit: AttoFil;
  readonly epoch: Epoch;
}

export interface SectorState {
  readonly number: SectorNumber;
  readonly sealProof: number;
  /** As text: ten thousand of them are listed at once, and spelling a CID takes longer than all the rest. */
  readonly sealedCid: string;
  readonly activation: Epoch;
  readonly expiration: Epoch;
  readonly dealWeight: bigint;
  readonly initialPledge: AttoFil;
}

/** What falls due at an epoch. */
export interface CronEntry {
  readonly kind: "preCommitExpiry" | "dealStart" | "depositVested";
  readonly miner: ActorId;
  /** Sector number or deal id; 0 for a deposit, of which a miner has one. */
  readonly subject: bigint;
}

export interface DealState {
  /** CBOR of the DealProposal, as it was signed. */
  readonly proposal: Uint8Array;
  /** Sector that holds the piece; null until it is activated. */
  readonly sector: SectorNumber | null;
  readonly activation: Epoch | null;
}

export interface EscrowState {
  readonly escrow: AttoFil;
  readonly locked: AttoFil;
}

export interface PowerState {
  readonly raw: bigint;
  readonly qualityAdjusted: bigint;
}

const CRON_KINDS = ["preCommitExpiry", "dealStart", "depositVested"] as const;
const cronKind: Field<CronEntry["kind"]> = mapped<number, CronEntry["kind"]>(
  uint,
  (kind) => CRON_KINDS.indexOf(kind),
  (index) => CRON_KINDS[index] ?? "preCommitExpiry",
);

const actorField = tuple<ActorState>({ balance: attoFilField, nonce: u64, key: nullable(address) });
const minerField = tuple<MinerState>({
  owner: idField,
  worker: idField,
  sectorSize: paddedSizeField,
  sealProof: int,
});
const fundsField = tuple<MinerFunds>({ preCommitDeposits: attoFilField, initialPledge: attoFilField });
const peerField = tuple<PeerState>({ id: bytes, multiaddrs: arrayOf(bytes) });
const preCommitField = tuple<PreCommitState>({
  info: sectorPreCommitInfo,
  deposit: attoFilField,
  epoch: epochField,
});
const sectorStateField = tuple<SectorState>({
  number: sectorField,
  sealProof: int,
  sealedCid: text,
  activation: epochField,
  expiration: epochField,
  dealWeight: bigintField,
  initialPledge: attoFilField,
});
const cronField = arrayOf(tuple<CronEntry>({ kind: cronKind, miner: idField, subject: u64 }));
const dealField = tuple<DealState>({
  proposal: bytes,
  sector: nullable(sectorField),
  activation: nullable(epochField),
});
const escrowField = tuple<EscrowState>({ escrow: attoFilField, locked: attoFilField });
const powerField = tuple<PowerState>({ raw: u64, qualityAdjusted: u64 });

const padded = (value: number | bigint) => value.toString().padStart(20, "0");
const preCommits = (miner: ActorId) => `miner/${miner}/precommit/`;
const sectors = (miner: ActorId) => `miner/${miner}/sector/`;
const allocations = (miner: ActorId) => `miner/${miner}/allocated/`;

export const slots = {
  actor: (id: ActorId): Slot<ActorState> => ({ key: `actor/${id}`, field: actorField }),
  address: (key: Address): Slot<ActorId> => ({ key: `address/${bytesToHex(key.toBytes())}`, field: idField }),
  nextId: { key: "init/next", field: idField } satisfies Slot<ActorId>,
  miner: (id: ActorId): Slot<MinerState> => ({ key: `miner/${id}/info`, field: minerField }),
  funds: (id: ActorId): Slot<MinerFunds> => ({ key: `miner/${id}/funds`, field: fundsField }),
  vesting: (id: ActorId): Slot<AttoFil> => ({ key: `miner/${id}/vesting`, field: attoFilField }),
  peer: (id: ActorId): Slot<PeerState> => ({ key: `miner/${id}/peer`, field: peerField }),
  allocated: (id: ActorId, number: SectorNumber): Slot<Epoch> => ({
    key: allocations(id) + padded(number),
    field: epochField,
  }),
  preCommit: (id: ActorId, number: SectorNumber): Slot<PreCommitState> => ({
    key: preCommits(id) + padded(number),
    field: preCommitField,
  }),
  sector: (id: ActorId, number: SectorNumber): Slot<SectorState> => ({
    key: sectors(id) + padded(number),
    field: sectorStateField,
  }),
  cron: (at: Epoch): Slot<readonly CronEntry[]> => ({ key: `cron/${padded(at)}`, field: cronField }),
  nextDeal: { key: "market/next", field: u64 } satisfies Slot<bigint>,
  deal: (id: bigint): Slot<DealState> => ({ key: `market/deal/${padded(id)}`, field: dealField }),
  pendingDeal: (proposal: CID): Slot<bigint> => ({
    key: `market/pending/${proposal.toString()}`,
    field: u64,
  }),
  escrow: (id: ActorId): Slot<EscrowState> => ({ key: `market/escrow/${id}`, field: escrowField }),
  claim: (id: ActorId): Slot<PowerState> => ({ key: `power/claim/${id}`, field: powerField }),
  totalPower: { key: "power/total", field: powerField } satisfies Slot<PowerState>,
} as const;

/** Every miner has a claim, from its first day on. Ascending. */
export function minersOf(state: Pick<State, "keys">): readonly ActorId[] {
  const ids = state.keys("power/claim/", "power/claim0").map((key) => actorId(numberOf(key)));
  return ids.sort((a, b) => a - b);
}

/** Where a range of keys starts and ends. */
export interface KeyRange {
  readonly first: string;
  readonly end: string;
}

/** `0` follows `/`, so this is everything below the prefix. */
const below = (prefix: string): KeyRange => ({ first: prefix, end: `${prefix.slice(0, -1)}0` });

export const ranges = {
  sectors: (id: ActorId): KeyRange & { readonly field: Field<SectorState> } => ({
    ...below(sectors(id)),
    field: sectorStateField,
  }),
  allocated: (id: ActorId): KeyRange => below(allocations(id)),
  actors: below("actor/"),
  /** Entries due after `after`, up to and with `until`. */
  cron: (after: Epoch, until: Epoch): KeyRange => ({
    first: `cron/${padded(after + 1)}`,
    end: `cron/${padded(until + 1)}`,
  }),
} as const;

/** The number at the end of a key. */
export const numberOf = (key: string): number => Number(key.slice(key.lastIndexOf("/") + 1));
