import type { Chain } from "../chain/chain.ts";
import type { Prover } from "../proofs/prover.ts";
import type { At } from "../sealing/sector.ts";
import type { SectorStorage } from "../storage/storage.ts";
import type { PaddedSize } from "../units.ts";
import { ourPreCommit, preCommitGone } from "./livePreCommit.ts";
import { bytesToHex } from "@noble/hashes/utils.js";
import { replicaIdentity } from "./replicaIdentity.ts";
import type { StepOutcome, StepRun } from "./step.ts";

/** Finds the parameters that this network allows, checked by digest (`proofs/parameters.ts`). */
export interface ParameterSource {
  /** Folder with the `.params` and `.vk`. Rejects with PARAMS_MISSING, PARAMS_DAMAGED, PARAMS_UNTRUSTED. */
  provingDir(sectorSize: PaddedSize): Promise<string>;
}

interface Deps {
  readonly chain: Pick<Chain, "head" | "preCommit" | "network">;
  readonly prover: Pick<Prover, "c2">;
  readonly parameters: ParameterSource;
  readonly storage: Pick<SectorStorage, "attempt">;
}

/**
 * Groth16 (C2), verified before it is returned. Reads C1's output and the parameters: may run again.
 * FAIL: killed, out of memory → SealCommitFailed, and C1 is made again with it (milliseconds).
 * FAIL: the precommit expired or was reverted meanwhile → found before the work, not after it.
 */
export async function c2(
  sector: At<"C2">,
  { chain, prover, parameters, storage }: Deps,
  run: StepRun,
): Promise<StepOutcome> {
  if ((await ourPreCommit(chain, sector)) === null) throw preCommitGone(sector.number);
  const vanilla = await storage.attempt(sector, sector.vanilla.attempt);
  const { proof } = await prover.c2(
    {
      ...replicaIdentity(sector),
      seed: sector.seed.value,
      commD: sector.replica.commD,
      commR: sector.replica.commR,
      c1Path: vanilla.output,
      parametersDir: await parameters.provingDir(sector.sectorSize),
    },
    run,
  );
  return { event: { kind: "SectorCommitted", proof: bytesToHex(proof) } };
}
