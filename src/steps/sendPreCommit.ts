import type { Chain, OnChainPreCommit } from "../chain/chain.ts";
import { PadmaError } from "../errors.ts";
import { type At, isCommittedCapacity } from "../sealing/sector.ts";
import { epoch } from "../units.ts";
import { sealedCid, unsealedCid } from "../wire/cid.ts";
import { hexToBytes } from "@noble/hashes/utils.js";
import { METHOD } from "../wire/methods.ts";
import { preCommitSectorBatch2Params } from "../wire/params/preCommitSectorBatch2.ts";
import { send, type SendDeps } from "./send.ts";
import type { StepOutcome, StepSettings } from "./step.ts";
import { oldTicket } from "./ticketAge.ts";

type Deps = SendDeps & {
  readonly chain: Pick<
    Chain,
    "push" | "head" | "miner" | "preCommit" | "preCommitDeposit" | "network" | "ticket"
  >;
  readonly settings: Pick<StepSettings, "lifetime">;
};

/**
 * Puts CommR and ticket on chain with a deposit (miner method 28).
 * The chain is asked first, brought up to date by its head: a precommit that landed already (the message's CID was lost
 * in a crash) is taken as it is.
 * FAIL between the stored row and the push, or after it: see `send`. FAIL: the chain refuses → PreCommitFailed.
 */
export async function sendPreCommit(sector: At<"SendPreCommit">, deps: Deps): Promise<StepOutcome> {
  const { chain, outbox } = deps;
  await chain.head();
  const onChain = await chain.preCommit(sector.number);
  if (onChain !== null) return alreadyThere(sector, onChain);
  // A message that was decided on may be in the pool: pushed again it is the same one, and its receipt tells.
  const old = (await outbox.isOpen("PreCommit", sector.number)) ? null : await oldTicket(sector, chain);
  if (old !== null) return old;
  return { event: { kind: "SectorPreCommitBatchSent", message: await push(sector, deps) } };
}

function alreadyThere(sector: At<"SendPreCommit">, onChain: OnChainPreCommit): StepOutcome {
  const ours = sealedCid(hexToBytes(sector.replica.commR)).toString();
  if (onChain.sealedCid === ours)
    return { event: { kind: "SectorPreCommitLanded", epoch: onChain.epoch, tipset: [] } };
  throw new PadmaError({
    code: "CHAIN_PRECOMMIT_DIFFERS",
    message: `the chain holds a precommit of sector ${sector.number} with another CommR`,
    facts: { onChain: onChain.sealedCid, ours },
    next: "the number is taken: pledge another sector",
  });
}

function push(sector: At<"SendPreCommit">, deps: Deps): Promise<string> {
  const { chain, settings } = deps;
  return send(deps, "PreCommit", sector.number, async () => {
    const [head, miner, value] = await Promise.all([chain.head(), chain.miner(), chain.preCommitDeposit()]);
    const info = {
      sealProof: sector.sealProof,
      sectorNumber: sector.number,
      sealedCid: sealedCid(hexToBytes(sector.replica.commR)),
      sealRandEpoch: sector.ticket.epoch,
      dealIds: [],
      expiration: epoch(head.epoch + settings.lifetime),
      unsealedCid: isCommittedCapacity(sector) ? null : unsealedCid(hexToBytes(sector.replica.commD)),
    };
    return {
      to: miner.address,
      method: METHOD.miner.PreCommitSectorBatch2,
      params: preCommitSectorBatch2Params.encode({ sectors: [info] }),
      value,
    };
  });
}
