/** `sectors update-state`: a person says where a sector goes on. Only where it has what that state needs. */
import { PadmaError } from "../errors.ts";
import type { Identity, Known, Sector, State } from "./sector.ts";

type Fresh = Identity & Known;

/**
 * The sector at the first step of `state`, with its retry counters cleared.
 *
 * @throws FORCE_NOT_POSSIBLE when the sector never got what that state works on, or the state is entered by events only.
 */
export function force(sector: Sector, state: State): Sector {
  const s: Fresh = { ...sector, attempts: {} };
  switch (state) {
    case "Incoming":
    case "Packing":
      return { ...s, state, step: "AddPiece", drafts: need(s, "drafts", state) };
    case "Unsealed":
      return { ...s, state, step: "Ticket" };
    case "PreCommitting":
      return { ...s, state, step: "SendPreCommit", ...replicated(s, state) };
    case "PreCommitted":
      return {
        ...s,
        state,
        step: "AwaitPreCommit",
        ...replicated(s, state),
        preCommit: need(s, "preCommit", state),
      };
    case "Committing":
      return {
        ...s,
        state,
        step: "C1",
        ...replicated(s, state),
        seed: need(s, "seed", state),
        preCommitLanded: need(s, "preCommitLanded", state),
      };
    case "CommitWait":
      return { ...s, state, step: "AwaitCommit", ...replicated(s, state), commit: need(s, "commit", state) };
    case "Proving":
      return {
        ...s,
        state,
        step: "Finalize",
        replica: need(s, "replica", state),
        activation: need(s, "activation", state),
      };
    case "SealFailed":
    case "PreCommitFailed":
    case "SealCommitFailed":
    case "CommitFailed":
      return { ...s, state, step: "Diagnose", failure: need(s, "failure", state) };
    case "FailedUnrecoverable":
    case "Removing":
    case "Removed":
      return { ...s, state, step: null };
  }
}

const replicated = (s: Fresh, state: State) => ({
  ticket: need(s, "ticket", state),
  replica: need(s, "replica", state),
});

function need<K extends keyof Known>(sector: Fresh, key: K, state: State): NonNullable<Known[K]> {
  const value = sector[key];
  if (value !== undefined) return value;
  throw new PadmaError({
    code: "FORCE_NOT_POSSIBLE",
    message: `sector ${sector.number} cannot be put into ${state}: it has no ${key}`,
    next: "choose an earlier state",
  });
}
