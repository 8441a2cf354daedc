/** Actors whatever they are, the market, and the list of miners. */
import type { ActorId } from "../../../units.ts";
import { actorIdOf, type Address } from "../../../wire/address.ts";
import { type CID, cidOfCbor } from "../../../wire/cid.ts";
import type { JsonValue } from "../../../wire/json.ts";
import { ACTOR } from "../../../wire/methods.ts";
import { dealProposalCbor } from "../../../wire/params/publishStorageDeals.ts";
import { ACCOUNTS } from "../../devnet/accounts.ts";
import { actorAt } from "../../devnet/actors/ledger.ts";
import { dealAt, escrowOf } from "../../devnet/actors/market.ts";
import type { Block } from "../../devnet/block.ts";
import { minersOf, slots } from "../../devnet/slots.ts";
import type { State } from "../../devnet/state.ts";
import { type Method, method } from "../method.ts";
import { actorIdAt, type DevnetNode, PREFIX, shownId, type TipSetKey } from "../node.ts";
import { address, bool, dealId, paddedSize, tipSetKey } from "../params.ts";
import { refuse } from "../rpcError.ts";
import { cidJson } from "../tipsetJson.ts";

/** All that genesis funds its accounts with. */
const SUPPLY: bigint = ACCOUNTS.reduce((sum, { balance }) => sum + balance, 0n);

const stateOf = async (node: DevnetNode, key: TipSetKey): Promise<State> =>
  node.stateAt(await node.tipset(key));

export const ACTORS: Readonly<Record<string, Method>> = {
  StateLookupID: method("read", [address, tipSetKey], async ({ node }, one, key) => {
    if (one.protocol === 0) return one.toString(PREFIX);
    return shownId(actorIdAt(await stateOf(node, key), one));
  }),
  StateAccountKey: method("read", [address, tipSetKey], async ({ node }, one, key) =>
    accountKey(await stateOf(node, key), one),
  ),
  StateGetActor: method("read", [address, tipSetKey], async ({ node }, one, key) =>
    actorJson(node, await node.tipset(key), one),
  ),
  StateListMiners: method("read", [tipSetKey], async ({ node }, key) =>
    minersOf(await stateOf(node, key)).map(shownId),
  ),
  StateMarketBalance: method("read", [address, tipSetKey], async ({ node }, one, key) => {
    const state = await stateOf(node, key);
    const { escrow, locked } = escrowOf(state, actorIdAt(state, one));
    return { Escrow: String(escrow), Locked: String(locked) };
  }),
  // Nobody has to put anything down here; the most is all the money that there is (lotus: the circulating supply).
  StateDealProviderCollateralBounds: method(
    "read",
    [paddedSize, bool, tipSetKey],
    async ({ node }, _s, _v, key) => {
      await node.tipset(key);
      return { Min: "0", Max: String(SUPPLY) };
    },
  ),
  StateMarketStorageDeal: method("read", [dealId, tipSetKey], async ({ node }, id, key) => {
    const block = await node.tipset(key);
    return deal(node.stateAt(block), id, block);
  }),
};

function accountKey(state: State, one: Address): JsonValue {
  if (one.protocol === 1 || one.protocol === 3) return one.toString(PREFIX);
  const id = actorIdAt(state, one);
  const key = state.get(slots.actor(id))?.key ?? null;
  if (key === null) throw refuse(`failed to get account actor state for ${shownId(id)}: no account`);
  return key.toString(PREFIX);
}

/** On the network the hash of an actor's code; here it names what the actor is. */
export function codeOf(state: State, id: ActorId): CID {
  const builtin = Object.entries(ACTOR).find(([, one]) => actorIdOf(one) === id)?.[0];
  const other = state.get(slots.miner(id)) === undefined ? "account" : "miner";
  return cidOfCbor(`padma/devnet/${builtin ?? other}`);
}

/**
 * On the network `Head` is the hash of the actor's state. Here it names the actor in the state that the tipset's header
 * commits to.
 */
export function actorJson(node: DevnetNode, block: Block, one: Address): JsonValue {
  const state = node.stateAt(block);
  const id = actorIdAt(state, one);
  const { balance, nonce } = actorAt(state, id);
  return {
    Code: cidJson(codeOf(state, id)),
    Head: cidJson(cidOfCbor([block.header.parentStateRoot, id])),
    Nonce: Number(nonce),
    Balance: String(balance),
    DelegatedAddress: null,
  };
}

/** A deal that is not in a sector yet has −1 where an epoch will be. */
function deal(state: State, id: number, { header }: Block): JsonValue {
  const found = dealAt(state, id, header.height);
  const stored = state.get(slots.deal(BigInt(id)));
  if (found === undefined || stored === undefined) {
    const reason =
      "deal may not have completed sealing before deal proposal start epoch, or deal may have been slashed";
    throw refuse(`deal ${id} not found - ${reason}`);
  }
  return {
    Proposal: dealProposalCbor.toJson(dealProposalCbor.decode(stored.proposal), PREFIX),
    State: {
      SectorNumber: stored.sector ?? 0,
      SectorStartEpoch: stored.activation ?? -1,
      LastUpdatedEpoch: -1,
      SlashEpoch: -1,
    },
  };
}
