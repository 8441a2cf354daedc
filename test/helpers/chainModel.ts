/**
 * A chain as a lotus node shows it, made tipset by tipset by a test: messages, receipts, forks, a pool, and nodes over
 * it. It executes nothing; whoever includes a message says what its receipt is.
 */
import { EventEmitter } from "node:events";
import { cidOfCbor } from "../../src/wire/cid.ts";
import {
  type OpenChannel,
  RpcChannel,
  RpcFailure,
  type RpcMethod,
  startRpcServer,
  type RpcServer,
} from "./rpcServer.ts";

type Link = { readonly "/": string };
type Key = readonly Link[];

export interface ModelMessage {
  readonly Version: 0;
  readonly To: string;
  readonly From: string;
  readonly Nonce: number;
  readonly Value: string;
  readonly GasLimit: number;
  readonly GasFeeCap: string;
  readonly GasPremium: string;
  readonly Method: number;
  readonly Params: string | null;
  readonly CID: Link;
}

export interface ModelTipSet {
  readonly Cids: Key;
  readonly Blocks: readonly {
    readonly Parents: Key;
    readonly Timestamp: number;
    readonly Height: number;
    readonly ParentBaseFee: string;
  }[];
  readonly Height: number;
}

interface Included {
  readonly message: ModelMessage;
  readonly exitCode: number;
  readonly returned: string | null;
}

export const MODEL = {
  miner: "t01000",
  worker: "t3umgrjgznqj64laz2utwsesg233lgxsyji3d2p4t63vmvfsdc6lngs7nikbhpyfg4h6rer4yvx7vzedzo22uq",
  name: "localnet-model",
  genesis: 1_800_000_000,
  blockDelay: 4,
} as const;

const linkOf = (...parts: readonly (string | number)[]): Link => ({
  "/": cidOfCbor([...parts]).toString(),
});
const idOf = (key: Key): string => key.map((link) => link["/"]).join();

export class ChainModel {
  readonly name: string;
  readonly #tipsets = new Map<string, ModelTipSet>();
  /** By the tipset that included them. */
  readonly #included = new Map<string, readonly Included[]>();
  #forks = 0;
  head: ModelTipSet;

  constructor(name: string = MODEL.name) {
    this.name = name;
    this.head = this.#add(0, [], []);
  }

  get genesis(): ModelTipSet {
    return this.at(0);
  }

  /** A tipset on top of a parent (the head), an epoch later or more (null rounds), with messages. */
  extend(included: readonly Included[] = [], { parent = this.head, skip = 0 } = {}): ModelTipSet {
    this.head = this.#add(parent.Height + 1 + skip, parent.Cids, included);
    return this.head;
  }

  /** Another branch from `depth` tipsets below the head, as long as the old one and one tipset longer. */
  fork(depth: number): ModelTipSet {
    this.#forks += 1;
    let parent = this.head;
    for (let i = 0; i < depth; i += 1) parent = this.parentOf(parent);
    for (let i = 0; i <= depth; i += 1) parent = this.extend([], { parent });
    return this.head;
  }

  get(key: Key): ModelTipSet {
    const found = key.length === 0 ? this.head : this.#tipsets.get(idOf(key));
    if (found === undefined) throw new RpcFailure(1, `loading tipset ${idOf(key)}: ipld: could not find`);
    return found;
  }

  parentOf(tipset: ModelTipSet): ModelTipSet {
    return this.get(tipset.Blocks[0]?.Parents ?? []);
  }

  at(height: number, from: ModelTipSet = this.head): ModelTipSet {
    let tipset = from;
    while (tipset.Height > height && tipset.Height > 0) tipset = this.parentOf(tipset);
    return tipset;
  }

  includedIn(tipset: ModelTipSet): readonly Included[] {
    return this.#included.get(idOf(tipset.Cids)) ?? [];
  }

  tipsetOfBlock(block: Link): ModelTipSet {
    return this.get([block]);
  }

