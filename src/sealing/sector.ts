/** What padma knows of a sector. A step's type says which of it must be there: `At<"PC2">` has a ticket and layers. */
import type { ActorId, Epoch, Millis, PaddedSize, SectorNumber } from "../units.ts";

/** What fills the sector's first piece. Only zeros without a deal make a committed-capacity (CC) sector. */
export type Content =
  | { readonly kind: "zeros" }
  /** The walkthrough's pseudo-random bytes (seed 42), the same for every pledge. */
  | { readonly kind: "random"; readonly seed: number }
  /** A copy of the user's file, `bytes` long, padded with zeros to the piece. */
  | { readonly kind: "file"; readonly path: string; readonly bytes: number };

/** Of the walkthrough's `rand.NewSource(42)`: every pledge has the same bytes. */
export const PLEDGE_SEED = 42;

export type DealMode = "self" | "none";

/** A piece on its way into the sector: its CommP and deal become known step by step. */
export interface Draft {
  readonly size: PaddedSize;
  readonly content: Content;
  readonly commP?: string;
  readonly dealId?: number;
  readonly publish?: Published;
}

/** Where a deal's id comes from: the message, the deal's place in it, and the epoch in which it landed. */
export interface Published {
  readonly message: string;
  readonly index: number;
  readonly epoch: Epoch;
}

/** A piece in the unsealed file. */
export interface Piece {
  readonly size: PaddedSize;
  readonly commP: string;
  readonly content: Content["kind"];
  readonly dealId?: number;
  readonly publish?: Published;
}

export interface Randomness {
  readonly epoch: Epoch;
  /** 32 bytes, hex. */
  readonly value: string;
}

/** What of a sector stands on a tipset, and is gone with it: a message that counted, or the seed's epoch. */
export type Footing = "publish" | "preCommit" | "seed" | "commit";

/** A reorg that took away what had been counted on: it went deeper than the confidence. */
export interface Reorg {
  /** Where the footing was. */
  readonly epoch: Epoch;
  /** The lowest epoch known to have another tipset now. */
  readonly from: Epoch;
  /** Head when it was noticed. */
  readonly noticedAt: Epoch;
}

/** Gathered on the way; going back drops what no longer holds. */
export interface Known {
  /** Pieces that this state adds: the pledge in Incoming, the fillers in Packing. */
  readonly drafts?: readonly Draft[];
  /** CID of the PublishStorageDeals message of `drafts`. */
  readonly publish?: string;
  readonly ticket?: Randomness;
  /** Folder of PC1's result, and the CommD that it found. */
  readonly phase1?: { readonly attempt: string; readonly commD: string };
  /** The sealed sector that has its final name: 32 bytes hex each. */
  readonly replica?: { readonly commD: string; readonly commR: string };
  /** CID of the precommit message; absent when the precommit was found on chain without it. */
  readonly preCommit?: string;
  /** The precommit on chain. */
  readonly preCommitLanded?: { readonly epoch: Epoch; readonly tipset: readonly string[] };
  readonly seed?: Randomness;
  /** Folder of C1's result. */
  readonly vanilla?: { readonly attempt: string };
  /** Groth16 proof, hex. */
  readonly proof?: string;
  /** CID of the commit message. */
  readonly commit?: string;
  /** Epoch in which the commit was executed. */
  readonly activation?: Epoch;
  /** Deals that were lost because the sector was not proven before they started. */
  readonly expiredDeals?: readonly number[];
  readonly failure?: Failure;
  /** The last footing that a reorg took away, until the sector stands again. */
  readonly reverted?: Reorg & { readonly what: Footing };
}

/** What went wrong, as `sectors status` and `why` show it. */
export interface Failure {
  readonly step: Step;
  readonly code: string;
  readonly message: string;
  readonly next?: string;
  /** Of a message that failed on chain. */
  readonly exitCode?: number;
}

type Has<K extends keyof Known> = { readonly [P in K]-?: NonNullable<Known[P]> };
type Replicated = Has<"ticket" | "replica">;
type Seeded = Replicated & Has<"preCommitLanded" | "seed">;

/** Every place a sector can be in, with what must be known there. */
export type Position =
  | ({ readonly state: "Incoming" | "Packing"; readonly step: "CommP" } & Has<"drafts">)
  | ({ readonly state: "Incoming" | "Packing"; readonly step: "PublishDeals" } & Has<"drafts">)
  | ({ readonly state: "Incoming" | "Packing"; readonly step: "AwaitDeals" } & Has<"drafts" | "publish">)
  | ({ readonly state: "Incoming" | "Packing"; readonly step: "AddPiece" } & Has<"drafts">)
  | { readonly state: "Unsealed"; readonly step: "Ticket" }
  | ({ readonly state: "Unsealed"; readonly step: "PC1" } & Has<"ticket">)
  | ({ readonly state: "Unsealed"; readonly step: "PC2" } & Has<"ticket" | "phase1">)
  | ({ readonly state: "PreCommitting"; readonly step: "SendPreCommit" } & Replicated)
  | ({ readonly state: "PreCommitted"; readonly step: "AwaitPreCommit" } & Replicated & Has<"preCommit">)
  | ({ readonly state: "PreCommitted"; readonly step: "AwaitSeed" } & Replicated & Has<"preCommitLanded">)
  | ({ readonly state: "Committing"; readonly step: "C1" } & Seeded)
  | ({ readonly state: "Committing"; readonly step: "C2" } & Seeded & Has<"vanilla">)
  | ({ readonly state: "Committing"; readonly step: "SendCommit" } & Seeded & Has<"proof">)
  | ({ readonly state: "CommitWait"; readonly step: "AwaitCommit" } & Replicated & Has<"commit">)
  | ({ readonly state: "Proving"; readonly step: "Finalize" } & Has<"replica" | "activation">)
  | { readonly state: "Proving"; readonly step: null }
  | ({ readonly state: FailureState; readonly step: "Diagnose" } & Has<"failure">)
  | { readonly state: "FailedUnrecoverable" | "Removing" | "Removed"; readonly step: null };

export type State = Position["state"];
export type Step = NonNullable<Position["step"]>;
export type FailureState = "SealFailed" | "PreCommitFailed" | "SealCommitFailed" | "CommitFailed";

/** What never changes after the sector is born, and its counters. */
export interface Identity {
  readonly number: SectorNumber;
  readonly miner: ActorId;
  readonly sectorSize: PaddedSize;
  /** RegisteredSealProof, V1_1: 5 (2 KiB) … 9 (64 GiB). */
  readonly sealProof: number;
  readonly deal: DealMode;
  readonly createdAt: Millis;
  /** Grows by one with each event; an update for an older version is refused. */
  readonly version: number;
  /** In the unsealed file, in order. */
  readonly pieces: readonly Piece[];
  /** How often each failure state was entered since the sector was last forced. */
  readonly attempts: Readonly<Partial<Record<FailureState, number>>>;
}

export type Sector = Identity & Known & Position;
/** The sector while `step` is next: what the step may rely on. */
export type At<P extends Step> = Identity & Known & Position & { readonly step: P };

/** CC: committed capacity, zeros without a deal. Its precommit carries no CommD. */
export const isCommittedCapacity = (sector: Identity): boolean =>
  sector.pieces.every((piece) => piece.content === "zeros" && piece.dealId === undefined);
