import type { Chain } from "../chain/chain.ts";
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
import { onChainActivation } from "./onChainActivation.ts";
import { send, type SendDeps } from "./send.ts";
import type { StepOutcome } from "./step.ts";

type Deps = SendDeps & {
  readonly chain: Pick<Chain, "push" | "miner" | "sector" | "preCommit" | "initialPledge">;
};

/**
 * Sends the proof with the piece manifests (miner method 34). A sector that is on chain already is taken as it is.
 * FAIL: as in `send`. FAIL: the chain refuses → CommitFailed.
 */
export async function sendCommit(sector: At<"SendCommit">, deps: Deps): Promise<StepOutcome> {
  const activation = await onChainActivation(deps.chain, sector.number, sector.replica.commR);
  if (activation !== null) return { event: { kind: "SectorProving", activation } };
  const message = await send(deps, "Commit", sector.number, async () => {
    const [miner, value] = await Promise.all([deps.chain.miner(), collateral(sector, deps.chain)]);
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
  sector: At<"SendCommit">,
  chain: Pick<Chain, "initialPledge" | "preCommit">,
): Promise<AttoFil> {
  const [pledge, preCommit] = await Promise.all([chain.initialPledge(), chain.preCommit(sector.number)]);
  const missing = pledge - (preCommit?.deposit ?? 0n);
  return attoFil(missing > 0n ? missing : 0n);
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
