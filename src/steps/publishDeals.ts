import type { Chain, MinerInfo } from "../chain/chain.ts";
import { PadmaError } from "../errors.ts";
import type { At, Draft } from "../sealing/sector.ts";
import { attoFil, epoch, type Epoch } from "../units.ts";
import { parseAddress } from "../wire/address.ts";
import { unsealedCid } from "../wire/cid.ts";
import { hexToBytes } from "@noble/hashes/utils.js";
import { ACTOR, METHOD } from "../wire/methods.ts";
import {
  type DealProposal,
  dealProposalCbor,
  publishStorageDealsParams,
} from "../wire/params/publishStorageDeals.ts";
import { signature } from "../wire/signature.ts";
import { send, type SendDeps } from "./send.ts";
import type { StepOutcome } from "./step.ts";

/** Days of 2880 epochs: the deal starts after sealing had ample time, and lasts the network's minimum. */
const EPOCHS_IN_DAY = 2880;
const DEAL_STARTS_IN = 30 * EPOCHS_IN_DAY;
const DEAL_DURATION = 180 * EPOCHS_IN_DAY;

type Deps = SendDeps & { readonly chain: Pick<Chain, "push" | "head" | "miner" | "sign" | "network"> };

/**
 * Publishes a deal with ourselves for each draft (f05 method 4), as the walkthrough's `pledgeSector` does.
 * FAIL before the push: the stored row is pushed by the next run. FAIL after it: the same uuid, the same message.
 */
export async function publishDeals(sector: At<"PublishDeals">, deps: Deps): Promise<StepOutcome> {
  const message = await send(deps, "PublishDeals", sector.number, async () => {
    const [head, miner] = await Promise.all([deps.chain.head(), deps.chain.miner()]);
    const proposals = sector.drafts.map((draft, i) => proposal(sector, draft, i, miner, head.epoch));
    const deals = await Promise.all(
      proposals.map(async (deal) => ({
        proposal: deal,
        clientSignature: signature.fromCbor(
          await deps.chain.sign(miner.worker, dealProposalCbor.encode(deal)),
        ),
      })),
    );
    return {
      to: ACTOR.market.toString(deps.chain.network.addressPrefix),
      method: METHOD.market.PublishStorageDeals,
      params: publishStorageDealsParams.encode({ deals }),
      value: attoFil(0n),
    };
  });
  return { event: { kind: "SectorDealsPublished", message } };
}

/** Free of charge and without collateral; the label keeps deals over equal data apart. */
function proposal(
  sector: At<"PublishDeals">,
  draft: Draft,
  index: number,
  miner: MinerInfo,
  head: Epoch,
): DealProposal {
  if (draft.commP === undefined)
    throw new PadmaError({ code: "STEP_NO_COMMP", message: "a piece has no CommP to publish" });
  const startEpoch = epoch(head + DEAL_STARTS_IN);
  return {
    pieceCid: unsealedCid(hexToBytes(draft.commP)),
    pieceSize: draft.size,
    verifiedDeal: false,
    client: parseAddress(miner.worker),
    provider: parseAddress(miner.address),
    label: `padma pledge ${sector.number}.${sector.pieces.length + index}`,
    startEpoch,
    endEpoch: epoch(startEpoch + DEAL_DURATION),
    storagePricePerEpoch: attoFil(0n),
    providerCollateral: attoFil(0n),
    clientCollateral: attoFil(0n),
  };
}
