/**
 * The walkthrough as a table: state → event → where the sector goes, and what it then knows. Pure: no clock, no I/O.
 * A row names the steps at which the event may come, the state it leads to, and how. An event without a row is
 * refused with UNEXPECTED_EVENT, never ignored.
 */
import { PadmaError } from "../errors.ts";
import { fillerDrafts, pieceStep, withDealIds } from "./drafts.ts";
import type { EventKind, EventOf, SectorEvent } from "./events.ts";
import { force } from "./force.ts";
import {
  forget,
  need,
  replicated,
  toAllPieces,
  toAwaitPreCommit,
  toAwaitSeed,
  toC1,
  toCommitWait,
  toPc1,
  toPieces,
  toPreCommitting,
  toPublishDeals,
  toSendCommit,
  toTicket,
} from "./positions.ts";
import type { At, Failure, FailureState, Identity, Known, Position, Sector, State, Step } from "./sector.ts";
import { MAX_ATTEMPTS } from "./states.ts";

interface Row<E extends SectorEvent> {
  readonly at: readonly Step[];
  readonly to: readonly State[];
  readonly next: (sector: Sector, event: E) => Sector;
}

type Transitions = { readonly [S in State]: { readonly [K in EventKind]?: Row<EventOf<K>> } };

/** At `step`, go to `to`. `apply` has checked the step before `next` is called. */
function on<P extends Step, T extends State, E extends SectorEvent>(
  step: P,
  to: T,
  next: (sector: At<P>, event: E) => Identity & Known & Position & { readonly state: T },
): Row<E> {
  return { at: [step], to: [to], next: (sector, event) => next(sector as At<P>, event) };
}

/** From any of these steps into a failure state, keeping all that is known, counting the entry. */
function fails<E extends SectorEvent & { readonly failure: Failure }>(
  to: FailureState,
  ...at: Step[]
): Row<E> {
  return { at, to: [to], next: (s, e) => failed(counted(s, to), to, e.failure) };
}

const counted = (s: Sector, state: FailureState): Sector => ({
  ...s,
  attempts: { ...s.attempts, [state]: (s.attempts[state] ?? 0) + 1 },
});

const failed = (s: Sector, state: FailureState, failure: Failure): Sector => ({
  ...s,
  state,
  step: "Diagnose",
  failure,
});

/**
 * Back for a new ticket. It counts like a failure of sealing: where sealing takes longer than a ticket lives, each
 * new one would be too old again, for ever.
 */
function oldTicket(...at: Step[]): Row<EventOf<"SectorOldTicket">> {
  const next = (before: Sector, { message }: EventOf<"SectorOldTicket">): Sector => {
    const s = counted(before, "SealFailed");
    if ((s.attempts.SealFailed ?? 0) <= MAX_ATTEMPTS.SealFailed) return toTicket(s);
    const failure = {
      step: before.step ?? "Ticket",
      code: "TICKET_OUTLIVED",
      message: `sealing takes longer than a ticket lives: ${message}`,
    };
    return failed(s, "SealFailed", failure);
  };
  return { at, to: ["Unsealed", "SealFailed"], next };
}

/** From any of these steps back to an earlier one; `back` drops what no longer holds. */
function back<T extends State, E extends SectorEvent>(
  to: T,
  at: readonly Step[],
  next: (s: Sector, e: E) => Sector & { readonly state: T },
): Row<E> {
  return { at, to: [to], next };
}

const PIECE_STEPS = ["CommP", "PublishDeals", "AwaitDeals", "AddPiece"] as const;
const COMMIT_STEPS = ["C1", "C2", "SendCommit"] as const;

const landedOf = (e: EventOf<"SectorPreCommitLanded" | "SectorRetryWaitSeed">) => ({
  epoch: e.epoch,
  tipset: e.tipset,
});

const fatal: Row<EventOf<"SectorFatalError">> = {
  at: PIECE_STEPS,
  to: ["FailedUnrecoverable"],
  next: (s, e) => ({ ...s, state: "FailedUnrecoverable", step: null, failure: e.failure }),
};

