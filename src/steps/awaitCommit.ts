import type { Chain, Landed } from "../chain/chain.ts";
import { PadmaError } from "../errors.ts";
import type { At } from "../sealing/sector.ts";
import { batchReturn, exitCodeOf } from "../wire/params/batchReturn.ts";
import { onChainActivation } from "./onChainActivation.ts";
import {
  messageFailed,
  notLanded,
  type ReceiptDeps,
  requireSuccess,
  settledReceipt,
  unsettled,
} from "./receipt.ts";
import type { StepOutcome, StepRun } from "./step.ts";

type Deps = ReceiptDeps & { readonly chain: Pick<Chain, "sector"> };

/**
 * Proving is what the chain's own record says, not what a receipt says: the message exits 0 even when this sector of
 * its batch failed, and the message may have landed under another CID. Looks once; may run again.
 * FAIL: exit code of the message or of the sector, or no record → CommitFailed.
 */
export async function awaitCommit(
  sector: At<"AwaitCommit">,
  deps: Deps,
  run: Pick<StepRun, "attempt">,
): Promise<StepOutcome> {
  const message = { kind: "Commit", sector: sector.number, cid: sector.commit } as const;
  const landed = await settledReceipt(deps, message);
  if (landed === null) return (await provenOtherwise(sector, deps)) ?? notLanded(deps, message, run);
  if ("wait" in landed) return landed;
  await requireSuccess(deps.outbox, "Commit", sector.number, landed);
  const activation = await onChainActivation(deps.chain, sector.number, sector.replica.commR);
  if (activation !== null) {
    const tipset = activation === landed.epoch ? landed.tipset : [];
    return { event: { kind: "SectorProving", activation, tipset } };
  }
  await deps.outbox.close("Commit", sector.number);
  throw refused(sector, landed);
}

async function provenOtherwise(sector: At<"AwaitCommit">, deps: Deps): Promise<StepOutcome | null> {
  await deps.chain.head();
  const activation = await onChainActivation(deps.chain, sector.number, sector.replica.commR);
  if (activation === null) return null;
  const wait = await unsettled(deps, "Commit", activation);
  return wait ?? { event: { kind: "SectorProving", activation, tipset: [] } };
}

function refused(sector: At<"AwaitCommit">, landed: Landed): PadmaError {
  const code = landed.returned.length === 0 ? 0 : exitCodeOf(batchReturn.decode(landed.returned), 0);
  if (code !== 0) return messageFailed("Commit", sector.commit, code, landed.error);
  return new PadmaError({
    code: "CHAIN_COMMIT_WITHOUT_SECTOR",
    message: `the commit message exited 0 but sector ${sector.number} is not on chain`,
    facts: { message: sector.commit },
  });
}
