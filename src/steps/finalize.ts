import type { Chain } from "../chain/chain.ts";
import type { Prover } from "../proofs/prover.ts";
import { type At, isCommittedCapacity } from "../sealing/sector.ts";
import type { SectorStorage } from "../storage/storage.ts";
import { epoch } from "../units.ts";
import type { StepOutcome, StepRun, StepSettings } from "./step.ts";

interface Deps {
  readonly chain: Pick<Chain, "head">;
  readonly prover: Pick<Prover, "clearCache">;
  readonly storage: Pick<SectorStorage, "paths" | "dropUnsealed" | "dropAttempts">;
  readonly settings: Pick<StepSettings, "finality">;
}

/**
 * Once no reorg can take the commit back, drops what only sealing needed: layers, TreeD, TreeC, attempts, and the
 * unsealed zeros of a CC sector. Removing what is gone already is fine: may run again.
 */
export async function finalize(
  sector: At<"Finalize">,
  { chain, prover, storage, settings }: Deps,
  run: StepRun,
): Promise<StepOutcome> {
  const final = epoch(sector.activation + settings.finality);
  const head = await chain.head();
  if (head.epoch < final) {
    return {
      wait: {
        condition: { for: "epoch", epoch: final },
        reason: `the commit of epoch ${sector.activation} is final at epoch ${final}; then layers and trees are dropped`,
      },
    };
  }
  await prover.clearCache(storage.paths(sector).cache, sector.sectorSize, run);
  await storage.dropAttempts(sector);
  if (isCommittedCapacity(sector)) await storage.dropUnsealed(sector);
  return { event: { kind: "SectorFinalized" } };
}
