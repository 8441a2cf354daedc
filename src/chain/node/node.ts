/** What the methods of a devnet's node share: its tipsets by key, the state at a tipset, actors by address. */
import { type ActorId, epoch } from "../../units.ts";
import { type Address, idAddress } from "../../wire/address.ts";
import type { CID } from "../../wire/cid.ts";
import type { SignedMessage } from "../../wire/message.ts";
import { resolve } from "../devnet/actors/ledger.ts";
import type { AdvanceDeps } from "../devnet/advance.ts";
import type { Block } from "../devnet/block.ts";
import type { Devnet } from "../devnet/devnet.ts";
import { ChainRandomness } from "../devnet/randomness.ts";
import { type MinerState, slots } from "../devnet/slots.ts";
import { State } from "../devnet/state.ts";
import { rowsAt } from "../devnet/stateRows.ts";
import { HeadFeed } from "./headFeed.ts";
import { refuse } from "./rpcError.ts";
import { Turns } from "../turns.ts";

/** CIDs of a tipset's blocks. Empty: the head. */
export type TipSetKey = readonly CID[];

/** Every devnet shows its addresses with `t`. */
export const PREFIX = "t";

export interface MinerAt {
  readonly block: Block;
  readonly state: State;
  readonly id: ActorId;
  readonly miner: MinerState;
}

export class DevnetNode {
  readonly chain: Devnet;
  readonly parts: AdvanceDeps;
  readonly heads: HeadFeed;
  readonly randomness: ChainRandomness;
  /** Messages of one sender, from the estimate to the pool: each is estimated on top of those before it. */
  readonly senders = new Turns();

  private constructor(chain: Devnet, parts: AdvanceDeps) {
    const { database, genesis, tipsets } = parts;
    this.chain = chain;
    this.parts = parts;
    this.heads = new HeadFeed(database, tipsets, genesis.parameters.finality);
    this.randomness = new ChainRandomness(tipsets, genesis.secret);
  }

  static async of(chain: Devnet): Promise<DevnetNode> {
    return new DevnetNode(chain, chain.parts());
  }

  genesis(): Block {
    const { tipsets } = this.parts;
    return tipsets.atOrAfter(epoch(0)) ?? tipsets.head();
  }

  /** The head, once the chain has caught up with its clock; listeners know it too. */
  async head(): Promise<Block> {
    await this.chain.head();
    this.heads.look();
    return this.heads.head;
  }

  /** The tipset with a key. @throws RpcError when the chain has none, or no longer has it. */
  async tipset(key: TipSetKey): Promise<Block> {
    return key.length === 0 ? this.head() : this.loadTipset(key);
  }

  /** Without the empty key's meaning. @throws RpcError */
  loadTipset(key: TipSetKey): Block {
    const [cid, ...others] = key;
    if (cid === undefined) throw refuse("NewTipSet called with zero length array of blocks");
    return this.block(others[0] ?? cid);
  }

  /** @throws RpcError */
  block(cid: CID): Block {
    const found = this.parts.tipsets.byCid(cid.toString());
    if (found === undefined) throw refuse(`ipld: could not find ${cid.toString()}`);
    return found;
  }

  /** A message that the node knows, pending or in a tipset. @throws RpcError */
  signedMessage(cid: string): SignedMessage {
    const found = this.parts.pool.byCid(cid);
    if (found === undefined) throw refuse(`ipld: could not find ${cid}`);
    return found;
  }

  /** In order of arrival. */
  pendingMessages(): readonly SignedMessage[] {
    return this.parts.pool.waiting();
  }

  /** The state that a tipset's header commits to. @throws RpcError when it is older than what is kept. */
  stateAt(block: Block): State {
    const { database, genesis, tipsets } = this.parts;
    const { height } = block.header;
    const oldest = tipsets.head().header.height - genesis.parameters.finality;
    if (height < oldest) {
      throw refuse(
        `state of epoch ${height} is no longer kept: a devnet keeps that of its last tipsets, here from epoch ${oldest} on`,
      );
    }
    return new State(rowsAt(database, height));
  }

  /** The miner behind an address, at a tipset. @throws RpcError */
  async minerAt(address: Address, key: TipSetKey): Promise<MinerAt> {
    const block = await this.tipset(key);
    const state = this.stateAt(block);
    const id = resolve(state, address);
    const miner = id === undefined ? undefined : state.get(slots.miner(id));
    if (id === undefined || miner === undefined) throw refuse("failed to load miner actor: actor not found");
    return { block, state, id, miner };
  }
}

/** An actor's ID address as the node shows it. */
export const shownId = (id: ActorId): string => idAddress(id).toString(PREFIX);

/** The actor behind an address. @throws RpcError */
export function actorIdAt(state: State, address: Address): ActorId {
  const id = resolve(state, address);
  if (id === undefined) throw refuse("actor not found");
  return id;
}
