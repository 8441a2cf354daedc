/**
 * Events: what a step found out, and the only thing that moves a sector. Where lotus has the event, its name is
 * kept (`[event;sealing.SectorPreCommit1]` in the log), so that scripts which read logs go on working.
 */
import type { Epoch } from "../units.ts";
import type { Content, DealMode, Draft, Failure, Piece, Randomness, Reorg, State } from "./sector.ts";

/** The first entry of every sector's log; it creates the sector rather than moving it. */
export type BirthEvent =
  | { readonly kind: "SectorStartCC" }
  | { readonly kind: "SectorStart"; readonly deal: DealMode; readonly content: Content["kind"] };

type Failed<K extends string> = { readonly kind: K; readonly failure: Failure };

export type SectorEvent =
  /** The message that the sector waits for is on its way under another CID: made anew by another node, or replaced. */
  | { readonly kind: "SectorMessageRenewed"; readonly from: string; readonly to: string }
  // Incoming, Packing
  | { readonly kind: "SectorPieceCommitments"; readonly drafts: readonly Draft[] }
  | { readonly kind: "SectorDealsPublished"; readonly message: string }
  | {
      readonly kind: "SectorDealsLanded";
      readonly dealIds: readonly number[];
      readonly epoch: Epoch;
      readonly tipset: readonly string[];
    }
  | { readonly kind: "SectorPieceAdded"; readonly pieces: readonly Piece[] }
  | { readonly kind: "SectorPacked"; readonly fillers: readonly Piece[] }
  | Failed<"SectorAddPieceFailed">
  | Failed<"SectorFatalError">
  // Unsealed
  | { readonly kind: "SectorTicket"; readonly ticket: Randomness }
  | { readonly kind: "SectorOldTicket"; readonly message: string }
  | { readonly kind: "SectorPreCommit1"; readonly attempt: string; readonly commD: string }
  | { readonly kind: "SectorPreCommit2"; readonly commD: string; readonly commR: string }
  | Failed<"SectorSealPreCommit1Failed">
  | Failed<"SectorSealPreCommit2Failed">
  // PreCommitting, PreCommitted
  | { readonly kind: "SectorPreCommitBatchSent"; readonly message: string }
  | { readonly kind: "SectorPreCommitLanded"; readonly epoch: Epoch; readonly tipset: readonly string[] }
  | { readonly kind: "SectorSeedReady"; readonly seed: Randomness }
  | Failed<"SectorChainPreCommitFailed">
  // Committing, CommitWait
  | { readonly kind: "SectorCommit1"; readonly attempt: string }
  | { readonly kind: "SectorCommitted"; readonly proof: string }
  /** Deals that expired before the sector was proven; their data stays in it. */
  | { readonly kind: "SectorDealsExpired"; readonly dealIds: readonly number[]; readonly message: string }
  /** A reorg gave deals other ids after they had been read. */
  | {
      readonly kind: "SectorDealsRenumbered";
      readonly deals: readonly { readonly from: number; readonly to: number }[];
    }
  | { readonly kind: "SectorCommitAggregateSent"; readonly message: string }
  /** `tipset`: the one that included the commit; empty when the sector was found on chain without its message. */
  | { readonly kind: "SectorProving"; readonly activation: Epoch; readonly tipset: readonly string[] }
  | Failed<"SectorComputeProofFailed">
  | Failed<"SectorCommitFailed">
  // Proving
  | { readonly kind: "SectorFinalized" }
  // Diagnose: where the work goes on with the least repeated
  | { readonly kind: "SectorRetryPieces" }
  | { readonly kind: "SectorRetryPublishDeals" }
  /** The unsealed file is gone or wrong, and its pieces can be made again. */
  | { readonly kind: "SectorRetryFromPieces" }
  | { readonly kind: "SectorRetryTicket" }
  | { readonly kind: "SectorRetrySealPreCommit1" }
  | { readonly kind: "SectorRetrySealPreCommit2" }
  | { readonly kind: "SectorRetryPreCommit" }
  | { readonly kind: "SectorRetryPreCommitWait" }
  | { readonly kind: "SectorRetryWaitSeed"; readonly epoch: Epoch; readonly tipset: readonly string[] }
  | { readonly kind: "SectorRetryComputeProof" }
  | { readonly kind: "SectorRetrySubmitCommit" }
  | { readonly kind: "SectorRetryCommitWait" }
  // A reorg took away what the sector stands on
  | { readonly kind: "SectorDealsReverted"; readonly reorg: Reorg }
  | { readonly kind: "SectorPreCommitReverted"; readonly reorg: Reorg }
  | { readonly kind: "SectorSeedReverted"; readonly reorg: Reorg }
  | { readonly kind: "SectorCommitReverted"; readonly reorg: Reorg }
  // `sectors update-state`
  | { readonly kind: "SectorForceState"; readonly state: State };

export type EventKind = SectorEvent["kind"];
export type EventOf<K extends EventKind> = Extract<SectorEvent, { kind: K }>;
