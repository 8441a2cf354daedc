import type { Chain } from "../chain/chain.ts";
import { PadmaError } from "../errors.ts";
import type { At } from "../sealing/sector.ts";
import { receipt, type ReceiptDeps, requireSuccess } from "./receipt.ts";
import type { Outbox } from "./send.ts";
import type { StepOutcome } from "./step.ts";

type Deps = ReceiptDeps & { readonly chain: Pick<Chain, "head" | "lookup" | "preCommit">; readonly outbox: Pick<Outbox, "close"> };

/**
 * The precommit is there when its message has landed well and the chain's own record says so. Looks once; may run again.
 * FAIL: exit code, or success without a record (expired or never there) → PreCommitFailed.
 */
export async function awaitPreCommit(sector: At<"AwaitPreCommit">, deps: Deps): Promise<StepOutcome> {
  const landed = await receipt(deps, "precommit", sector.preCommit);
  if ("wait" in landed) return landed;
  await requireSuccess(deps.outbox, "PreCommit", sector.number, landed);
  const onChain = await deps.chain.preCommit(sector.number);
  if (onChain === null) throw notOnChain(sector);
  return { event: { kind: "SectorPreCommitLanded", epoch: onChain.epoch, tipset: landed.tipset } };
}

function notOnChain(sector: At<"AwaitPreCommit">): PadmaError {
  return new PadmaError({
    code: "CHAIN_PRECOMMIT_GONE",
    message: `the precommit of sector ${sector.number} landed but is no longer on chain`,
    facts: { message: sector.preCommit },
  });
}