/** The chain has this very replica: whatever went wrong on the way, the sector is proving. */
const provingAfterAll = (at: Step): Row<EventOf<"SectorProving">> =>
  back("Proving", [at], (s, e) => ({
    ...forget(s, "failure"),
    state: "Proving",
    step: "Finalize",
    replica: need(s, "replica"),
    activation: e.activation,
  }));

/** The data stays in the sector as pieces without a deal; which deals were lost is kept and shown. */
function withoutDeals(s: At<"SendCommit">, expired: readonly number[]): At<"SendCommit"> {
  const pieces = s.pieces.map(({ dealId, ...piece }) =>
    dealId === undefined || expired.includes(dealId) ? piece : { ...piece, dealId },
  );
  return { ...s, pieces, expiredDeals: [...(s.expiredDeals ?? []), ...expired] };
}

const retryTicket = back("Unsealed", ["Diagnose"], toTicket);
const retryPc1 = back("Unsealed", ["Diagnose"], toPc1);
const retryFromPieces = back("Packing", ["Diagnose"], toAllPieces);
/** Sealing again, from as far back as needed; open to every failure after the pieces. */
const SEAL_AGAIN = {
  SectorRetryTicket: retryTicket,
  SectorRetrySealPreCommit1: retryPc1,
  SectorRetryFromPieces: retryFromPieces,
} as const;
const preCommitReverted = (...at: Step[]) => back("PreCommitted", at, (s) => toAwaitPreCommit(s));
const seedReverted = (...at: Step[]) =>
  back("PreCommitted", at, (s) => toAwaitSeed(s, need(s, "preCommitLanded")));

