import type { Prover } from "../proofs/prover.ts";
import type { At } from "../sealing/sector.ts";
import type { SectorStorage } from "../storage/storage.ts";
import { replicaIdentity } from "./replicaIdentity.ts";
import type { StepOutcome, StepRun } from "./step.ts";

interface Deps {
  readonly prover: Pick<Prover, "c1">;
  readonly storage: Pick<SectorStorage, "paths" | "beginC1">;
}

/**
 * Answers the seed's challenges from the sector's files (C1). Reads only, writes its output by rename: may run again.
 * FAIL: a damaged sealed or cache file → PROOF_VANILLA_INVALID / PROOF_IO → SealCommitFailed → Diagnose seals again.
 */
export async function c1(sector: At<"C1">, { prover, storage }: Deps, run: StepRun): Promise<StepOutcome> {
  const { cache, sealed } = storage.paths(sector);
  const attempt = await storage.beginC1(sector, sector.seed.value);
  await prover.c1(
    {
      ...replicaIdentity(sector),
      seed: sector.seed.value,
      pieces: sector.pieces,
      cacheDir: cache,
      sealedPath: sealed,
      commD: sector.replica.commD,
      commR: sector.replica.commR,
      outputPath: attempt.output,
    },
    run,
  );
  return { event: { kind: "SectorCommit1", attempt: attempt.id } };
}
