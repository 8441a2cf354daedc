import type { Chain } from "../chain/chain.ts";
import type { Randomness } from "../sealing/sector.ts";
import type { SectorNumber } from "../units.ts";
import type { StepOutcome } from "./step.ts";

/** Epochs kept free for the precommit to land after it was sent. */
const SLACK = 20;

/**
 * SectorOldTicket when a precommit with this ticket could no longer land: it must be at most
 * `maxPreCommitRandomnessLookback` epochs old when it is executed. Asked before work that the ticket would waste.
 * A sector whose precommit is on chain keeps its ticket at any age: only that ticket gives the CommR that is there.
 */
export async function oldTicket(
  { number, ticket }: { readonly number: SectorNumber; readonly ticket: Randomness },
  chain: Pick<Chain, "head" | "network" | "preCommit">,
): Promise<StepOutcome | null> {
  const head = await chain.head();
  const age = head.epoch - ticket.epoch;
  const limit = chain.network.maxPreCommitRandomnessLookback;
  if (age + SLACK <= limit || (await chain.preCommit(number)) !== null) return null;
  return {
    event: {
      kind: "SectorOldTicket",
      message: `the ticket of epoch ${ticket.epoch} is ${age} epochs old; ${limit} are allowed`,
    },
  };
}
