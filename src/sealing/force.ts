/** `sectors update-state`: a person says where a sector goes on. Only where it has what that state needs. */
import { PadmaError } from "../errors.ts";
import {
  forget,
  need,
  toAwaitPreCommit,
  toC1,
  toCommitWait,
  toPieces,
  toPreCommitting,
  toTicket,
} from "./positions.ts";
import type { Sector, State } from "./sector.ts";

/**
 * The sector at the first step of `state`, with its retry counters cleared.
 *
 * @throws EVENT_NOT_POSSIBLE when the sector never got what that state works on.
 * @throws FORCE_NOT_POSSIBLE when the sector is on chain and the state would seal or prove it again, or when its
 * pieces have been added already.
 */
export function force(before: Sector, state: State): Sector {
  if (before.activation !== undefined && !AFTER_COMMIT.includes(state)) throw isOnChain(before, state);
  const s: Sector = { ...before, attempts: {} };
  switch (state) {
    case "Incoming":
    case "Packing":
      return pieces(s, state);
    case "Unsealed":
      return toTicket(s);
    case "PreCommitting":
      return toPreCommitting(s);
    case "PreCommitted":
      return toAwaitPreCommit(s);
    case "Committing":
      return toC1(s);
    case "CommitWait":
      return toCommitWait(s);
    case "Proving":
      return {
        ...forget(s, "failure"),
        state,
        step: "Finalize",
        replica: need(s, "replica"),
        activation: need(s, "activation"),
      };
    case "SealFailed":
    case "PreCommitFailed":
    case "SealCommitFailed":
    case "CommitFailed":
      return { ...s, state, step: "Diagnose", failure: need(s, "failure") };
    case "FailedUnrecoverable":
    case "Removing":
    case "Removed":
      return { ...s, state, step: null };
  }
}

/** What a sector that the chain already has may be put into: nothing that seals or proves it once more. */
const AFTER_COMMIT: readonly State[] = [
  "CommitWait",
  "Proving",
  "CommitFailed",
  "FailedUnrecoverable",
  "Removing",
  "Removed",
];

function pieces(s: Sector, state: "Incoming" | "Packing"): Sector {
  const resumed = toPieces(s);
  if (resumed.state === state) return resumed;
  throw new PadmaError({
    code: "FORCE_NOT_POSSIBLE",
    message: `sector ${s.number} adds its pieces in ${resumed.state}, not in ${state}`,
    next: `put it into ${resumed.state}`,
  });
}

function isOnChain(s: Sector, state: State): PadmaError {
  return new PadmaError({
    code: "FORCE_NOT_POSSIBLE",
    message: `sector ${s.number} is on chain since epoch ${s.activation ?? "?"}: ${state} would replace what it proves`,
    next: "pledge another sector",
  });
}
