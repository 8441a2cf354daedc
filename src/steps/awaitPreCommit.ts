import { hexToBytes } from "@noble/hashes/utils.js";
import type { Chain } from "../chain/chain.ts";
import type { At } from "../sealing/sector.ts";
import { sealedCid } from "../wire/cid.ts";
import { livePreCommit, preCommitGone } from "./livePreCommit.ts";
import { notLanded, type ReceiptDeps, requireSuccess, settledReceipt, unsettled } from "./receipt.ts";
import type { StepOutcome, StepRun } from "./step.ts";

type Deps = ReceiptDeps & { readonly chain: Pick<Chain, "preCommit" | "network"> };

/**
 * The precommit is there when its message has landed well and the chain's own record says so. A record of
 * this very replica counts without its message too, which may have landed under another CID. Looks once; may run again.
 * FAIL: exit code, or success without a record (expired or never there) → PreCommitFailed.
 */
export async function awaitPreCommit(
  sector: At<"AwaitPreCommit">,
  deps: Deps,
  run: Pick<StepRun, "attempt">,
): Promise<StepOutcome> {
  const message = { kind: "PreCommit", sector: sector.number, cid: sector.preCommit } as const;
  const landed = await settledReceipt(deps, message);
  if (landed === null) return (await landedOtherwise(sector, deps)) ?? notLanded(deps, message, run);
  if ("wait" in landed) return landed;
  await requireSuccess(deps.outbox, "PreCommit", sector.number, landed);
  const onChain = await livePreCommit(deps.chain, sector.number);
  if (onChain === null) throw preCommitGone(sector.number);
  const tipset = onChain.epoch === landed.epoch ? landed.tipset : [];
  return { event: { kind: "SectorPreCommitLanded", epoch: onChain.epoch, tipset } };
}

async function landedOtherwise(
  { number, replica }: At<"AwaitPreCommit">,
  deps: Deps,
): Promise<StepOutcome | null> {
  const onChain = await livePreCommit(deps.chain, number);
  if (onChain?.sealedCid !== sealedCid(hexToBytes(replica.commR)).toString()) return null;
  const wait = await unsettled(deps, "PreCommit", onChain.epoch);
  return wait ?? { event: { kind: "SectorPreCommitLanded", epoch: onChain.epoch, tipset: [] } };
}
