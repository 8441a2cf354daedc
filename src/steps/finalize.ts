import type { Chain } from "../chain/chain.ts";
import type { Prover } from "../proofs/prover.ts";
import { type At, isCommittedCapacity } from "../sealing/sector.ts";
import type { SectorStorage } from "../storage/storage.ts";
import { epoch, type Epoch } from "../units.ts";
import { onChainActivation } from "./onChainActivation.ts";
import type { StepOutcome, StepRun, StepSettings } from "./step.ts";

interface Deps {
  readonly chain: Pick<Chain, "head" | "sector">;
  readonly prover: Pick<Prover, "clearCache">;
  readonly storage: Pick<SectorStorage, "paths" | "dropUnsealed" | "dropAttempts">;
  readonly settings: Pick<StepSettings, "finality">;
}

/**
 * Once no reorg can take the commit back, drops what only sealing needed: layers, TreeD, TreeC, attempts, and the
 * unsealed zeros of a CC sector. Removing what is gone already is fine: may run again.
 * The chain is asked before anything is dropped: a commit that a reorg took away, and that landed again later or not at
 * all, is not final.
 */
export async function finalize(
  sector: At<"Finalize">,
  { chain, prover, storage, settings }: Deps,
  run: StepRun,
): Promise<StepOutcome> {
  const head = await chain.head();
  const { activation } = sector;
  if (head.epoch < activation + settings.finality) return untilFinal(activation, settings);
  const onChain = await onChainActivation(chain, sector.number, sector.replica.commR);
  if (onChain === null) {
    const reorg = { epoch: activation, from: activation, noticedAt: head.epoch };
    return { event: { kind: "SectorCommitReverted", reorg } };
  }
  if (head.epoch < onChain + settings.finality) return untilFinal(onChain, settings);
  await prover.clearCache(storage.paths(sector).cache, sector.sectorSize, run);
  await storage.dropAttempts(sector);
  if (isCommittedCapacity(sector)) await storage.dropUnsealed(sector);
  return { event: { kind: "SectorFinalized" } };
}

function untilFinal(activation: Epoch, { finality }: Deps["settings"]): StepOutcome {
  const final = epoch(activation + finality);
  return {
    wait: {
      condition: { for: "epoch", epoch: final },
      reason: `the commit of epoch ${activation} is final at epoch ${final}; then layers and trees are dropped`,
    },
  };
}
