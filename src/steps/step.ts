/** The shape of a step: it looks at one sector, does one piece of work, and says what it found out. */
import type { SectorEvent } from "../sealing/events.ts";
import type { Wait } from "../tasks/queue.ts";
import type { Progress } from "../proofs/prover.ts";

/** An event moves the sector; a wait puts the same step aside until its condition is met. */
export type StepOutcome = { readonly event: SectorEvent } | { readonly wait: Wait };

export interface StepRun {
  /** How often the step was begun since the sector last moved; 1 the first time. */
  readonly attempt: number;
  /** Aborted when the lease is lost, the task is cancelled or the driver stops. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** Numbers that a network or a person may choose; `app` fills them from the configuration. */
export interface StepSettings {
  /** Tipsets on top of a message before it counts (devnet 1, Lotus 5). */
  readonly messageConfidence: number;
  /** Epochs past the seed's epoch before it is drawn (devnet 0, Lotus 6). */
  readonly seedConfidence: number;
  /** Epochs after the commit until Finalize may drop what a reorg would need. */
  readonly finality: number;
  /** Lifetime asked for in the precommit, epochs (540 days). */
  readonly lifetime: number;
}
