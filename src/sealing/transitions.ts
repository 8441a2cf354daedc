/**
 * The walkthrough as a table: state → event → where the sector goes, and what it then knows. Pure: no clock, no I/O.
 * A row names the steps at which the event may come, the state it leads to, and how. An event without a row is
 * refused with UNEXPECTED_EVENT, never ignored.
 */
import { PadmaError } from "../errors.ts";
import { paddedSize } from "../units.ts";
import type { EventKind, EventOf, SectorEvent } from "./events.ts";
import { endOfPieces, fillers } from "./fillers.ts";
import { force } from "./force.ts";
import type {
  At,
  Draft,
  Failure,
  FailureState,
  Identity,
  Known,
  Piece,
  Position,
  Sector,
  State,
  Step,
} from "./sector.ts";

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
  const next = (s: Sector, e: E): Sector => ({
    ...s,
    state: to,
    step: "Diagnose",
    failure: e.failure,
    attempts: { ...s.attempts, [to]: (s.attempts[to] ?? 0) + 1 },
  });
  return { at, to: [to], next };
}

/** From any of these steps back to an earlier one; `back` drops what no longer holds. */
function back<T extends State, E extends SectorEvent>(
  to: T,
  at: readonly Step[],
  next: (s: Sector, e: E) => Sector & { readonly state: T },
): Row<E> {
  return { at, to: [to], next };
}

function forget(sector: Sector, ...keys: readonly (keyof Known)[]): Identity & Known {
  const { state: _state, step: _step, ...rest } = sector;
  return Object.fromEntries(
    Object.entries(rest).filter(([key]) => !keys.some((k) => k === key)),
  ) as unknown as Identity & Known;
}

/** What Diagnose promised must be there; otherwise the event is refused and the sector stays. */
function need<K extends keyof Known>(sector: Known & Identity, key: K): NonNullable<Known[K]> {
  const value = sector[key];
  if (value !== undefined) return value;
  throw new PadmaError({
    code: "EVENT_NOT_POSSIBLE",
    message: `sector ${sector.number} has no ${key} to go on with`,
  });
}

/** The first piece step that still has something to do for these drafts. */
function pieceStep(sector: Identity, drafts: readonly Draft[]): "CommP" | "AddPiece" {
  return sector.deal === "self" && drafts.length > 0 ? "CommP" : "AddPiece";
}

/** Filler drafts of a sector whose pledge is in; too much data is left to Packing, which refuses it. */
function fillerDrafts(sectorSize: Identity["sectorSize"], pieces: readonly Piece[]): readonly Draft[] {
  if (endOfPieces(pieces) > sectorSize) return [];
  return fillers(sectorSize, pieces).map((size) => ({
    size: paddedSize(size),
    content: fillerContent(pieces),
  }));
}

/** Fillers are pledged like the first piece: its pseudo-random stream, zeros beside zeros or a user's file. */
function fillerContent(pieces: readonly Piece[]): Draft["content"] {
  return pieces[0]?.content === "random" ? { kind: "random", seed: 42 } : { kind: "zeros" };
}

const PIECE_STEPS = ["CommP", "PublishDeals", "AwaitDeals", "AddPiece"] as const;
const COMMIT_STEPS = ["C1", "C2", "SendCommit"] as const;

/** Everything that hangs on the ticket. */
const SEALED = [
  "phase1",
  "replica",
  "preCommit",
  "preCommitLanded",
  "seed",
  "vanilla",
  "proof",
  "commit",
  "activation",
] as const;
/** Everything that hangs on the precommit being on chain. */
const SEEDED = ["seed", "vanilla", "proof", "commit", "activation"] as const;

const toTicket = (s: Sector) =>
  ({ ...forget(s, "ticket", ...SEALED), state: "Unsealed", step: "Ticket" }) as const;
const toPc1 = (s: Sector) =>
  ({
    ...forget(s, "phase1", "vanilla", "proof"),
    state: "Unsealed",
    step: "PC1",
    ticket: need(s, "ticket"),
  }) as const;
const replicated = (s: Sector) => ({ ticket: need(s, "ticket"), replica: need(s, "replica") });
const toPreCommitting = (s: Sector) =>
  ({
    ...forget(s, "preCommit", "preCommitLanded", ...SEEDED),
    state: "PreCommitting",
    step: "SendPreCommit",
    ...replicated(s),
  }) as const;
const toAwaitPreCommit = (s: Sector) =>
  ({
    ...forget(s, "preCommitLanded", ...SEEDED),
    state: "PreCommitted",
    step: "AwaitPreCommit",
    ...replicated(s),
    preCommit: need(s, "preCommit"),
  }) as const;
const toAwaitSeed = (s: Sector, landed: NonNullable<Known["preCommitLanded"]>) =>
  ({
    ...forget(s, ...SEEDED),
    state: "PreCommitted",
    step: "AwaitSeed",
    ...replicated(s),
    preCommitLanded: landed,
  }) as const;
