import type { Chain } from "../chain/chain.ts";
import type { Randomness } from "../sealing/sector.ts";
import type { SectorNumber } from "../units.ts";
import type { StepOutcome } from "./step.ts";

/** Epochs kept free for the precommit to land after it was sent. */
const SLACK = 20;

/**
 * SectorOldTicket when a precommit with this ticket could no longer land: it must be at most
 * `maxPreCommitRandomnessLookback` epochs old when it is executed; or when the chain has another ticket at its epoch by
 * now, after a reorg deeper than finality. Asked before work that the ticket would waste.
 * A sector whose precommit is on chain keeps its ticket at any age: only that ticket gives the CommR that is there.
 */
export async function oldTicket(
  { number, ticket }: { readonly number: SectorNumber; readonly ticket: Randomness },
  chain: Pick<Chain, "head" | "network" | "preCommit" | "ticket">,
): Promise<StepOutcome | null> {
  const head = await chain.head();
  const age = head.epoch - ticket.epoch;
  const limit = chain.network.maxPreCommitRandomnessLookback;
  const isYoung = age + SLACK <= limit;
  if (isYoung && !(await isReverted(ticket, chain))) return null;
  if ((await chain.preCommit(number)) !== null) return null;
  const message = isYoung
    ? `a reorg deeper than finality changed the ticket of epoch ${ticket.epoch}`
    : `the ticket of epoch ${ticket.epoch} is ${age} epochs old; ${limit} are allowed`;
  return { event: { kind: "SectorOldTicket", message } };
}

/** Whether the chain has another ticket at its epoch than the one that was drawn. */
export async function isReverted(ticket: Randomness, chain: Pick<Chain, "ticket">): Promise<boolean> {
  return (await chain.ticket(ticket.epoch)).value !== ticket.value;
}
