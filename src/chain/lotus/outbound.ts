/**
 * Messages on their way out. A message is pushed under the uuid that the caller has stored (MsgUuid): one node gives
 * the same message for it however often it is asked. Another node knows nothing of it, and a node whose answer was lost
 * may still be at work, so there pool and chain are searched before anything is pushed again.
 */
import * as v from "valibot";
import { isPadmaError, PadmaError } from "../../errors.ts";
import { epoch, type Epoch } from "../../units.ts";
import { sameBytes } from "../../wire/cbor.ts";
import type { NetworkInfo, OutgoingMessage, PushedMessage } from "../chain.ts";
import { Turn } from "../turns.ts";
import {
  actorAnswer,
  type BlockMessages,
  blockMessagesAnswer,
  type ChainTipSet,
  cidAnswer,
  filAnswer,
  messageAnswer,
  type ParentMessages,
  parentMessagesAnswer,
  poolAnswer,
  rawSignedMessage,
  type ShownMessage,
  signedMessageAnswer,
} from "./answers.ts";
import type { Awaited } from "./awaited.ts";
import { exitCodeIn, lackingFunds, refused } from "./errors.ts";
import type { Nodes } from "./nodes.ts";
import { cidsOf, type TipSets } from "./tipsets.ts";

export interface OutboundDeps {
  readonly nodes: Pick<Nodes, "call" | "once">;
  readonly tipsets: TipSets;
  readonly awaited: Pick<Awaited, "expect">;
  readonly network: Pick<NetworkInfo, "genesisMs" | "blockDelayMs">;
  readonly head: () => Promise<ChainTipSet>;
  /** Key addresses that may sign and pay, and which one would now: it may have been another one before. */
  readonly senders: (message: OutgoingMessage) => Promise<Senders>;
  /** The most that a message may cost in fees; null: the node's own limit. */
  readonly maxFee: bigint | null;
}

export interface Senders {
  readonly from: string;
  readonly all: readonly string[];
}

/** An unsigned message as MpoolPushMessage takes it: the node fills in nonce and gas. */
interface Draft {
  readonly Version: 0;
  readonly To: string;
  readonly From: string;
  readonly Nonce: 0;
  readonly Value: string;
  readonly GasLimit: number;
  readonly GasFeeCap: "0";
  readonly GasPremium: "0";
  readonly Method: number;
  readonly Params: string | null;
}

type Pending = NonNullable<v.InferOutput<typeof poolAnswer>>;

/** Epochs after which a node that gave no answer is no longer at work on the push. */
const SETTLE_EPOCHS = 2;
/** A message may land a little before it was written down, by the clocks of two machines. */
const CLOCK_SKEW_EPOCHS = 2;

export class Outbound {
  readonly #deps: OutboundDeps;
  readonly #pushed = new Map<string, string>();
  /** Pushes whose answer was lost, and the head at that time. */
  readonly #uncertain = new Map<string, Epoch>();
  /** The pool as it was read last, and at which head. */
  #pool: { readonly at: string; readonly pending: Pending } | null = null;
  /** One push after the other: the next one's funds are what this one leaves. */
  readonly #pushing = new Turn();

  constructor(deps: OutboundDeps) {
    this.#deps = deps;
  }

  /** @throws PadmaError CHAIN_REFUSED, CHAIN_FUNDS, CHAIN_PUSH_UNCERTAIN (busy), and as `Nodes.call` */
  async push(message: OutgoingMessage): Promise<PushedMessage> {
    // One that was decided on earlier may have been lost from the pool since it was pushed.
    const known = () => (message.openSince === undefined ? this.#pushed.get(message.uuid) : undefined);
    return this.#pushing.take(async () => ({ cid: known() ?? (await this.#push(message)) }));
  }

  async #push(message: OutgoingMessage): Promise<string> {
    const head = await this.#deps.head();
    const { from, all } = await this.#deps.senders(message);
    const isRepeated = message.openSince !== undefined || this.#uncertain.has(message.uuid);
    const known = isRepeated ? await this.#search(message, all, head) : null;
    const cid = known ?? (await this.#send(message, from, head, isRepeated));
    this.#pushed.set(message.uuid, cid);
    this.#uncertain.delete(message.uuid);
    return cid;
  }

  /** @throws PadmaError CHAIN_PUSH_UNCERTAIN while a node that gave no answer may still be at work */
  async #search(
    message: OutgoingMessage,
    senders: readonly string[],
    head: ChainTipSet,
  ): Promise<string | null> {
    const isIt = (shown: ShownMessage) => isCall(shown, message, senders);
    const found = (await this.#inPool(isIt, head)) ?? (await this.#onChain(message, senders, head, isIt));
    const lostAt = this.#uncertain.get(message.uuid);
    if (found === null && lostAt !== undefined && head.epoch < lostAt + SETTLE_EPOCHS) {
      throw uncertain(message, lostAt);
    }
    return found;
  }

  /** What a thousand waiting sectors look for is read once a head; what is not in there may have come since. */
  async #inPool(isIt: (shown: ShownMessage) => boolean, head: ChainTipSet): Promise<string | null> {
    const at = head.key.join();
    const known = this.#pool?.at === at ? this.#pool.pending.find(({ Message }) => isIt(Message)) : undefined;
    if (known !== undefined) return known.CID;
    const pending = await this.#pending();
    this.#pool = { at, pending };
    return pending.find(({ Message }) => isIt(Message))?.CID ?? null;
  }