const seeded = (s: Sector) => ({
  ...replicated(s),
  preCommitLanded: need(s, "preCommitLanded"),
  seed: need(s, "seed"),
});
const toC1 = (s: Sector) =>
  ({ ...forget(s, "vanilla", "proof", "commit"), state: "Committing", step: "C1", ...seeded(s) }) as const;
const toSendCommit = (s: Sector) =>
  ({
    ...forget(s, "commit", "activation"),
    state: "Committing",
    step: "SendCommit",
    ...seeded(s),
    proof: need(s, "proof"),
  }) as const;
const toCommitWait = (s: Sector) =>
  ({
    ...forget(s, "activation"),
    state: "CommitWait",
    step: "AwaitCommit",
    ...replicated(s),
    commit: need(s, "commit"),
  }) as const;
const landedOf = (e: EventOf<"SectorPreCommitLanded" | "SectorRetryWaitSeed">) => ({
  epoch: e.epoch,
  tipset: e.tipset,
});

const withDealIds = (drafts: readonly Draft[], ids: readonly number[]): readonly Draft[] =>
  drafts.map((draft, i) => {
    const dealId = ids[i];
    return dealId === undefined ? draft : { ...draft, dealId };
  });

const fatal: Row<EventOf<"SectorFatalError">> = {
  at: PIECE_STEPS,
  to: ["FailedUnrecoverable"],
  next: (s, e) => ({ ...s, state: "FailedUnrecoverable", step: null, failure: e.failure }),
};

const retryTicket = back("Unsealed", ["Diagnose"], toTicket);
const retryPc1 = back("Unsealed", ["Diagnose"], toPc1);
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
    SectorOldTicket: back("Unsealed", ["PC1", "PC2"], toTicket),
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
    SectorOldTicket: back("Unsealed", ["SendPreCommit"], toTicket),
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
    SectorProving: back("Proving", ["SendCommit"], (s, e) => ({
      ...forget(s, "failure"),
      state: "Proving",
      step: "Finalize",
      replica: need(s, "replica"),
      activation: e.activation,
    })),
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
    SectorRetryPieces: { at: ["Diagnose"], to: ["Incoming", "Packing"], next: retryPieces },
    SectorRetryPublishDeals: { at: ["Diagnose"], to: ["Incoming", "Packing"], next: retryPublishDeals },
    SectorRetryTicket: retryTicket,
    SectorRetrySealPreCommit1: retryPc1,
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
    SectorRetryTicket: retryTicket,
    SectorRetrySealPreCommit1: retryPc1,
    SectorFatalError: { ...fatal, at: ["Diagnose"] },
  },
  SealCommitFailed: {
    SectorRetryComputeProof: back("Committing", ["Diagnose"], toC1),
    SectorRetrySealPreCommit1: retryPc1,
    SectorFatalError: { ...fatal, at: ["Diagnose"] },
  },
  CommitFailed: {
    SectorRetrySubmitCommit: back("Committing", ["Diagnose"], toSendCommit),
    SectorRetryCommitWait: back("CommitWait", ["Diagnose"], toCommitWait),
    SectorRetryComputeProof: back("Committing", ["Diagnose"], toC1),
    SectorRetryWaitSeed: back("PreCommitted", ["Diagnose"], (s, e) => toAwaitSeed(s, landedOf(e))),
    SectorRetryPreCommit: back("PreCommitting", ["Diagnose"], toPreCommitting),
    SectorRetryTicket: retryTicket,
    SectorProving: back("Proving", ["Diagnose"], (s, e) => ({
      ...forget(s, "failure"),
      state: "Proving",
      step: "Finalize",
      replica: need(s, "replica"),
      activation: e.activation,
    })),
    SectorFatalError: { ...fatal, at: ["Diagnose"] },
  },
  FailedUnrecoverable: {},
  Removing: {},
  Removed: {},
} as const satisfies Transitions;

/** Pieces are added where they were being added: the pledge in Incoming, fillers in Packing. */
const pieceState = (s: Sector) => (s.pieces.length === 0 ? "Incoming" : "Packing");

/** The published message failed: the same pieces, a new message. */
function retryPublishDeals(s: Sector): Sector {
  const drafts = need(s, "drafts");
  return { ...forget(s, "publish"), state: pieceState(s), step: pieceStep(s, drafts), drafts };
}

/** The deals on chain are kept when there are some. */
function retryPieces(s: Sector): Sector {
  const drafts = need(s, "drafts");
  const state = pieceState(s);
  const dealsLanded = drafts.every((draft) => draft.dealId !== undefined);
  if (s.deal === "self" && !dealsLanded) {
    if (s.publish !== undefined) return { ...s, state, step: "AwaitDeals", drafts, publish: s.publish };
    return { ...s, state, step: pieceStep(s, drafts), drafts };
  }
  return { ...s, state, step: "AddPiece", drafts };
}

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
