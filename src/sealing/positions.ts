/** Going to an earlier or a known place: what is kept, and what no longer holds and is dropped. */
import { PadmaError } from "../errors.ts";
import { draftsOfPieces, fillerDrafts, pieceStep } from "./drafts.ts";
import type { Identity, Known, Piece, Sector } from "./sector.ts";

export function forget(sector: Sector, ...keys: readonly (keyof Known)[]): Identity & Known {
  const { state: _state, step: _step, ...rest } = sector;
  return Object.fromEntries(
    Object.entries(rest).filter(([key]) => !keys.some((k) => k === key)),
  ) as unknown as Identity & Known;
}

/** What Diagnose promised must be there; otherwise the event is refused and the sector stays. */
export function need<K extends keyof Known>(sector: Known & Identity, key: K): NonNullable<Known[K]> {
  const value = sector[key];
  if (value !== undefined) return value;
  throw new PadmaError({
    code: "EVENT_NOT_POSSIBLE",
    message: `sector ${sector.number} has no ${key} to go on with`,
    next: "choose an earlier state",
  });
}

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
  "reverted",
] as const;
/** Everything that hangs on the precommit being on chain. */
const SEEDED = ["seed", "vanilla", "proof", "commit", "activation"] as const;

export const toTicket = (s: Sector) =>
  ({ ...forget(s, "ticket", ...SEALED), state: "Unsealed", step: "Ticket" }) as const;
export const toPc1 = (s: Sector) =>
  ({
    ...forget(s, "phase1", "vanilla", "proof"),
    state: "Unsealed",
    step: "PC1",
    ticket: need(s, "ticket"),
  }) as const;
const replicated = (s: Sector) => ({ ticket: need(s, "ticket"), replica: need(s, "replica") });
export const toPreCommitting = (s: Sector) =>
  ({
    ...forget(s, "preCommit", "preCommitLanded", ...SEEDED),
    state: "PreCommitting",
    step: "SendPreCommit",
    ...replicated(s),
  }) as const;
export const toAwaitPreCommit = (s: Sector) =>
  ({
    ...forget(s, "preCommitLanded", ...SEEDED),
    state: "PreCommitted",
    step: "AwaitPreCommit",
    ...replicated(s),
    preCommit: need(s, "preCommit"),
  }) as const;
export const toAwaitSeed = (s: Sector, landed: NonNullable<Known["preCommitLanded"]>) =>
  ({
    ...forget(s, ...SEEDED),
    state: "PreCommitted",
    step: "AwaitSeed",
    ...replicated(s),
    preCommitLanded: landed,
  }) as const;
/**
 * The precommit is in the pool again. Seed, proof and commit message stay known: when it lands in the same epoch on the
 * other chain, they are still good, and the commit message, which is in the pool too, is not sent a second time.
 */
export function toPreCommitAgain(s: Sector): Sector {
  const rest = { ...forget(s, "preCommitLanded", "activation"), ...replicated(s) };
  return s.preCommit === undefined
    ? { ...rest, state: "PreCommitting", step: "SendPreCommit" }
    : { ...rest, state: "PreCommitted", step: "AwaitPreCommit", preCommit: s.preCommit };
}

/** The seed is drawn again; as in `toPreCommitAgain`, what was made of it stays known. */
export const toSeedAgain = (s: Sector) =>
  ({
    ...forget(s, "activation"),
    state: "PreCommitted",
    step: "AwaitSeed",
    ...replicated(s),
    preCommitLanded: need(s, "preCommitLanded"),
  }) as const;

/**
 * The commit is in the pool again; without its CID it is sent again, which finds the same message. A sector that was
 * found on chain by others' doing goes back as far as it knows nothing.
 */
export function toCommitAgain(s: Sector): Sector {
  if (s.commit !== undefined) return toCommitWait(s);
  if (s.preCommitLanded === undefined) return toPreCommitAgain(s);
  if (s.seed === undefined) return toSeedAgain(s);
  return s.proof === undefined ? toC1(s) : toSendCommit(s);
}

/** With a seed: on to its challenges, or, when it is the one that everything was made of before, to where that ended. */
export function toCommitting(s: Sector, seed: NonNullable<Known["seed"]>): Sector {
  const same = s.seed?.epoch === seed.epoch && s.seed.value === seed.value;
  const rest = same ? s : { ...forget(s, "vanilla", "proof", "commit"), state: s.state, step: s.step };
  const next = { ...rest, seed } as Sector;
  return same ? toCommitAgain(next) : toC1(next);
}

const seeded = (s: Sector) => ({
  ...replicated(s),
  preCommitLanded: need(s, "preCommitLanded"),
  seed: need(s, "seed"),
});
export const toC1 = (s: Sector) =>
  ({ ...forget(s, "vanilla", "proof", "commit"), state: "Committing", step: "C1", ...seeded(s) }) as const;
export const toSendCommit = (s: Sector) =>
  ({
    ...forget(s, "commit", "activation"),
    state: "Committing",
    step: "SendCommit",
    ...seeded(s),
    proof: need(s, "proof"),
  }) as const;
export const toCommitWait = (s: Sector) =>
  ({
    ...forget(s, "activation"),
    state: "CommitWait",
    step: "AwaitCommit",
    ...replicated(s),
    commit: need(s, "commit"),
  }) as const;
/** Pieces are added where they were being added: the pledge in Incoming, fillers in Packing. */
const pieceState = (s: Sector) => (s.pieces.length === 0 ? "Incoming" : "Packing");

/** Waiting for deals that were there and are gone again; they may get other ids. */
export const toAwaitDeals = <T extends "Incoming" | "Packing">(s: Sector, state: T) => {
  const drafts = need(s, "drafts").map(({ dealId: _gone, ...draft }) => draft);
  return { ...s, state, step: "AwaitDeals", drafts, publish: need(s, "publish") } as const;
};

/** The pledge is in: fillers for the rest, pledged like it. */
export function toPacking(s: Sector, pieces: readonly Piece[]): Sector {
  const drafts = fillerDrafts(s.sectorSize, pieces);
  return { ...forget(s, "publish", "failure"), state: "Packing", step: pieceStep(s, drafts), pieces, drafts };
}

/** The published message failed: the same pieces, a new message. */
export function toPublishDeals(s: Sector): Sector {
  const drafts = need(s, "drafts");
  return { ...forget(s, "publish"), state: pieceState(s), step: pieceStep(s, drafts), drafts };
}

/** The deals on chain are kept when there are some. */
export function toPieces(s: Sector): Sector {
  const drafts = need(s, "drafts");
  const state = pieceState(s);
  const dealsLanded = drafts.every((draft) => draft.dealId !== undefined);
  if (s.deal === "self" && !dealsLanded) {
    if (s.publish !== undefined) return { ...s, state, step: "AwaitDeals", drafts, publish: s.publish };
    return { ...s, state, step: pieceStep(s, drafts), drafts };
  }
  return { ...s, state, step: "AddPiece", drafts };
}

/** All pieces once more, from the start of the unsealed file; their deals stay. */
export function toAllPieces(s: Sector): Sector & { readonly state: "Packing" } {
  const drafts = draftsOfPieces(s.pieces);
  return { ...forget(s, "phase1", "vanilla"), state: "Packing", step: "AddPiece", pieces: [], drafts };
}
