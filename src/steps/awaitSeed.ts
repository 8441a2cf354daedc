import type { Chain } from "../chain/chain.ts";
import type { At } from "../sealing/sector.ts";
import { PadmaError } from "../errors.ts";
import { epoch } from "../units.ts";
import { isReverted } from "./ticketAge.ts";
import type { StepOutcome, StepSettings } from "./step.ts";

interface Deps {
  readonly chain: Pick<Chain, "head" | "seed" | "ticket" | "network">;
  readonly settings: Pick<StepSettings, "seedConfidence">;
}

/**
 * The interactive seed is drawn at PreCommitEpoch + challenge delay, so that nobody could know it when the replica was
 * made. Looks once; may run again.
 * FAIL: a reorg deeper than finality changed the ticket under a precommit that landed again → no proof can ever fit it,
 * found out before one is made.
 */
export async function awaitSeed(sector: At<"AwaitSeed">, { chain, settings }: Deps): Promise<StepOutcome> {
  const drawnAt = epoch(sector.preCommitLanded.epoch + chain.network.preCommitChallengeDelay);
  const ready = epoch(drawnAt + settings.seedConfidence);
  const head = await chain.head();
  if (head.epoch >= ready) {
    if (await isReverted(sector.ticket, chain)) throw ticketReverted(sector);
    return { event: { kind: "SectorSeedReady", seed: await chain.seed(drawnAt) } };
  }
  return {
    wait: {
      condition: { for: "epoch", epoch: ready },
      reason: `the seed is drawn at epoch ${drawnAt}; the head was at ${head.epoch}`,
    },
  };
}

function ticketReverted({ number, ticket }: At<"AwaitSeed">): PadmaError {
  return new PadmaError({
    code: "CHAIN_TICKET_REVERTED",
    message: `a reorg deeper than finality changed the ticket of epoch ${ticket.epoch}, and the precommit of sector ${number} is on chain: no proof fits it any more`,
    next: "pledge another sector",
  });
}
