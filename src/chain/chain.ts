/**
 * The one interface between padma and a Filecoin network. Implementations: `devnet/` (embedded chain) and
 * `lotus/` (JSON-RPC). Consumers ask for the few methods they use:
 * `Pick<Chain, "head" | "ticket">`.
 *
 * Every method may reject with a PadmaError: `CHAIN_UNREACHABLE` (kind busy: try again later), and what else a node may
 * answer (`lotus/errors.ts`); `CHAIN_FUTURE_RANDOMNESS`; `CHAIN_REFUSED` (the network refuses the message before it is
 * in the pool), `CHAIN_FUNDS` (kind busy: whoever pays has too little).
 * 32-byte values are lower-case hex, CIDs their usual strings.
 */
import type { ActorId, AttoFil, Epoch, Millis, PaddedSize, SectorNumber } from "../units.ts";

export interface NetworkInfo {
  /** `devnet`: the chain that is embedded in this repo. `lotus`: behind a node, a Lotus node or a devnet that is served. */
  readonly kind: "devnet" | "lotus";
  readonly name: string;
  /**
   * A network that somebody runs for trying things out: nothing on it is worth money, so nobody loses anything by not
   * proving. Unknown networks are not local.
   */
  readonly isLocal: boolean;
  readonly addressPrefix: "f" | "t";
  readonly genesisMs: Millis;
  readonly blockDelayMs: number;
  /** Epochs between a landed precommit and its seed (8 in the walkthrough, 150 on mainnet). */
  readonly preCommitChallengeDelay: number;
  /** Epochs after which a tipset is final, and how far back the ticket is drawn (900). */
  readonly finality: number;
  /** A precommit's ticket may be at most this old (3780). */
  readonly maxPreCommitRandomnessLookback: number;
  /** A commit must land within so many epochs of the precommit. */
  readonly maxProveCommitDuration: number;
}

export interface TipSet {
  readonly epoch: Epoch;
  /** CIDs of its blocks. */
  readonly key: readonly string[];
  readonly timestampMs: Millis;
}

export interface Randomness {
  readonly epoch: Epoch;
  /** 32 bytes, hex. */
  readonly value: string;
}

export interface OutgoingMessage {
  /** Chosen and stored by the caller before the push: pushing again with it returns the same message. */
  readonly uuid: string;
  readonly to: string;
  readonly method: number;
  readonly params: Uint8Array;
  readonly value: AttoFil;
  /** Set when it was decided on earlier, so that it may be in the pool or on chain already: since when. */
  readonly openSince?: Millis;
}

export interface PushedMessage {
  readonly cid: string;
}

/** What became of a message: only returned once the tipset that holds its receipt exists. */
export interface Landed {
  /** Another one than was asked for when the message was replaced: same sender, nonce and call, a higher fee. */
  readonly cid: string;
  /** Epoch in which it was executed (for a precommit: the PreCommitEpoch). */
  readonly epoch: Epoch;
  /** Key of the tipset that included it. */
  readonly tipset: readonly string[];
  readonly exitCode: number;
  readonly returned: Uint8Array;
  readonly gasUsed: number;
  /** The actor's own words for a non-zero exit code, where the network keeps them. */
  readonly error: string | null;
}

export interface MinerInfo {
  readonly id: ActorId;
  /** ID address with the network's prefix: `t01000`. */
  readonly address: string;
  readonly owner: string;
  readonly worker: string;
  /** Key addresses that may send messages in the worker's place. */
  readonly control: readonly string[];
  readonly sectorSize: PaddedSize;
  /** RegisteredSealProof of its sectors, which follows from their size (go-state-types abi/sector.go): 5 for 2 KiB. */
  readonly sealProof: number;
}

export interface OnChainPreCommit {
  readonly number: SectorNumber;
  readonly sealProof: number;
  readonly sealedCid: string;
  readonly unsealedCid: string | null;
  readonly sealRandEpoch: Epoch;
  readonly expiration: Epoch;
  readonly deposit: AttoFil;
  readonly epoch: Epoch;
}