  async #pending(): Promise<Pending> {
    return (await this.#deps.nodes.call("MpoolPending", [[]], poolAnswer)) ?? [];
  }

  /** Since it was written down: it cannot have landed before. The senders' nonces tell whether anything of them has. */
  async #onChain(
    message: OutgoingMessage,
    senders: readonly string[],
    head: ChainTipSet,
    isIt: (shown: ShownMessage) => boolean,
  ): Promise<string | null> {
    const inHead = await this.#inBlocksOf(head, isIt);
    if (inHead !== null) return inHead;
    const { tipsets } = this.#deps;
    const base = await tipsets.at(this.#oldest(message, head), head);
    if (!(await this.#haveSent(senders, base, head))) return null;
    for (let at = head; at.epoch > base.epoch; at = await tipsets.load(at.parents)) {
      const found = (await this.#parentMessages(at)).find(({ Message }) => isIt(Message));
      if (found !== undefined) return found.Cid;
    }
    return null;
  }

  #oldest({ openSince, uuid }: OutgoingMessage, head: ChainTipSet): Epoch {
    const { genesisMs, blockDelayMs } = this.#deps.network;
    const since = openSince === undefined ? Infinity : Math.floor((openSince - genesisMs) / blockDelayMs);
    const oldest = Math.min(since, this.#uncertain.get(uuid) ?? Infinity, head.epoch);
    return epoch(Math.max(0, oldest - CLOCK_SKEW_EPOCHS));
  }

  /** What the head itself holds is in the pool no more, and has no receipt yet. */
  async #inBlocksOf(head: ChainTipSet, isIt: (shown: ShownMessage) => boolean): Promise<string | null> {
    const links = cidsOf(head.key);
    const blocks = await Promise.all(
      links.map((link) => this.#deps.nodes.call("ChainGetBlockMessages", [link], blockMessagesAnswer)),
    );
    const found = blocks.flatMap(messagesIn).find(({ message }) => isIt(message));
    return found?.cid ?? null;
  }

  async #haveSent(senders: readonly string[], base: ChainTipSet, head: ChainTipSet): Promise<boolean> {
    for (const from of senders) {
      if ((await this.#nonceAtBase(from, base)) !== (await this.#nonce(from, head))) return true;
    }
    return false;
  }

  /**
   * FAIL: the sender did not exist then, or the node no longer keeps that state → 0: whatever it has sent is looked
   * through.
   */
  async #nonceAtBase(from: string, base: ChainTipSet): Promise<number> {
    try {
      return await this.#nonce(from, base);
    } catch (error) {
      if (!isPadmaError(error, "CHAIN_RPC")) throw error;
      return 0;
    }
  }

  async #nonce(from: string, at: ChainTipSet): Promise<number> {
    return (await this.#deps.nodes.call("StateGetActor", [from, cidsOf(at.key)], actorAnswer)).Nonce;
  }

  async #parentMessages(tipset: ChainTipSet): Promise<ParentMessages> {
    const [link] = cidsOf(tipset.key);
    return (await this.#deps.nodes.call("ChainGetParentMessages", [link], parentMessagesAnswer)) ?? [];
  }

  /**
   * FAIL before the answer: the message may be out. Nothing more is done now; the next push of this uuid searches.
   * FAIL with an error of the node: it has signed nothing, or taken it back.
   */
  async #send(
    message: OutgoingMessage,
    from: string,
    head: ChainTipSet,
    isRepeated: boolean,
  ): Promise<string> {
    const draft = await this.#estimated(message, from);
    const spec = { MaxFee: (this.#deps.maxFee ?? 0n).toString(), MsgUuid: message.uuid };
    const raw = await this.#pushMessage(message, draft, spec, head);
    const { CID, Message } = v.parse(signedMessageAnswer, raw);
    if (isRepeated) await this.#backIntoPool(CID, raw);
    else await this.#deps.awaited.expect(CID, Message, head);
    return CID;
  }

  async #pushMessage(
    message: OutgoingMessage,
    draft: Draft,
    spec: object,
    head: ChainTipSet,
  ): Promise<unknown> {
    try {
      return await this.#deps.nodes.once((node) =>
        node.call("MpoolPushMessage", [draft, spec], rawSignedMessage),
      );
    } catch (error) {
      if (isPadmaError(error, "CHAIN_UNREACHABLE", "CHAIN_ANSWER"))
        this.#uncertain.set(message.uuid, head.epoch);
      throw asRefusal(error, message);
    }
  }

  /** The same node may give back a message that its pool has lost since: it is put there once more, signed as it is. */
  async #backIntoPool(cid: string, signed: unknown): Promise<void> {
    const pending = await this.#pending();
    if (pending.some(({ CID }) => CID === cid)) return;
    await this.#deps.nodes.once((node) => node.call("MpoolPush", [signed], cidAnswer));
  }

  /** Executes the message on the node, as it would be on chain now, and looks whether the sender can pay for it. */
  async #estimated(message: OutgoingMessage, from: string): Promise<Draft> {
    const draft = draftOf(message, from);
    const { nodes } = this.#deps;
    const spec = { MaxFee: (this.#deps.maxFee ?? 0n).toString() };
    const estimate = await nodes
      .call("GasEstimateMessageGas", [draft, spec, []], messageAnswer)
      .catch((error: unknown) => {
        throw asRefusal(error, message);
      });
    const balance = await nodes.call("WalletBalance", [from], filAnswer);
    const needed = message.value + BigInt(estimate.GasLimit) * estimate.GasFeeCap;
    if (needed > balance)
      throw lackingFunds("the sender has less than value and gas", { from, balance, needed });
    return { ...draft, GasLimit: estimate.GasLimit };
  }
}

function draftOf({ to, method, params, value }: OutgoingMessage, from: string): Draft {
  return {
    Version: 0,
    To: to,
    From: from,
    Nonce: 0,
    Value: value.toString(),
    GasLimit: 0,
    GasFeeCap: "0",
    GasPremium: "0",
    Method: method,
    Params: params.length === 0 ? null : Buffer.from(params).toString("base64"),
  };
}

const isCall = (
  shown: ShownMessage,
  { to, method, params, value }: OutgoingMessage,
  senders: readonly string[],
): boolean =>
  senders.includes(shown.From) &&
  shown.To === to &&
  shown.Method === method &&
  shown.Value === value &&
  sameBytes(shown.Params, params);

function messagesIn(
  block: BlockMessages,
): readonly { readonly cid: string; readonly message: ShownMessage }[] {
  const all = [...(block.BlsMessages ?? []), ...(block.SecpkMessages ?? []).map(({ Message }) => Message)];
  return all.flatMap((message, i) => {
    const cid = block.Cids?.[i];
    return cid === undefined ? [] : [{ cid, message }];
  });
}

/** An exit code in the node's words is the network's verdict; anything else stays what it is. */
function asRefusal(error: unknown, { method, to }: OutgoingMessage): unknown {
  if (!isPadmaError(error, "CHAIN_RPC")) return error;
  const exitCode = exitCodeIn(error.message);
  return exitCode === null ? error : refused(method, to, exitCode, error.message);
}

function uncertain({ uuid, to, method }: OutgoingMessage, lostAt: Epoch): PadmaError {
  return new PadmaError({
    code: "CHAIN_PUSH_UNCERTAIN",
    kind: "busy",
    message: "the node gave no answer when the message was pushed: it may still come into the pool",
    facts: { to, method, uuid, pushedAtEpoch: lostAt },
    next: "nothing to do: padma looks for it, and pushes again only when it is not there",
  });
}
