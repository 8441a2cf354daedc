/** Every step by its name. */
import type { Chain } from "../chain/chain.ts";
import type { Prover } from "../proofs/prover.ts";
import type { Sector } from "../sealing/sector.ts";
import type { SectorStorage } from "../storage/storage.ts";
import { PadmaError } from "../errors.ts";
import { addPiece } from "./addPiece.ts";
import { awaitCommit } from "./awaitCommit.ts";
import { awaitDeals } from "./awaitDeals.ts";
import { awaitPreCommit } from "./awaitPreCommit.ts";
import { awaitSeed } from "./awaitSeed.ts";
import { c1 } from "./c1.ts";
import { c2, type ParameterSource } from "./c2.ts";
import { commP } from "./commP.ts";
import { diagnose } from "./diagnose.ts";
import { finalize } from "./finalize.ts";
import { pc1 } from "./pc1.ts";
import { pc2 } from "./pc2.ts";
import { publishDeals } from "./publishDeals.ts";
import type { Outbox } from "../store/outbox.ts";
import { sendCommit } from "./sendCommit.ts";
import { sendPreCommit } from "./sendPreCommit.ts";
import type { StepOutcome, StepRun, StepSettings } from "./step.ts";
import { ticket } from "./ticket.ts";

export interface StepDeps {
  readonly chain: Chain;
  readonly prover: Prover;
  readonly storage: SectorStorage;
  readonly parameters: ParameterSource;
  readonly outbox: Outbox;
  readonly settings: StepSettings;
}

/** Runs the sector's next step once. Rejects with a PadmaError when the step failed, with anything else on a bug. */
export async function runStep(sector: Sector, deps: StepDeps, run: StepRun): Promise<StepOutcome> {
  switch (sector.step) {
    case "CommP":
      return commP(sector, deps, run);
    case "PublishDeals":
      return publishDeals(sector, deps, run);
    case "AwaitDeals":
      return awaitDeals(sector, deps, run);
    case "AddPiece":
      return addPiece(sector, deps, run);
    case "Ticket":
      return ticket(sector, deps);
    case "PC1":
      return pc1(sector, deps, run);
    case "PC2":
      return pc2(sector, deps, run);
    case "SendPreCommit":
      return sendPreCommit(sector, deps);
    case "AwaitPreCommit":
      return awaitPreCommit(sector, deps, run);
    case "AwaitSeed":
      return awaitSeed(sector, deps);
    case "C1":
      return c1(sector, deps, run);
    case "C2":
      return c2(sector, deps, run);
    case "SendCommit":
      return sendCommit(sector, deps, run);
    case "AwaitCommit":
      return awaitCommit(sector, deps, run);
    case "Finalize":
      return finalize(sector, deps, run);
    case "Diagnose":
      return diagnose(sector, deps);
    case null:
      throw new PadmaError({
        code: "STEP_NONE",
        message: `sector ${sector.number} has no step in ${sector.state}`,
      });
  }
}
