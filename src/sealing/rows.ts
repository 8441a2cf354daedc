/** What the table of transitions is written with: kinds of rows, and rows that several states share. */
import { withDealIds } from "./drafts.ts";
import type { EventKind, EventOf, SectorEvent } from "./events.ts";
import {
  forget,
  need,
  toAllPieces,
  toAwaitDeals,
  toCommitAgain,
  toPc1,
  toPreCommitAgain,
  toSeedAgain,
  toTicket,
} from "./positions.ts";
import type {
  At,
  Failure,
  FailureState,
  Footing,
  Identity,
  Known,
  Position,
  Sector,
  State,
  Step,
} from "./sector.ts";
import { MAX_ATTEMPTS } from "./states.ts";

export interface Row<E extends SectorEvent> {
  /** Null: at rest, nothing being next. */
  readonly at: readonly (Step | null)[];
  readonly to: readonly State[];
  readonly next: (sector: Sector, event: E) => Sector;
}

type Place<T extends State, Q extends Step> = Position & { readonly state: T; readonly step: Q };
/** What must be known at a place, without the place itself. */
type KnownAt<T extends State, Q extends Step> = Identity & Known & Omit<Place<T, Q>, "state" | "step">;

/** At step `at`, go to `step` of `state`, knowing what `learn` returns. `apply` has checked the step before. */
export function on<P extends Step, T extends State, Q extends Step, E extends SectorEvent>(
  at: P,
  state: T,
  step: Q,
  learn: (sector: At<P>, event: E) => KnownAt<T, Q>,
): Row<E> {
  const next = (sector: Sector, event: E) =>
    ({ ...learn(sector as At<P>, event), state, step }) as unknown as Sector;
  return { at: [at], to: [state], next };
}

/** From any of these steps into a failure state, keeping all that is known, counting the entry. */
export function fails<E extends SectorEvent & { readonly failure: Failure }>(
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
export function oldTicket(...at: Step[]): Row<EventOf<"SectorOldTicket">> {
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
export function back<T extends State, E extends SectorEvent>(
  to: T,
  at: readonly Step[],
  next: (s: Sector, e: E) => Sector & { readonly state: T },
): Row<E> {
  return { at, to: [to], next };
}

const PIECE_STEPS = ["CommP", "PublishDeals", "AwaitDeals", "AddPiece"] as const;
export const COMMIT_STEPS = ["C1", "C2", "SendCommit"] as const;

export const landedOf = (e: EventOf<"SectorPreCommitLanded" | "SectorRetryWaitSeed">) => ({
  epoch: e.epoch,
  tipset: e.tipset,
});

export const fatal: Row<EventOf<"SectorFatalError">> = {
  at: PIECE_STEPS,
  to: ["FailedUnrecoverable"],
  next: (s, e) => ({ ...s, state: "FailedUnrecoverable", step: null, failure: e.failure }),
};

/** The chain has this very replica: whatever went wrong on the way, the sector is proving. */
export const proving = (at: Step): Row<EventOf<"SectorProving">> =>
  back("Proving", [at], (s, e) => ({
    ...forget(s, "failure"),
    state: "Proving",
    step: "Finalize",
    replica: need(s, "replica"),
    activation: e.activation,
  }));

/** The data stays in the sector as pieces without a deal; which deals were lost is kept and shown. */
export function withoutDeals(s: At<"SendCommit">, expired: readonly number[]): At<"SendCommit"> {
  const pieces = s.pieces.map((piece) => {
    const { dealId, publish: _gone, ...rest } = piece;
    return dealId === undefined || expired.includes(dealId) ? rest : piece;
  });
  return { ...s, pieces, expiredDeals: [...(s.expiredDeals ?? []), ...expired] };
}

/** Deals that a reorg gave other ids. */
export function renumbered(
  s: At<"SendCommit">,
  deals: EventOf<"SectorDealsRenumbered">["deals"],
): At<"SendCommit"> {
  const ids = new Map(deals.map(({ from, to }) => [from, to]));
  const pieces = s.pieces.map((piece) => {
    const to = piece.dealId === undefined ? undefined : ids.get(piece.dealId);
    return to === undefined ? piece : { ...piece, dealId: to };
  });
  return { ...s, pieces };
}

/** Stays where it is, and waits for the message under its new CID. */
export const renewed = (state: State, ...at: Step[]): Row<EventOf<"SectorMessageRenewed">> => ({
  at,
  to: [state],
  next: (s, { from, to }) => ({
    ...s,
    pieces: s.pieces.map((piece) =>
      piece.publish?.message === from ? { ...piece, publish: { ...piece.publish, message: to } } : piece,
    ),
    ...(s.publish === from ? { publish: to } : {}),
    ...(s.preCommit === from ? { preCommit: to } : {}),
    ...(s.commit === from ? { commit: to } : {}),
  }),
});

const retryTicket = back("Unsealed", ["Diagnose"], toTicket);
const retryPc1 = back("Unsealed", ["Diagnose"], toPc1);
const retryFromPieces = back("Packing", ["Diagnose"], toAllPieces);
/** Sealing again, from as far back as needed; open to every failure after the pieces. */
export const SEAL_AGAIN = {
  SectorRetryTicket: retryTicket,
  SectorRetrySealPreCommit1: retryPc1,
  SectorRetryFromPieces: retryFromPieces,
} as const;
type RevertEvent = EventOf<
  "SectorDealsReverted" | "SectorPreCommitReverted" | "SectorSeedReverted" | "SectorCommitReverted"
>;

/** A reorg took a footing away: back to the step that gave it, with the reason for `why`. */
function reverted<E extends RevertEvent>(
  what: Footing,
  to: readonly State[],
  at: readonly (Step | null)[],
  again: (s: Sector) => Sector,
): Row<E> {
  const next = (s: Sector, { reorg }: E): Sector => ({
    ...again({ ...s, reverted: { ...reorg, what } }),
  });
  return { at, to, next };
}

export const preCommitReverted = (...at: (Step | null)[]): Row<EventOf<"SectorPreCommitReverted">> =>
  reverted("preCommit", ["PreCommitted", "PreCommitting"], at, toPreCommitAgain);
export const seedReverted = (...at: (Step | null)[]): Row<EventOf<"SectorSeedReverted">> =>
  reverted("seed", ["PreCommitted"], at, toSeedAgain);
export const commitReverted = (...at: (Step | null)[]): Row<EventOf<"SectorCommitReverted">> =>
  reverted("commit", ["CommitWait", "Committing", "PreCommitted", "PreCommitting"], at, toCommitAgain);

/** The steps of pieces are the same for the pledge (Incoming) and for the fillers (Packing). */
export const pieceRows = (state: "Incoming" | "Packing") =>
  ({
    SectorPieceCommitments: on("CommP", state, "PublishDeals", (s, e) => ({ ...s, drafts: e.drafts })),
    SectorDealsPublished: on("PublishDeals", state, "AwaitDeals", (s, e) => ({ ...s, publish: e.message })),
    SectorMessageRenewed: renewed(state, "PublishDeals", "AwaitDeals"),
    SectorDealsLanded: on("AwaitDeals", state, "AddPiece", (s, e) => ({
      ...s,
      drafts: withDealIds(s.drafts, e.dealIds, { message: s.publish, epoch: e.epoch }),
    })),
    SectorDealsReverted: reverted("publish", [state], ["AddPiece"], (s) => toAwaitDeals(s, state)),
    SectorAddPieceFailed: fails("SealFailed", ...PIECE_STEPS),
  }) satisfies { readonly [K in EventKind]?: Row<EventOf<K>> };
