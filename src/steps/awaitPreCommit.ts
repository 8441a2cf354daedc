import type { Chain } from "../chain/chain.ts";
import type { At } from "../sealing/sector.ts";
import { livePreCommit, preCommitGone } from "./livePreCommit.ts";
import { receipt, type ReceiptDeps, requireSuccess } from "./receipt.ts";
import type { StepOutcome, StepRun } from "./step.ts";

type Deps = ReceiptDeps & { readonly chain: Pick<Chain, "preCommit" | "network"> };

/**
 * The precommit is there when its message has landed well and the chain's own record says so. Looks once; may run again.
 * FAIL: exit code, or success without a record (expired or never there) → PreCommitFailed.
 */
export async function awaitPreCommit(
  sector: At<"AwaitPreCommit">,
  deps: Deps,
  run: Pick<StepRun, "attempt">,
): Promise<StepOutcome> {
  const landed = await receipt(deps, "PreCommit", sector.preCommit, run);
  if ("wait" in landed) return landed;
  await requireSuccess(deps.outbox, "PreCommit", sector.number, landed);
  const onChain = await livePreCommit(deps.chain, sector.number);
  if (onChain === null) throw preCommitGone(sector.number);
  const tipset = onChain.epoch === landed.epoch ? landed.tipset : [];
  return { event: { kind: "SectorPreCommitLanded", epoch: onChain.epoch, tipset } };
}