  /** Where a message is in the chain of a tipset: the one that holds its receipt. */
  find(cid: string, from: ModelTipSet): { holder: ModelTipSet; included: Included } | null {
    for (let holder = from; holder.Height > 0; holder = this.parentOf(holder)) {
      const included = this.includedIn(this.parentOf(holder)).find(({ message }) => message.CID["/"] === cid);
      if (included !== undefined) return { holder, included };
    }
    return null;
  }

  /** Messages of a sender that are executed in the state of a tipset. */
  nonce(from: string, at: ModelTipSet): number {
    let count = 0;
    for (let tipset = at; tipset.Height > 0; tipset = this.parentOf(tipset)) {
      count += this.includedIn(this.parentOf(tipset)).filter(({ message }) => message.From === from).length;
    }
    return count;
  }

  #add(height: number, parents: Key, included: readonly Included[]): ModelTipSet {
    const Cids = [linkOf(this.name, height, this.#forks, idOf(parents))];
    const Timestamp = MODEL.genesis + height * MODEL.blockDelay;
    const tipset = {
      Cids,
      Blocks: [{ Parents: parents, Timestamp, Height: height, ParentBaseFee: "100" }],
      Height: height,
    };
    this.#tipsets.set(idOf(Cids), tipset);
    this.#included.set(idOf(Cids), included);
    return tipset;
  }
}

/** Inclusion with success. */
export const executed = (message: ModelMessage, exitCode = 0, returned: string | null = null): Included => ({
  message,
  exitCode,
  returned,
});

interface Draft {
  readonly To: string;
  readonly From: string;
  readonly Value: string;
  readonly GasLimit: number;
  readonly Method: number;
  readonly Params: string | null;
}

export function messageOf(draft: Draft, nonce: number, premium = "100"): ModelMessage {
  const { To, From, Value, Method, Params } = draft;
  const CID = linkOf(To, From, nonce, Value, Method, Params ?? "", premium);
  const gas = { GasLimit: 1_000_000, GasFeeCap: "200", GasPremium: premium };
  return { Version: 0, To, From, Nonce: nonce, Value, ...gas, Method, Params, CID };
}

/** One node over a model: its own pool and its own memory of uuids, as every node has. */
export class ModelNode {
  readonly model: ChainModel;
  readonly pool: ModelMessage[] = [];
  readonly uuids = new Map<string, ModelMessage>();
  readonly channels = new Set<OpenChannel>();
  /** Emits `channel` with each new subscriber. */
  readonly subscribed = new EventEmitter();
  balance = "1000000000000000000";
  keys: readonly string[] = [MODEL.worker];
  #channels = 0;

  constructor(model: ChainModel) {
    this.model = model;
  }

  /** Serves it on the loopback until it is closed. */
  async serve(overrides: Readonly<Record<string, RpcMethod>> = {}): Promise<RpcServer> {
    return startRpcServer({ ...this.methods(), ...overrides });
  }

  /** Tells the subscribers of a tipset that was added to the model. */
  notify(type: "apply" | "revert", ...tipsets: readonly ModelTipSet[]): void {
    for (const channel of this.channels) channel.send(tipsets.map((Val) => ({ Type: type, Val })));
  }

  /** The next tipset holds everything in the pool. */
  mine(): ModelTipSet {
    const tipset = this.model.extend(this.pool.splice(0).map((message) => executed(message)));
    this.notify("apply", tipset);
    return tipset;
  }

