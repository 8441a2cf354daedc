import type { Chain, OnChainPreCommit } from "../chain/chain.ts";
import type { At, Piece } from "../sealing/sector.ts";
import { attoFil, type AttoFil } from "../units.ts";
import { unsealedCid } from "../wire/cid.ts";
import { hexToBytes } from "@noble/hashes/utils.js";
import { ACTOR, METHOD } from "../wire/methods.ts";
import { isCommittedCapacity } from "../sealing/sector.ts";
import {
  dealIdPayload,
  type PieceActivationManifest,
  proveCommitSectors3Params,
} from "../wire/params/proveCommitSectors3.ts";
import { ourPreCommit, preCommitGone } from "./livePreCommit.ts";
import { onChainActivation } from "./onChainActivation.ts";
import { send, type SendDeps } from "./send.ts";
import { publishedDeals } from "./publishedDeals.ts";
import type { StepOutcome, StepRun } from "./step.ts";

type Deps = SendDeps & {
  readonly chain: Pick<
    Chain,
    "push" | "head" | "network" | "miner" | "sector" | "preCommit" | "initialPledge" | "deals" | "lookup"
  >;
};

/**
 * Sends the proof with the piece manifests (miner method 34). A sector that is on chain already is taken as it is.
 * FAIL: as in `send`. FAIL: the chain refuses → CommitFailed.
 */
export async function sendCommit(
  sector: At<"SendCommit">,
  deps: Deps,
  run: Pick<StepRun, "attempt">,
): Promise<StepOutcome> {
  const preCommit = await ourPreCommit(deps.chain, sector);
  const activation = await onChainActivation(deps.chain, sector.number, sector.replica.commR);
  if (activation !== null) return { event: { kind: "SectorProving", activation, tipset: [] } };
  if (preCommit === null) throw preCommitGone(sector.number);
  const changed = await changedDeals(sector, deps, run);
  if (changed !== null) return changed;
  const message = await send(deps, "Commit", sector.number, async () => {
    const [miner, value] = await Promise.all([deps.chain.miner(), collateral(preCommit, deps.chain)]);
    return {
      to: miner.address,
      method: METHOD.miner.ProveCommitSectors3,
      params: proveCommitSectors3Params.encode({
        sectorActivations: [{ sectorNumber: sector.number, pieces: manifests(sector) }],
        sectorProofs: [hexToBytes(sector.proof)],
        aggregateProof: new Uint8Array(),
        aggregateProofType: null,
        requireActivationSuccess: false,
        requireNotificationSuccess: false,
      }),
      value,
    };
  });
  return { event: { kind: "SectorCommitAggregateSent", message } };
}

/** What the pledge needs beyond the deposit that the precommit already locked. */
async function collateral(
  { deposit }: OnChainPreCommit,
  chain: Pick<Chain, "initialPledge">,
): Promise<AttoFil> {
  const missing = (await chain.initialPledge()) - deposit;
  return attoFil(missing > 0n ? missing : 0n);
}

/** What became of the deals. Once a message was decided on, its manifests are fixed and the receipt tells. */
async function changedDeals(
  sector: At<"SendCommit">,
  deps: Deps,
  run: Pick<StepRun, "attempt">,
): Promise<StepOutcome | null> {
  const ids = sector.pieces.flatMap(({ dealId }) => dealId ?? []);
  if (ids.length === 0 || (await deps.outbox.isOpen("Commit", sector.number))) return null;
  return (await publishedDeals(sector, deps, run)) ?? expiredDeals(sector, ids, deps);
}

/** Deals that nobody can activate any more: a deal must be proven before it starts. */
async function expiredDeals(
  sector: At<"SendCommit">,
  ids: readonly number[],
  { chain }: Deps,
): Promise<StepOutcome | null> {
  const [head, deals] = await Promise.all([chain.head(), chain.deals(ids)]);
  const dealIds = ids.filter((id) => (deals.get(id)?.startEpoch ?? head.epoch) <= head.epoch);
  if (dealIds.length === 0) return null;
  const message = `deal ${dealIds.join(", ")} expired before sector ${sector.number} was proven; the data stays in it`;
  return { event: { kind: "SectorDealsExpired", dealIds, message } };
}

/** Every piece of a sector with data, in order; a deal is told through a notification to the market. */
function manifests(sector: At<"SendCommit">): PieceActivationManifest[] {
  return isCommittedCapacity(sector) ? [] : sector.pieces.map(manifest);
}

function manifest(piece: Piece): PieceActivationManifest {
  const notify =
    piece.dealId === undefined
      ? []
      : [{ address: ACTOR.market, payload: dealIdPayload.encode(BigInt(piece.dealId)) }];
  return { cid: unsealedCid(hexToBytes(piece.commP)), size: piece.size, verifiedAllocationKey: null, notify };
}
