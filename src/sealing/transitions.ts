/**
 * The walkthrough as a table: state → event → where the sector goes, and what it then knows. Pure: no clock, no I/O.
 * `on(at, state, step, learn)`: at this step the event leads to that step of that state. `fails`: into a failure
 * state, keeping what is known. `back`: to an earlier place, dropping what no longer holds. An event without a row is
 * refused with UNEXPECTED_EVENT, never ignored.
 */
import { PadmaError } from "../errors.ts";
import type { EventKind, EventOf, SectorEvent } from "./events.ts";
import { footingOf } from "./footing.ts";
import { force } from "./force.ts";
import {
  forget,
  need,
  toAwaitPreCommit,
  toAwaitSeed,
  toC1,
  toCommitting,
  toCommitWait,
  toPacking,
  toPieces,
  toPreCommitting,
  toPublishDeals,
  toSendCommit,
} from "./positions.ts";
import {
  back,
  COMMIT_STEPS,
  commitReverted,
  fails,
  fatal,
  landedOf,
  oldTicket,
  on,
  pieceRows,
  preCommitReverted,
  proving,
  renewed,
  renumbered,
  type Row,
  SEAL_AGAIN,
  seedReverted,
  withoutDeals,
} from "./rows.ts";
import type { Sector, State } from "./sector.ts";

type Transitions = { readonly [S in State]: { readonly [K in EventKind]?: Row<EventOf<K>> } };

