/** The storage market (f05), as far as the walkthrough needs it: escrow, publishing, activation, deals that never start. */
import {
  type ActorId,
  type AttoFil,
  attoFil,
  type Epoch,
  type PaddedSize,
  type SectorNumber,
} from "../../../units.ts";
import { isPadmaError } from "../../../errors.ts";
import { idAddress } from "../../../wire/address.ts";
import { bitfieldOf } from "../../../wire/bitfield.ts";
import { type CID, commDOf } from "../../../wire/cid.ts";
import { addBalanceParams } from "../../../wire/params/addBalance.ts";
import {
  type ClientDealProposal,
  type DealProposal,
  dealProposalCbor,
  dealProposalCid,
  publishStorageDealsParams,
  publishStorageDealsReturn,
} from "../../../wire/params/publishStorageDeals.ts";
import { dealIdPayload } from "../../../wire/params/proveCommitSectors3.ts";
import type { OnChainDeal } from "../../chain.ts";
import { EXIT } from "../exitCodes.ts";
import { POLICY } from "../parameters.ts";
import { type EscrowState, slots } from "../slots.ts";
import type { State } from "../state.ts";
import { type Call, decodeParams, type Method, demand } from "./call.ts";
import { addCron } from "./cron.ts";
import { actorAt, burn, resolve } from "./ledger.ts";
import { actorIdOf } from "../../../wire/address.ts";
import { ACTOR } from "../../../wire/methods.ts";

const MARKET = actorIdOf(ACTOR.market);
const NO_FUNDS: EscrowState = { escrow: attoFil(0n), locked: attoFil(0n) };

/** Method 2: the value goes to the escrow of the address in the parameters. */
export const addBalance: Method = async (call) => {
  const owner = resolve(call.state, decodeParams(addBalanceParams, call));
  demand(call.value > 0n, () => "the balance to add must be greater than zero");
  demand(owner !== undefined, () => "the address belongs to no actor");
  const funds = escrowOf(call.state, owner);
  call.state.set(slots.escrow(owner), { ...funds, escrow: attoFil(funds.escrow + call.value) });
  return new Uint8Array(0);
};

/**
 * Method 4. A deal that is not valid is left out of the answer, the others are published; with none valid the message
 * fails.
 */
export const publishStorageDeals: Method = async (call) => {
  const { deals } = decodeParams(publishStorageDealsParams, call);
  const [first] = deals;
  demand(first !== undefined, () => "no deals in the message");
  const provider = resolve(call.state, first.proposal.provider);
  const miner = provider === undefined ? undefined : call.state.get(slots.miner(provider));
  demand(provider !== undefined && miner !== undefined, () => "the provider of the first deal is no miner");
  demand(
    call.caller === miner.worker || call.caller === miner.owner,
    () => "only the provider's worker or owner may publish its deals",
    EXIT.forbidden,
  );
  const genuine = await genuineDeals(call, deals);
  const published: { index: number; id: bigint }[] = [];
  const reasons: string[] = [];
  deals.forEach((deal, index) => {
    const checked = checkDeal(call, deal, provider, genuine);
    if (typeof checked === "string") reasons.push(`deal ${index}: ${checked}`);
    else published.push({ index, id: publish(call, checked, provider) });
  });
  demand(published.length > 0, () => `all deal proposals are invalid: ${reasons.join("; ")}`);
  return publishStorageDealsReturn.encode({
    ids: published.map(({ id }) => id),
    validDeals: bitfieldOf(published.map(({ index }) => index)),
  });
};

interface CheckedDeal {
  readonly proposal: DealProposal;
  readonly cid: CID;
  readonly client: ActorId;
}

/** The proposal with ID addresses, as it is stored; or why it is refused. */
function checkDeal(
  call: Call,
  deal: ClientDealProposal,
  provider: ActorId,
  genuine: ReadonlySet<ClientDealProposal>,
): CheckedDeal | string {
  const { proposal } = deal;
  const client = resolve(call.state, proposal.client);
  if (client === undefined) return "the client is no actor";
  if (resolve(call.state, proposal.provider) !== provider) return "another provider than the first deal's";
  const refusal = checkTerms(call, proposal) ?? checkSignature(call, deal, client, genuine);
  if (refusal !== undefined) return refusal;
  const normal = { ...proposal, client: idAddress(client), provider: idAddress(provider) };
  const cid = dealProposalCid(normal);
  if (call.state.get(slots.pendingDeal(cid)) !== undefined) return "the same proposal is already published";
  return checkFunds(call.state, normal, client, provider) ?? { proposal: normal, cid, client };
}

