import type { Chain } from "../chain/chain.ts";
import type { At } from "../sealing/sector.ts";
import { epoch } from "../units.ts";
import type { StepOutcome, StepSettings } from "./step.ts";

interface Deps {
  readonly chain: Pick<Chain, "head" | "seed" | "network">;
  readonly settings: Pick<StepSettings, "seedConfidence">;
}

/**
 * The interactive seed is drawn at PreCommitEpoch + challenge delay, so that nobody could know it when the replica was
 * made. Looks once; may run again.
 */
export async function awaitSeed(sector: At<"AwaitSeed">, { chain, settings }: Deps): Promise<StepOutcome> {
  const drawnAt = epoch(sector.preCommitLanded.epoch + chain.network.preCommitChallengeDelay);
  const ready = epoch(drawnAt + settings.seedConfidence);
  const head = await chain.head();
  if (head.epoch >= ready) return { event: { kind: "SectorSeedReady", seed: await chain.seed(drawnAt) } };
  return {
    wait: {
      condition: { for: "epoch", epoch: ready },
      reason: `the seed is drawn at epoch ${drawnAt}; the head was at ${head.epoch}`,
    },
  };
}