export interface OnChainSector {
  readonly number: SectorNumber;
  readonly sealProof: number;
  readonly sealedCid: string;
  readonly activation: Epoch;
  readonly expiration: Epoch;
  readonly dealWeight: bigint;
  readonly verifiedDealWeight: bigint;
  readonly initialPledge: AttoFil;
}

/** A published deal; on a node: StateMarketStorageDeal. */
export interface OnChainDeal {
  readonly id: number;
  /** Its piece must be in a proven sector by then, or the deal is gone. */
  readonly startEpoch: Epoch;
  readonly endEpoch: Epoch;
  /** Its piece is in a sector (the deal's SectorStartEpoch is set). */
  readonly active: boolean;
}

export interface Power {
  readonly minerRaw: bigint;
  readonly minerQualityAdjusted: bigint;
  readonly totalRaw: bigint;
  readonly totalQualityAdjusted: bigint;
  readonly hasMinPower: boolean;
}

/** What a message is for: it decides who may send it, and about what it costs. */
export type MessageUse = "PublishDeals" | "PreCommit" | "Commit";

export interface Payer {
  /** Key address. */
  readonly address: string;
  readonly balance: AttoFil;
}

export interface Balances {
  readonly miner: AttoFil;
  readonly preCommitDeposits: AttoFil;
  readonly initialPledge: AttoFil;
  readonly vesting: AttoFil;
  readonly available: AttoFil;
  readonly marketEscrow: AttoFil;
  readonly marketLocked: AttoFil;
  readonly worker: AttoFil;
}

export interface Chain {
  readonly network: NetworkInfo;
  /** The heaviest tipset. The devnet first catches up with its clock. */
  head(): Promise<TipSet>;
  /** The last head that was seen, without advancing a devnet (list, status, why, info). */
  storedHead(): Promise<TipSet>;
  /** Wall time at which an epoch comes, for the follower's timer. */
  timeOf(at: Epoch): Millis;
  /**
   * Calls back whenever the head has changed, until the returned function is called or the chain is closed. An embedded
   * chain has none: its head moves when somebody asks for it. What was missed is found out by asking, so a call that
   * never comes costs only time.
   */
  onHead?(listener: () => void): () => void;
  /**
   * The canonical tipset at an epoch, or the one below it where the epoch is a null round; genesis for every epoch
   * before. Null above the last stored head (nothing is advanced): a node that is behind says nothing about it.
   */
  tipsetAt(at: Epoch): Promise<TipSet | null>;
  /** Seal ticket (tag 5, entropy = the miner's address) at `at`; never above the head. */
  ticket(at: Epoch): Promise<Randomness>;
  /** Interactive PoRep seed (tag 6) at `at`; never above the head. */
  seed(at: Epoch): Promise<Randomness>;
  /** Signs with the worker, the owner or a control address, and puts into the pool. Same uuid: same message, never a second one. */
  push(message: OutgoingMessage): Promise<PushedMessage>;
  /**
   * Looks for many messages in one go, by the CIDs that `push` gave; what has not landed yet is missing from the
   * answer, a message that was replaced is found under its first CID.
   */
  lookup(cids: readonly string[]): Promise<ReadonlyMap<string, Landed>>;
  miner(): Promise<MinerInfo>;
  /** Signs bytes with the key of an account that the network holds (deal proposals): type byte ‖ signature. */
  sign(address: string, bytes: Uint8Array): Promise<Uint8Array>;
  /** A proven sector, in the state of the last stored head: who decides something by it calls `head()` first. */
  sector(number: SectorNumber): Promise<OnChainSector | null>;
  /** A precommit that is neither proven nor expired, in the state of the last stored head: `head()` first. */
  preCommit(number: SectorNumber): Promise<OnChainPreCommit | null>;
  /**
   * True when the number was ever precommitted: it can never be used again. In the state of the last stored head:
   * `head()` first.
   */
  isAllocated(number: SectorNumber): Promise<boolean>;
  /** The lowest number above all that were ever allocated; 0 without any. Of the last stored head: `head()` first. */
  nextFreeNumber(): Promise<SectorNumber>;
  /**
   * Deals of the market by id, in the state of the last stored head: `head()` first. One that is missing in the answer
   * has expired, was removed (not active at its start) or was never there.
   */
  deals(ids: readonly number[]): Promise<ReadonlyMap<number, OnChainDeal>>;
  /** What the miner has to put down at least for a deal of such a size; a margin for its moving included. */
  dealCollateral(size: PaddedSize): Promise<AttoFil>;
  /** The miner's money in the market that no deal holds. Of the last stored head: `head()` first. */
  marketAvailable(): Promise<AttoFil>;
  /** All sectors of the miner on chain, in one call (`sectors list`, `info`). */
  sectors(): Promise<readonly OnChainSector[]>;
  /** Who would send such a message now, and pay `value` and its gas. @throws CHAIN_KEY_UNKNOWN, CHAIN_CONTROL_ADDRESS */
  payer(use: MessageUse, value: AttoFil): Promise<Payer>;
  /** About what the gas of a message for one sector costs at most, now. */
  fee(use: MessageUse): Promise<AttoFil>;
  preCommitDeposit(): Promise<AttoFil>;
  initialPledge(): Promise<AttoFil>;
  power(): Promise<Power>;
  balances(): Promise<Balances>;
  close(): Promise<void>;
}