function checkTerms(call: Call, proposal: DealProposal): string | undefined {
  const { startEpoch, endEpoch, pieceSize } = proposal;
  const duration = endEpoch - startEpoch;
  const labelBytes =
    typeof proposal.label === "string"
      ? new TextEncoder().encode(proposal.label).length
      : proposal.label.length;
  if (proposal.verifiedDeal) return "verified deals need datacap, which a devnet does not have";
  if (labelBytes > POLICY.maxDealLabelBytes)
    return `the label has ${labelBytes} bytes, more than ${POLICY.maxDealLabelBytes}`;
  if (!isPieceSize(pieceSize)) return `a piece of ${pieceSize} bytes is no power of two from 128`;
  if (!isPieceCid(proposal.pieceCid)) return "the piece CID is no CommP";
  if (duration <= 0) return `the deal ends at ${endEpoch}, not after its start ${startEpoch}`;
  if (call.epoch > startEpoch) return `the deal's start ${startEpoch} has passed, it is epoch ${call.epoch}`;
  if (duration < POLICY.minDealDuration || duration > POLICY.maxDealDuration) {
    return `a deal of ${duration} epochs is outside ${POLICY.minDealDuration} to ${POLICY.maxDealDuration}`;
  }
  const amounts = [proposal.storagePricePerEpoch, proposal.providerCollateral, proposal.clientCollateral];
  return amounts.some((amount) => amount < 0n) ? "a price or collateral is negative" : undefined;
}

function checkSignature(
  call: Call,
  deal: ClientDealProposal,
  client: ActorId,
  genuine: ReadonlySet<ClientDealProposal>,
): string | undefined {
  if (actorAt(call.state, client).key === null) return "the client is no account";
  return genuine.has(deal) ? undefined : "the client's signature does not match the proposal";
}

/** The deals that their client's key signed, checked together. */
async function genuineDeals(
  { state, machine }: Call,
  deals: readonly ClientDealProposal[],
): Promise<ReadonlySet<ClientDealProposal>> {
  const signed = deals.flatMap((deal) => {
    const client = resolve(state, deal.proposal.client);
    const signer = client === undefined ? null : actorAt(state, client).key;
    return signer === null ? [] : [{ deal, signer }];
  });
  const checks = signed.map(({ deal: { proposal, clientSignature: signature }, signer }) => {
    return { signature, signer, signed: dealProposalCbor.encode(proposal) };
  });
  const verdicts = await machine.signatures.verify(checks);
  return new Set(signed.filter((_, index) => verdicts[index]).map(({ deal }) => deal));
}

function checkFunds(
  state: State,
  proposal: DealProposal,
  client: ActorId,
  provider: ActorId,
): string | undefined {
  const lock = locksOf(proposal);
  const needs = new Map<ActorId, bigint>([[client, lock.client]]);
  needs.set(provider, (needs.get(provider) ?? 0n) + lock.provider);
  for (const [id, amount] of needs) {
    const { escrow, locked } = escrowOf(state, id);
    if (escrow - locked < amount)
      return `f0${id} has ${escrow - locked} attoFIL free in escrow, the deal locks ${amount}`;
  }
  return undefined;
}

function publish(call: Call, { proposal, cid, client }: CheckedDeal, provider: ActorId): bigint {
  const id = call.state.get(slots.nextDeal) ?? 0n;
  call.state.set(slots.nextDeal, id + 1n);
  const lock = locksOf(proposal);
  addLocked(call.state, client, lock.client);
  addLocked(call.state, provider, lock.provider);
  const encoded = dealProposalCbor.encode(proposal);
  call.state.set(slots.deal(id), { proposal: encoded, sector: null, activation: null });
  call.state.set(slots.pendingDeal(cid), id);
  addCron(call.state, proposal.startEpoch, { kind: "dealStart", miner: provider, subject: id });
  return id;
}