  /** What it answers, by the method's name. */
  methods(): Record<string, RpcMethod> {
    const { model } = this;
    const block = ([link]: readonly unknown[]) => model.parentOf(model.tipsetOfBlock(link as Link));
    return {
      StateNetworkName: () => model.name,
      StateGetNetworkParams: () => ({
        NetworkName: model.name,
        BlockDelaySecs: MODEL.blockDelay,
        PreCommitChallengeDelay: 10,
        Eip155ChainID: 31_415_926,
      }),
      ChainGetGenesis: () => model.genesis,
      ChainHead: () => model.head,
      ChainGetTipSet: ([key]) => model.get(key as Key),
      ChainGetTipSetByHeight: ([height, key]) => model.at(Number(height), model.get(key as Key)),
      ChainGetParentMessages: (params) =>
        model.includedIn(block(params)).map(({ message }) => ({ Cid: message.CID, Message: message })),
      ChainGetParentReceipts: (params) => model.includedIn(block(params)).map(receiptOf),
      ChainGetBlockMessages: ([link]) => {
        const messages = model.includedIn(model.tipsetOfBlock(link as Link)).map(({ message }) => message);
        return { BlsMessages: messages, SecpkMessages: [], Cids: messages.map(({ CID }) => CID) };
      },
      ChainGetMessage: ([link]) => this.#message((link as Link)["/"]),
      ChainNotify: () => this.#subscribe(),
      StateSearchMsg: ([key, link]) => this.#search(model.get(key as Key), (link as Link)["/"]),
      StateGetActor: ([from, key]) => ({ Nonce: model.nonce(String(from), model.get(key as Key)) }),
      StateMinerInfo: ([address]) => {
        if (address !== MODEL.miner) throw new RpcFailure(1, "failed to load miner actor: actor not found");
        return { Owner: "t0100", Worker: "t0100", ControlAddresses: null, SectorSize: 2048 };
      },
      StateAccountKey: () => MODEL.worker,
      WalletHas: ([address]) => this.keys.includes(String(address)),
      WalletBalance: () => this.balance,
      GasEstimateMessageGas: ([draft]) => messageOf(draft as Draft, 0),
      MpoolPending: () => this.pool.map((Message) => ({ Message, Signature: {}, CID: Message.CID })),
      MpoolPushMessage: ([draft, spec]) => this.push(draft as Draft, (spec as { MsgUuid: string }).MsgUuid),
      MpoolPush: ([signed]) => {
        const { Message } = signed as { Message: ModelMessage };
        this.pool.push(Message);
        return Message.CID;
      },
    };
  }

  push(draft: Draft, uuid: string): object {
    const known = this.uuids.get(uuid);
    const nonce = this.model.nonce(draft.From, this.model.head) + this.#inHead(draft.From) + this.pool.length;
    const Message = known ?? messageOf(draft, nonce);
    if (known === undefined) this.pool.push(Message);
    this.uuids.set(uuid, Message);
    return { Message, Signature: { Type: 2, Data: "" }, CID: Message.CID };
  }

  #inHead(from: string): number {
    return this.model.includedIn(this.model.head).filter(({ message }) => message.From === from).length;
  }

  #message(cid: string): ModelMessage {
    const pooled = [...this.pool, ...this.uuids.values()].find(({ CID }) => CID["/"] === cid);
    const found = pooled ?? this.model.find(cid, this.model.head)?.included.message;
    if (found === undefined) throw new RpcFailure(1, `ipld: could not find ${cid}`);
    return found;
  }

  #search(from: ModelTipSet, cid: string): object | null {
    const wanted = this.#message(cid);
    const callOf = ({ To, Value, Method, Params }: ModelMessage) => [To, Value, Method, Params].join();
    for (let holder = from; holder.Height > 0; holder = this.model.parentOf(holder)) {
      for (const included of this.model.includedIn(this.model.parentOf(holder))) {
        const { message } = included;
        if (message.From !== wanted.From || message.Nonce !== wanted.Nonce) continue;
        if (callOf(message) !== callOf(wanted)) throw new RpcFailure(1, "found message with equal nonce");
        const Receipt = receiptOf(included);
        return { Message: message.CID, Receipt, TipSet: holder.Cids, Height: holder.Height };
      }
    }
    return null;
  }

  #subscribe(): RpcChannel {
    this.#channels += 1;
    const current = [{ Type: "current", Val: this.model.head }];
    return new RpcChannel(
      this.#channels,
      (channel) => {
        this.channels.add(channel);
        this.subscribed.emit("channel");
        channel.onCancel(() => this.channels.delete(channel));
      },
      [current],
    );
  }
}

const receiptOf = ({ exitCode, returned }: Included) => ({
  ExitCode: exitCode,
  Return: returned,
  GasUsed: 5000,
});