/** What an embedded chain can do beyond a network: its clock can be moved. */
export interface EmbeddedChain extends Chain {
  /** Advances by at least `epochs` (moves the clock), applying pending messages at their epochs. */
  advance(epochs: number): Promise<TipSet>;
  /** Instant clock: jumps so that the head is at least `to`. Never backwards. */
  jumpTo(to: Epoch): Promise<TipSet>;
  /**
   * Takes the last `depth` tipsets away and lets another chain grow to the clock's epoch: other blocks, other tickets,
   * the same beacon. Messages of those tipsets are in the pool again.
   * @throws CHAIN_FINAL beyond finality or genesis
   */
  reorg(depth: number): Promise<Reorg>;
  /** Orders a fault; it acts when the next tipset is worked out, in whichever process. */
  addFault(fault: Fault): Promise<StoredFault>;
  /** Those that still have something to do. */
  faults(): Promise<readonly StoredFault[]>;
  /** Takes one back, or all (null); what they did stays done. Returns those that were taken back. */
  clearFaults(id: number | null): Promise<readonly StoredFault[]>;
  readonly instant: boolean;
  status(): Promise<DevnetStatus>;
}

export interface Reorg {
  /** The head that was left. */
  readonly left: TipSet;
  /** The last tipset that both chains have. */
  readonly ancestor: TipSet;
  readonly head: TipSet;
  /** Messages that are in the pool again. */
  readonly returned: number;
}

/** Which messages a fault is about. */
export interface FaultSubject {
  readonly message: "publish" | "precommit" | "commit" | "any";
  /** Only messages that name this sector. */
  readonly sector: number | null;
  /** How many of them. */
  readonly count: number;
}

/** What goes wrong on a devnet next, because somebody wants to see it. */
export type Fault =
  /** Vanishes from the pool until it is pushed again. */
  | ({ readonly kind: "drop" } & FaultSubject)
  | ({ readonly kind: "delay"; readonly epochs: number } & FaultSubject)
  /** Another CID lands: the same nonce and call, with a higher premium. */
  | ({ readonly kind: "replace" } & FaultSubject)
  | ({ readonly kind: "fail"; readonly exitCode: number } & FaultSubject)
  | { readonly kind: "null-rounds"; readonly epochs: number }
  | { readonly kind: "base-fee"; readonly times: number; readonly epochs: number };

export interface StoredFault {
  readonly id: number;
  readonly fault: Fault;
  /** One line: what it will do. */
  readonly does: string;
}

export interface DevnetStatus {
  readonly head: TipSet;
  readonly clockEpoch: Epoch;
  /** Above 0 when the machine's clock was set back: the chain stands still for so long, or until `advance`. */
  readonly clockBehindMs: number;
  readonly pendingMessages: number;
  readonly tipsets: number;
  readonly instant: boolean;
  readonly blockDelayMs: number;
  /** blake2b digest of the `.vk` that genesis accepts. */
  readonly verifyingKeyDigest: string;
  /** Key addresses of the accounts that genesis funds, for `sign`. */
  readonly accounts: { readonly owner: string; readonly worker: string; readonly client: string };
}