export const TRANSITIONS = {
  Incoming: {
    SectorPieceCommitments: on("CommP", "Incoming", (s, e) => ({
      ...s,
      state: "Incoming",
      step: "PublishDeals",
      drafts: e.drafts,
    })),
    SectorDealsPublished: on("PublishDeals", "Incoming", (s, e) => ({
      ...s,
      state: "Incoming",
      step: "AwaitDeals",
      publish: e.message,
    })),
    SectorDealsLanded: on("AwaitDeals", "Incoming", (s, e) => ({
      ...s,
      state: "Incoming",
      step: "AddPiece",
      drafts: withDealIds(s.drafts, e.dealIds),
    })),
    SectorDealsReverted: back("Incoming", ["AwaitDeals", "AddPiece"], (s) => ({
      ...s,
      state: "Incoming",
      step: "AwaitDeals",
      drafts: need(s, "drafts"),
      publish: need(s, "publish"),
    })),
    SectorPieceAdded: on("AddPiece", "Packing", (s, e) => {
      const pieces = [...s.pieces, ...e.pieces];
      const drafts = fillerDrafts(s.sectorSize, pieces);
      return {
        ...forget(s, "publish", "failure"),
        state: "Packing",
        step: pieceStep(s, drafts),
        pieces,
        drafts,
      };
    }),
    SectorAddPieceFailed: fails("SealFailed", ...PIECE_STEPS),
  },
  Packing: {
    SectorPieceCommitments: on("CommP", "Packing", (s, e) => ({
      ...s,
      state: "Packing",
      step: "PublishDeals",
      drafts: e.drafts,
    })),
    SectorDealsPublished: on("PublishDeals", "Packing", (s, e) => ({
      ...s,
      state: "Packing",
      step: "AwaitDeals",
      publish: e.message,
    })),
    SectorDealsLanded: on("AwaitDeals", "Packing", (s, e) => ({
      ...s,
      state: "Packing",
      step: "AddPiece",
      drafts: withDealIds(s.drafts, e.dealIds),
    })),
    SectorDealsReverted: back("Packing", ["AwaitDeals", "AddPiece"], (s) => ({
      ...s,
      state: "Packing",
      step: "AwaitDeals",
      drafts: need(s, "drafts"),
      publish: need(s, "publish"),
    })),
    SectorPacked: on("AddPiece", "Unsealed", (s, e) => ({
      ...forget(s, "drafts", "publish", "failure"),
      state: "Unsealed",
      step: "Ticket",
      pieces: [...s.pieces, ...e.fillers],
    })),
    SectorFatalError: fatal,
    SectorAddPieceFailed: fails("SealFailed", ...PIECE_STEPS),
  },
  Unsealed: {
    SectorTicket: on("Ticket", "Unsealed", (s, e) => ({
      ...s,
      state: "Unsealed",
      step: "PC1",
      ticket: e.ticket,
    })),
    SectorPreCommit1: on("PC1", "Unsealed", (s, e) => ({
      ...s,
      state: "Unsealed",
      step: "PC2",
      phase1: { attempt: e.attempt, commD: e.commD },
    })),
    SectorPreCommit2: on("PC2", "PreCommitting", (s, e) => ({
      ...forget(s, "phase1", "failure"),
      state: "PreCommitting",
      step: "SendPreCommit",
      ticket: s.ticket,
      replica: { commD: e.commD, commR: e.commR },
    })),
    SectorOldTicket: oldTicket("PC1", "PC2"),
    SectorSealPreCommit1Failed: fails("SealFailed", "Ticket", "PC1"),
    SectorSealPreCommit2Failed: fails("SealFailed", "PC2"),
  },
  PreCommitting: {
    SectorPreCommitBatchSent: on("SendPreCommit", "PreCommitted", (s, e) => ({
      ...s,
      state: "PreCommitted",
      step: "AwaitPreCommit",
      preCommit: e.message,
    })),
    // Found on chain already, before anything was sent again.
    SectorPreCommitLanded: back("PreCommitted", ["SendPreCommit"], (s, e) => toAwaitSeed(s, landedOf(e))),
    SectorOldTicket: oldTicket("SendPreCommit"),
    SectorChainPreCommitFailed: fails("PreCommitFailed", "SendPreCommit"),
  },
  PreCommitted: {
    SectorPreCommitLanded: back("PreCommitted", ["AwaitPreCommit"], (s, e) => toAwaitSeed(s, landedOf(e))),
    SectorSeedReady: on("AwaitSeed", "Committing", (s, e) => ({
      ...forget(s, "failure"),
      state: "Committing",
      step: "C1",
      ...replicated(s),
      preCommitLanded: s.preCommitLanded,
      seed: e.seed,
    })),
    SectorPreCommitReverted: preCommitReverted("AwaitPreCommit", "AwaitSeed"),
    SectorChainPreCommitFailed: fails("PreCommitFailed", "AwaitPreCommit", "AwaitSeed"),
  },
  Committing: {
    SectorCommit1: on("C1", "Committing", (s, e) => ({
      ...s,
      state: "Committing",
      step: "C2",
      vanilla: { attempt: e.attempt },
    })),
    SectorCommitted: on("C2", "Committing", (s, e) => ({
      ...s,
      state: "Committing",
      step: "SendCommit",
      proof: e.proof,
    })),
    SectorCommitAggregateSent: on("SendCommit", "CommitWait", (s, e) => ({
      ...s,
      state: "CommitWait",
      step: "AwaitCommit",
      commit: e.message,
    })),
    // Found on chain already, before anything was sent again.
    SectorProving: provingAfterAll("SendCommit"),
    SectorDealsExpired: on("SendCommit", "Committing", (s, e) => withoutDeals(s, e.dealIds)),
    SectorPreCommitReverted: preCommitReverted(...COMMIT_STEPS),
    SectorSeedReverted: seedReverted(...COMMIT_STEPS),
    SectorComputeProofFailed: fails("SealCommitFailed", "C1", "C2"),
    SectorCommitFailed: fails("CommitFailed", "SendCommit"),
  },
  CommitWait: {
    SectorProving: on("AwaitCommit", "Proving", (s, e) => ({
      ...forget(s, "failure"),
      state: "Proving",
      step: "Finalize",
      replica: s.replica,
      activation: e.activation,
    })),
    SectorPreCommitReverted: preCommitReverted("AwaitCommit"),
    SectorSeedReverted: seedReverted("AwaitCommit"),
    SectorCommitReverted: back("CommitWait", ["AwaitCommit"], toCommitWait),
    SectorCommitFailed: fails("CommitFailed", "AwaitCommit"),
  },
  Proving: {
    SectorFinalized: on("Finalize", "Proving", (s) => ({ ...s, state: "Proving", step: null })),
    SectorPreCommitReverted: preCommitReverted("Finalize"),
    SectorSeedReverted: seedReverted("Finalize"),
    SectorCommitReverted: back("CommitWait", ["Finalize"], toCommitWait),
  },
  SealFailed: {
    SectorRetryPieces: { at: ["Diagnose"], to: ["Incoming", "Packing"], next: toPieces },
    SectorRetryPublishDeals: { at: ["Diagnose"], to: ["Incoming", "Packing"], next: toPublishDeals },
    ...SEAL_AGAIN,
    SectorRetrySealPreCommit2: back("Unsealed", ["Diagnose"], (s) => ({
      ...s,
      state: "Unsealed",
      step: "PC2",
      ticket: need(s, "ticket"),
      phase1: need(s, "phase1"),
    })),
    SectorFatalError: { ...fatal, at: ["Diagnose"] },
  },
  PreCommitFailed: {
    SectorRetryPreCommit: back("PreCommitting", ["Diagnose"], toPreCommitting),
    SectorRetryPreCommitWait: back("PreCommitted", ["Diagnose"], toAwaitPreCommit),
    SectorRetryWaitSeed: back("PreCommitted", ["Diagnose"], (s, e) => toAwaitSeed(s, landedOf(e))),
    SectorProving: provingAfterAll("Diagnose"),
    ...SEAL_AGAIN,
    SectorFatalError: { ...fatal, at: ["Diagnose"] },
  },
  SealCommitFailed: {
    SectorRetryComputeProof: back("Committing", ["Diagnose"], toC1),
    SectorProving: provingAfterAll("Diagnose"),
    ...SEAL_AGAIN,
    SectorFatalError: { ...fatal, at: ["Diagnose"] },
  },
  CommitFailed: {
    SectorRetrySubmitCommit: back("Committing", ["Diagnose"], toSendCommit),
    SectorRetryCommitWait: back("CommitWait", ["Diagnose"], toCommitWait),
    SectorRetryComputeProof: back("Committing", ["Diagnose"], toC1),
    SectorRetryWaitSeed: back("PreCommitted", ["Diagnose"], (s, e) => toAwaitSeed(s, landedOf(e))),
    SectorRetryPreCommit: back("PreCommitting", ["Diagnose"], toPreCommitting),
    SectorRetryTicket: retryTicket,
    SectorProving: provingAfterAll("Diagnose"),
    SectorFatalError: { ...fatal, at: ["Diagnose"] },
  },
  FailedUnrecoverable: {},
  Removing: {},
  Removed: {},
} as const satisfies Transitions;

/**
 * The sector after an event: a new value with the next version; the old one is left as it was.
 *
 * @throws UNEXPECTED_EVENT when the state, or the step in it, has no row for the event.
 * @throws EVENT_NOT_POSSIBLE when the event goes back to something that the sector does not know.
 */
export function apply(sector: Sector, event: SectorEvent): Sector {
  if (event.kind === "SectorForceState")
    return { ...force(sector, event.state), version: sector.version + 1 };
  const rows: { readonly [K in EventKind]?: Row<never> } = TRANSITIONS[sector.state];
  const row = rows[event.kind] as Row<SectorEvent> | undefined;
  if (row === undefined || sector.step === null || !row.at.includes(sector.step))
    throw unexpected(sector, event);
  return { ...row.next(sector, event), version: sector.version + 1 };
}

function unexpected(sector: Sector, event: SectorEvent): PadmaError {
  return new PadmaError({
    code: "UNEXPECTED_EVENT",
    message: `sector ${sector.number} cannot take ${event.kind} in ${sector.state}${sector.step === null ? "" : ` at ${sector.step}`}`,
    facts: { state: sector.state, step: sector.step ?? "none", event: event.kind },
  });
}