/** A deal as the state has it; undefined once it has ended, or when there is none. */
export function dealAt(state: State, id: number, now: Epoch): OnChainDeal | undefined {
  const deal = state.get(slots.deal(BigInt(id)));
  if (deal === undefined) return undefined;
  const { startEpoch, endEpoch } = dealProposalCbor.decode(deal.proposal);
  return now >= endEpoch ? undefined : { id, startEpoch, endEpoch, active: deal.sector !== null };
}

/** A piece of a sector that has just been proven. */
export interface ActivatedPiece {
  readonly provider: ActorId;
  readonly sector: SectorNumber;
  readonly expiration: Epoch;
  readonly cid: CID;
  readonly size: PaddedSize;
  readonly payload: Uint8Array;
}

/** Tells the market that a piece is in a sector: activates the deal in the payload, or says why not. */
export function activateDeal(state: State, now: Epoch, piece: ActivatedPiece): string | undefined {
  const id = dealIdOf(piece.payload);
  if (id === undefined) return "the notification holds no deal id";
  const deal = state.get(slots.deal(id));
  if (deal === undefined) return `there is no deal ${id}: never published, or it had no sector at its start`;
  const proposal = dealProposalCbor.decode(deal.proposal);
  const refusal = checkActivation(proposal, piece);
  if (refusal !== undefined) return `deal ${id}: ${refusal}`;
  if (deal.sector !== null) return `deal ${id} is already active in sector ${deal.sector}`;
  state.set(slots.deal(id), { ...deal, sector: piece.sector, activation: now });
  return undefined;
}

function checkActivation(proposal: DealProposal, piece: ActivatedPiece): string | undefined {
  if (actorIdOf(proposal.provider) !== piece.provider) return "it has another provider";
  if (!proposal.pieceCid.equals(piece.cid)) return "the piece is another one";
  if (proposal.pieceSize !== piece.size)
    return `the piece has ${piece.size} bytes, not ${proposal.pieceSize}`;
  if (proposal.endEpoch > piece.expiration) return "it ends after the sector";
  return undefined;
}

/** At a deal's start: it is no longer pending. Without its piece in a sector it ends, and the provider pays. */
export function startDeal(state: State, id: bigint): void {
  const deal = state.get(slots.deal(id));
  if (deal === undefined) return;
  const proposal = dealProposalCbor.decode(deal.proposal);
  state.delete(slots.pendingDeal(dealProposalCid(proposal)));
  if (deal.sector !== null) return;
  const [client, provider] = [actorIdOf(proposal.client), actorIdOf(proposal.provider)];
  const lock = locksOf(proposal);
  addLocked(state, client, -lock.client);
  addLocked(state, provider, -lock.provider);
  const funds = escrowOf(state, provider);
  state.set(slots.escrow(provider), { ...funds, escrow: attoFil(funds.escrow - lock.provider) });
  burn(state, MARKET, attoFil(lock.provider));
  state.delete(slots.deal(id));
}

export const escrowOf = (state: State, id: ActorId): EscrowState => state.get(slots.escrow(id)) ?? NO_FUNDS;

function addLocked(state: State, id: ActorId, amount: bigint): void {
  if (amount === 0n) return;
  const funds = escrowOf(state, id);
  state.set(slots.escrow(id), { ...funds, locked: attoFil(funds.locked + amount) });
}

/** The client locks its collateral and the whole price, the provider its collateral. */
function locksOf(proposal: DealProposal): { client: AttoFil; provider: AttoFil } {
  const duration = BigInt(proposal.endEpoch - proposal.startEpoch);
  const price = proposal.storagePricePerEpoch * duration;
  return { client: attoFil(proposal.clientCollateral + price), provider: proposal.providerCollateral };
}

export function isPieceSize(size: number): boolean {
  return size >= 128 && Number.isInteger(Math.log2(size));
}

/** A CommP or CommD. One of zeros is none: no data has it, and what computes a CommD does not take it. */
export function isPieceCid(cid: CID): boolean {
  try {
    return commDOf(cid).some((byte) => byte !== 0);
  } catch (error) {
    if (isPadmaError(error, "WIRE_CID_KIND")) return false;
    throw error;
  }
}

function dealIdOf(payload: Uint8Array): bigint | undefined {
  try {
    return dealIdPayload.decode(payload);
  } catch (error) {
    if (isPadmaError(error)) return undefined;
    throw error;
  }
}
