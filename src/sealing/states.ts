/**
 * One table of all states: colours, the order in `sectors list`, docs/states.md, the diagram and the tests come from
 * it. `steps` are in the order in which a sector passes them.
 */
import type { FailureState, Sector, State, Step } from "./sector.ts";

/** How lotus colours a state: failed red, sealing yellow, staging blue, proving green, removal cyan. */
export type StateKind = "staging" | "sealing" | "failed" | "proving" | "removed";

export interface StateInfo {
  readonly kind: StateKind;
  readonly steps: readonly Step[];
  /** What happens here, in one line (docs/states.md). */
  readonly about: string;
}

const PIECES = ["CommP", "PublishDeals", "AwaitDeals", "AddPiece"] as const;

export const STATES = {
  Incoming: {
    kind: "staging",
    steps: PIECES,
    about: "the pledge becomes a piece: CommP, its deal, its bytes in the unsealed file",
  },
  Packing: {
    kind: "staging",
    steps: PIECES,
    about: "filler pieces take the rest of the sector, pledged like the first",
  },
  Unsealed: {
    kind: "sealing",
    steps: ["Ticket", "PC1", "PC2"],
    about: "the ticket is drawn; labels, trees and the replica are made",
  },
  PreCommitting: {
    kind: "sealing",
    steps: ["SendPreCommit"],
    about: "CommR and ticket go to the chain, with a deposit",
  },
  PreCommitted: {
    kind: "sealing",
    steps: ["AwaitPreCommit", "AwaitSeed"],
    about: "the precommit lands; after the challenge delay the seed is drawn",
  },
  Committing: {
    kind: "sealing",
    steps: ["C1", "C2", "SendCommit"],
    about: "challenges are answered (C1), proved in Groth16 (C2), and sent",
  },
  CommitWait: {
    kind: "sealing",
    steps: ["AwaitCommit"],
    about: "the chain checks the proof and the sector's record is read back",
  },
  Proving: {
    kind: "proving",
    steps: ["Finalize"],
    about: "the miner has the power; once the commit is final, what proofs no longer need is dropped",
  },
  SealFailed: { kind: "failed", steps: ["Diagnose"], about: "adding pieces or making the replica failed" },
  PreCommitFailed: {
    kind: "failed",
    steps: ["Diagnose"],
    about: "the precommit was refused, failed or expired",
  },
  SealCommitFailed: { kind: "failed", steps: ["Diagnose"], about: "computing the proof failed" },
  CommitFailed: {
    kind: "failed",
    steps: ["Diagnose"],
    about: "the commit was refused, failed or is not on chain",
  },
  FailedUnrecoverable: {
    kind: "failed",
    steps: [],
    about: "no retry can help; `sectors update-state` is the way out",
  },
  Removing: { kind: "removed", steps: [], about: "marked for removal" },
  Removed: { kind: "removed", steps: [], about: "the end" },
} as const satisfies Record<State, StateInfo>;

export const STATE_NAMES = Object.keys(STATES) as readonly State[];

/** How often a failure state may be entered before it waits for a person. */
export const MAX_ATTEMPTS: Readonly<Record<FailureState, number>> = {
  SealFailed: 3,
  PreCommitFailed: 5,
  SealCommitFailed: 3,
  CommitFailed: 5,
};

export const isFailureState = (state: State): state is FailureState => Object.hasOwn(MAX_ATTEMPTS, state);
export const isState = (name: string): name is State => Object.hasOwn(STATES, name);

/** Counts against `--max-sealing`: not yet in Proving and not removed; failed ones count too. */
export function isSealing({ state }: Pick<Sector, "state">): boolean {
  const { kind } = STATES[state];
  return kind !== "proving" && kind !== "removed";
}
