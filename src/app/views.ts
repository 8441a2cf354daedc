/** What the commands show, as plain values: JSON prints them as they are, text renders them. */
import type { EventKind } from "../sealing/events.ts";
import type { FilePart } from "../proofs/prover.ts";
import type { State, Step } from "../sealing/sector.ts";

export interface SectorRow {
  readonly id: number;
  readonly state: State;
  readonly step: Step | null;
  readonly onChain: boolean;
  readonly active: boolean;
  /** Epoch, or null while not on chain. */
  readonly expiration: number | null;
  /** From birth to Proving, milliseconds; null before. */
  readonly sealTime: number | null;
  readonly events: number;
  /** `CC`, or the number of pieces with a deal (or pieces without one, in a sector with data). */
  readonly deals: string;
  /** attoFIL, null while not on chain. */
  readonly pledge: string | null;
  /** Why it does not move, where it does not; one line. */
  readonly waits: string | null;
  readonly error: string | null;
}

export interface LogEntry {
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** `event;sealing.SectorPacked`, `error;…` as lotus writes it. */
  readonly kind: string;
  /** `{"User":{…}}` with lotus's field names where lotus has the event. */
  readonly message: unknown;
  readonly durationMs: number | null;
  readonly event: EventKind | "SectorStart" | "SectorStartCC";
}

export interface OnChainView {
  readonly sealProof: number;
  readonly activation: number;
  readonly expiration: number;
  readonly dealWeight: string;
  readonly verifiedDealWeight: string;
  readonly initialPledge: string;
}

export interface SectorStatus {
  readonly sector: number;
  readonly miner: string;
  readonly state: State;
  readonly step: Step | null;
  /** 64 hex digits each, with CIDs beside them; null until known. */
  readonly commD: string | null;
  readonly commR: string | null;
  readonly unsealedCid: string | null;
  readonly sealedCid: string | null;
  readonly ticket: string | null;
  readonly ticketEpoch: number | null;
  readonly seed: string | null;
  readonly seedEpoch: number | null;
  readonly precommitCid: string | null;
  readonly commitCid: string | null;
  readonly proof: string | null;
  readonly deals: readonly number[];
  /** Deals that were lost because the sector was not proven before they started; their data is in the sector. */
  readonly expiredDeals: readonly number[];
  readonly retries: number;
  readonly lastError: string | null;
  readonly expiration: number | null;
  readonly pieces: readonly {
    readonly size: number;
    readonly commP: string;
    readonly cid: string;
    readonly dealId: number | null;
  }[];
  readonly onChain: OnChainView | null;
  readonly timings: Timings;
  readonly why: string;
  readonly log?: readonly LogEntry[];
}

/** Milliseconds of the last successful run of each heavy step. */
export type Timings = Partial<Record<"AddPiece" | "PC1" | "PC2" | "C1" | "C2", number>>;

export interface Why {
  readonly sector: number;
  readonly state: State;
  readonly step: Step | null;
  readonly status: "running" | "queued" | "waiting" | "stopped" | "done";
  /** The one line. */
  readonly reason: string;
  /** What decides it: `epoch 1234`, `message bafy…`, `time`; null where nothing does. */
  readonly decidedBy: string | null;
  readonly nextTryAt: number | null;
  readonly since: number;
  readonly attempt: number;
  /** Whether a process is there that would do it. */
  readonly driver: boolean;
}

export interface InfoView {
  readonly network: {
    readonly kind: string;
    readonly name: string;
    readonly epoch: number;
    readonly headAt: number;
    readonly blockDelayMs: number;
    /** Nothing there is worth money. */
    readonly isLocal: boolean;
  };
  readonly miner: string;
  readonly sectorSize: number;
  readonly power: {
    readonly raw: string;
    readonly qualityAdjusted: string;
    readonly totalRaw: string;
    readonly totalQualityAdjusted: string;
    readonly hasMinPower: boolean;
  };
  readonly balances: Readonly<
    Record<
      | "miner"
      | "preCommitDeposits"
      | "initialPledge"
      | "vesting"
      | "available"
      | "marketEscrow"
      | "marketLocked"
      | "worker",
      string
    >
  >;
  readonly sectors: Readonly<Partial<Record<State, number>>>;
  readonly total: number;
  /** Live driver processes on this store. */
  readonly drivers: readonly { readonly pid: number; readonly host: string }[];
  /** Who pays for which messages. */
  readonly payers: readonly {
    readonly for: string;
    readonly address: string | null;
    readonly balance: string | null;
    /** Why nobody could pay; null where somebody can. */
    readonly problem: string | null;
  }[];
  /** What somebody should know before anything else; null where there is nothing. */
  readonly warning: string | null;
  readonly parameters: { readonly origin: "trusted" | "generated" | "missing"; readonly note: string | null };
}

/** What `sectors verify` found of a sector's files. */
export interface SectorCheck {
  readonly sector: number;
  readonly state: State;
  /** Nothing is wrong, and nothing is missing that must be there. */
  readonly ok: boolean;
  readonly deep: boolean;
  readonly files: readonly CheckedFile[];
}

export interface CheckedFile {
  readonly part: FilePart;
  /** Absent: not there, and not needed (any more, or yet). */
  readonly state: "right" | "wrong" | "missing" | "absent";
  /** What is wrong. */
  readonly detail: string | null;
}

/** What `pledge-sector --wait --json` prints for each sector. */
export interface PledgeResult {
  readonly sector: number;
  readonly state: State;
  readonly commD: string | null;
  readonly commR: string | null;
  readonly unsealedCid: string | null;
  readonly sealedCid: string | null;
  readonly precommitCid: string | null;
  readonly commitCid: string | null;
  readonly timings: Timings;
}
