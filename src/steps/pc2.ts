import type { Chain } from "../chain/chain.ts";
import type { Prover } from "../proofs/prover.ts";
import type { At } from "../sealing/sector.ts";
import type { SectorStorage } from "../storage/storage.ts";
import { replicaIdentity } from "./replicaIdentity.ts";
import type { StepOutcome, StepRun } from "./step.ts";
import { oldTicket } from "./ticketAge.ts";

interface Deps {
  readonly chain: Pick<Chain, "head" | "network" | "preCommit" | "ticket">;
  readonly prover: Pick<Prover, "pc2">;
  readonly storage: Pick<SectorStorage, "paths" | "attempt" | "beginPc2" | "publish">;
}

/**
 * Trees, encoding and CommR (PC2), then a C1 under a throw-away seed, so that a wrong replica is found before its
 * commitment is on chain. Every try writes the replica anew from the unsealed data, in a folder of its own.
 * FAIL before, in or after `publish`, while the event is not stored: PC1's layers are kept until C1 begins, so the next
 * try starts over from them and replaces what this one left.
 */
export async function pc2(sector: At<"PC2">, deps: Deps, run: StepRun): Promise<StepOutcome> {
  const old = await oldTicket(sector, deps.chain);
  if (old !== null) return old;
  const phase1 = await deps.storage.attempt(sector, sector.phase1.attempt);
  const attempt = await deps.storage.beginPc2(sector, sector.ticket.value, sector.phase1.attempt);
  const { commD, commR } = await deps.prover.pc2(
    {
      ...replicaIdentity(sector),
      pieces: sector.pieces,
      cacheDir: attempt.cache,
      sealedPath: attempt.sealed,
      unsealedPath: deps.storage.paths(sector).unsealed,
      phase1Path: phase1.output,
    },
    run,
  );
  run.signal.throwIfAborted();
  await deps.storage.publish(sector, attempt);
  return { event: { kind: "SectorPreCommit2", commD, commR } };
}