/** @internal for tests and docs */
export const TRANSITIONS = {
  Incoming: {
    ...pieceRows("Incoming"),
    SectorPieceAdded: {
      at: ["AddPiece"],
      to: ["Packing"],
      next: (s, e) => toPacking(s, [...s.pieces, ...e.pieces]),
    },
  },
  Packing: {
    ...pieceRows("Packing"),
    SectorPacked: on("AddPiece", "Unsealed", "Ticket", (s, e) => ({
      ...forget(s, "drafts", "publish", "failure"),
      pieces: [...s.pieces, ...e.fillers],
    })),
    SectorFatalError: fatal,
  },
  Unsealed: {
    SectorTicket: on("Ticket", "Unsealed", "PC1", (s, e) => ({ ...s, ticket: e.ticket })),
    SectorPreCommit1: on("PC1", "Unsealed", "PC2", (s, e) => ({
      ...s,
      phase1: { attempt: e.attempt, commD: e.commD },
    })),
    SectorPreCommit2: on("PC2", "PreCommitting", "SendPreCommit", (s, e) => ({
      ...forget(s, "phase1", "failure"),
      ticket: s.ticket,
      replica: { commD: e.commD, commR: e.commR },
    })),
    SectorOldTicket: oldTicket("PC1", "PC2"),
    SectorSealPreCommit1Failed: fails("SealFailed", "Ticket", "PC1"),
    SectorSealPreCommit2Failed: fails("SealFailed", "PC2"),
  },
  PreCommitting: {
    SectorPreCommitBatchSent: on("SendPreCommit", "PreCommitted", "AwaitPreCommit", (s, e) => ({
      ...s,
      preCommit: e.message,
    })),
    // Found on chain already, before anything was sent again.
    SectorPreCommitLanded: back("PreCommitted", ["SendPreCommit"], (s, e) => toAwaitSeed(s, landedOf(e))),
    SectorOldTicket: oldTicket("SendPreCommit"),
    SectorChainPreCommitFailed: fails("PreCommitFailed", "SendPreCommit"),
  },
  PreCommitted: {
    SectorMessageRenewed: renewed("PreCommitted", "AwaitPreCommit"),
    SectorPreCommitLanded: on("AwaitPreCommit", "PreCommitted", "AwaitSeed", (s, e) => ({
      ...s,
      preCommitLanded: landedOf(e),
    })),
    SectorSeedReady: {
      at: ["AwaitSeed"],
      to: ["Committing", "CommitWait"],
      next: (s, e) => toCommitting(s, e.seed),
    },
    SectorPreCommitReverted: preCommitReverted("AwaitSeed"),
    SectorChainPreCommitFailed: fails("PreCommitFailed", "AwaitPreCommit", "AwaitSeed"),
  },
  Committing: {
    SectorCommit1: on("C1", "Committing", "C2", (s, e) => ({ ...s, vanilla: { attempt: e.attempt } })),
    SectorCommitted: on("C2", "Committing", "SendCommit", (s, e) => ({ ...s, proof: e.proof })),
    SectorCommitAggregateSent: on("SendCommit", "CommitWait", "AwaitCommit", (s, e) => ({
      ...s,
      commit: e.message,
    })),
    // Found on chain already, before anything was sent again.
    SectorProving: proving("SendCommit"),
    SectorMessageRenewed: renewed("Committing", "SendCommit"),
    SectorDealsExpired: on("SendCommit", "Committing", "SendCommit", (s, e) => withoutDeals(s, e.dealIds)),
    SectorDealsRenumbered: on("SendCommit", "Committing", "SendCommit", (s, e) => renumbered(s, e.deals)),
    SectorPreCommitReverted: preCommitReverted(...COMMIT_STEPS),
    SectorSeedReverted: seedReverted(...COMMIT_STEPS),
    SectorComputeProofFailed: fails("SealCommitFailed", "C1", "C2"),
    SectorCommitFailed: fails("CommitFailed", "SendCommit"),
  },
  CommitWait: {
    SectorMessageRenewed: renewed("CommitWait", "AwaitCommit"),
    SectorProving: proving("AwaitCommit"),
    SectorPreCommitReverted: preCommitReverted("AwaitCommit"),
    SectorSeedReverted: seedReverted("AwaitCommit"),
    SectorCommitFailed: fails("CommitFailed", "AwaitCommit"),
  },
  Proving: {
    SectorFinalized: back("Proving", ["Finalize"], (s) => ({ ...s, state: "Proving", step: null })),
    SectorPreCommitReverted: preCommitReverted("Finalize", null),
    SectorSeedReverted: seedReverted("Finalize", null),
    SectorCommitReverted: commitReverted("Finalize", null),
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
    SectorProving: proving("Diagnose"),
    ...SEAL_AGAIN,
    SectorFatalError: { ...fatal, at: ["Diagnose"] },
  },
  SealCommitFailed: {
    SectorRetryComputeProof: back("Committing", ["Diagnose"], toC1),
    SectorRetryWaitSeed: back("PreCommitted", ["Diagnose"], (s, e) => toAwaitSeed(s, landedOf(e))),
    SectorProving: proving("Diagnose"),
    SectorPreCommitReverted: preCommitReverted("Diagnose"),
    SectorSeedReverted: seedReverted("Diagnose"),
    ...SEAL_AGAIN,
    SectorFatalError: { ...fatal, at: ["Diagnose"] },
  },
  CommitFailed: {
    SectorRetrySubmitCommit: back("Committing", ["Diagnose"], toSendCommit),
    SectorRetryCommitWait: back("CommitWait", ["Diagnose"], toCommitWait),
    SectorRetryComputeProof: back("Committing", ["Diagnose"], toC1),
    SectorRetryWaitSeed: back("PreCommitted", ["Diagnose"], (s, e) => toAwaitSeed(s, landedOf(e))),
    SectorRetryPreCommit: back("PreCommitting", ["Diagnose"], toPreCommitting),
    SectorProving: proving("Diagnose"),
    SectorPreCommitReverted: preCommitReverted("Diagnose"),
    SectorSeedReverted: seedReverted("Diagnose"),
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
  const row = rowFor(sector, event.kind);
  if (row === undefined) throw unexpected(sector, event);
  const next = row.next(sector, event);
  return { ...(footingOf(event) === null ? next : standing(next)), version: sector.version + 1 };
}

/** What a reorg took away is there again. */
function standing({ reverted: _over, ...sector }: Sector): Sector {
  return sector;
}

/** Whether the table has a row for the event where the sector is. */
export const accepts = (sector: Sector, kind: EventKind): boolean => rowFor(sector, kind) !== undefined;

function rowFor({ state, step }: Sector, kind: EventKind): Row<SectorEvent> | undefined {
  const rows: { readonly [K in EventKind]?: Row<never> } = TRANSITIONS[state];
  const row = rows[kind] as Row<SectorEvent> | undefined;
  return row?.at.includes(step) === true ? row : undefined;
}

function unexpected(sector: Sector, event: SectorEvent): PadmaError {
  return new PadmaError({
    code: "UNEXPECTED_EVENT",
    message: `sector ${sector.number} cannot take ${event.kind} in ${sector.state}${sector.step === null ? "" : ` at ${sector.step}`}`,
    facts: { state: sector.state, step: sector.step ?? "none", event: event.kind },
  });
}
