import type { Chain } from "../chain/chain.ts";
import type { At } from "../sealing/sector.ts";
import { epoch } from "../units.ts";
import type { StepOutcome } from "./step.ts";

/**
 * Draws the seal ticket one finality below the head, where no reorg reaches it (lotus: SealRandomnessLookback).
 * On a young chain that epoch is negative, which the network takes as genesis. Reads only: may run again.
 */
export async function ticket(
  _sector: At<"Ticket">,
  { chain }: { chain: Pick<Chain, "head" | "ticket" | "network"> },
): Promise<StepOutcome> {
  const head = await chain.head();
  const drawn = await chain.ticket(epoch(head.epoch - chain.network.finality));
  return { event: { kind: "SectorTicket", ticket: drawn } };
}
