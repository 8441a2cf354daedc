import type { Chain } from "../chain/chain.ts";
import type { Prover } from "../proofs/prover.ts";
import type { At } from "../sealing/sector.ts";
import type { SectorStorage } from "../storage/storage.ts";
import { replicaIdentity } from "./replicaIdentity.ts";
import type { StepOutcome, StepRun } from "./step.ts";
import { oldTicket } from "./ticketAge.ts";

interface Deps {
  readonly chain: Pick<Chain, "head" | "network" | "preCommit" | "ticket">;
  readonly prover: Pick<Prover, "pc1">;
  readonly storage: Pick<SectorStorage, "paths" | "beginPc1">;
}

/**
 * SDR labels (PC1). A try takes over the folder of an unfinished one of the same ticket, with the layers that were whole;
 * else it has an empty one of its own.
 * FAIL at any point: the folder stays until the next try goes on in it or removes it. FAIL: disk full → SealFailed before
 * any work.
 */
export async function pc1(sector: At<"PC1">, deps: Deps, run: StepRun): Promise<StepOutcome> {
  const old = await oldTicket(sector, deps.chain);
  if (old !== null) return old;
  const attempt = await deps.storage.beginPc1(sector, sector.ticket.value);
  const { commD } = await deps.prover.pc1(
    {
      ...replicaIdentity(sector),
      pieces: sector.pieces,
      cacheDir: attempt.cache,
      sealedPath: attempt.sealed,
      unsealedPath: deps.storage.paths(sector).unsealed,
      outputPath: attempt.output,
    },
    run,
  );
  return { event: { kind: "SectorPreCommit1", attempt: attempt.id, commD } };
}
