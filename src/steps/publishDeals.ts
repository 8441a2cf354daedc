import type { Chain, MinerInfo } from "../chain/chain.ts";
import { PadmaError } from "../errors.ts";
import type { At, Draft } from "../sealing/sector.ts";
import { attoFil, type AttoFil, epoch, type Epoch, EPOCHS_IN_DAY, type SectorNumber } from "../units.ts";
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
import { addBalanceParams } from "../wire/params/addBalance.ts";
import { receipt, type ReceiptDeps, requireSuccess } from "./receipt.ts";
import { send, type SendDeps } from "./send.ts";
import type { StepOutcome, StepRun } from "./step.ts";

/** The deal starts after sealing had ample time, and lasts the network's minimum. */
const DEAL_STARTS_IN = 30 * EPOCHS_IN_DAY;
const DEAL_DURATION = 180 * EPOCHS_IN_DAY;

type Deps = SendDeps &
  ReceiptDeps & {
    readonly chain: Pick<
      Chain,
      "push" | "head" | "lookup" | "miner" | "sign" | "network" | "dealCollateral" | "marketAvailable"
    >;
  };

/**
 * Publishes a deal with ourselves for each draft (f05 method 4), as the walkthrough's `pledgeSector` does. What the
 * network wants the miner to put down for them is brought to the market first, where it is not there already.
 * FAIL before the push: the stored row is pushed by the next run. FAIL after it: the same uuid, the same message.
 */
export async function publishDeals(
  sector: At<"PublishDeals">,
  deps: Deps,
  run: Pick<StepRun, "attempt">,
): Promise<StepOutcome> {
  const collaterals = await Promise.all(sector.drafts.map(({ size }) => deps.chain.dealCollateral(size)));
  const isDecided = await deps.outbox.isOpen("PublishDeals", sector.number);
  const waiting = isDecided ? null : await fillMarket(sector.number, sum(collaterals), deps, run);
  if (waiting !== null) return waiting;
  const message = await send(deps, "PublishDeals", sector.number, async () => {
    const [head, miner] = await Promise.all([deps.chain.head(), deps.chain.miner()]);
    const proposals = sector.drafts.map((draft, i) =>
      proposal(sector, draft, i, miner, head.epoch, collaterals[i] ?? attoFil(0n)),
    );
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

const sum = (amounts: readonly AttoFil[]): bigint => amounts.reduce((total, one) => total + one, 0n);

/**
 * Adds what is missing to the miner's balance in the market (f05 method 2), and waits until it is there.
 * FAIL: another sector's deals took it meanwhile → the next run adds what is missing then. FAIL on chain → SealFailed.
 */
async function fillMarket(
  number: SectorNumber,
  needed: bigint,
  deps: Deps,
  run: Pick<StepRun, "attempt">,
): Promise<StepOutcome | null> {
  if (needed === 0n) return null;
  const { chain, outbox } = deps;
  await chain.head();
  const missing = needed - (await chain.marketAvailable());
  const isDecided = await outbox.isOpen("MarketBalance", number);
  if (missing <= 0n && !isDecided) return null;
  const cid = await send(deps, "MarketBalance", number, async () => ({
    to: ACTOR.market.toString(chain.network.addressPrefix),
    method: METHOD.market.AddBalance,
    params: addBalanceParams.encode(parseAddress((await chain.miner()).address)),
    value: attoFil(missing),
  }));
  const landed = await receipt(deps, { kind: "MarketBalance", sector: number, cid }, run);
  if (!("exitCode" in landed)) return landed;
  await requireSuccess(outbox, "MarketBalance", number, landed);
  await outbox.close("MarketBalance", number);
  return fillMarket(number, needed, deps, run);
}

/** Free of charge, with the collateral that the network wants; the label keeps deals over equal data apart. */
function proposal(
  sector: At<"PublishDeals">,
  draft: Draft,
  index: number,
  miner: MinerInfo,
  head: Epoch,
  providerCollateral: AttoFil,
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
    providerCollateral,
    clientCollateral: attoFil(0n),
  };
}
