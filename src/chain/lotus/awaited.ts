/**
 * What became of messages. A new tipset brings the receipts of its parents, so however many messages are awaited, one
 * look at a tipset's parent messages tells which of them have landed; a message that nobody has looked for before is
 * searched for once (StateSearchMsg), and from then on it is only a line in the list.
 */
import * as v from "valibot";
import { isPadmaError, PadmaError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { epoch, type Epoch, EPOCHS_IN_DAY } from "../../units.ts";
import { sameBytes } from "../../wire/cbor.ts";
import type { Landed } from "../chain.ts";
import { Turn } from "../turns.ts";
import {
  actorAnswer,
  type ChainTipSet,
  messageAnswer,
  type MessageLookup,
  messageLookupAnswer,
  type ParentSlots,
  parentSlotsAnswer,
  type Receipt,
  receiptsAnswer,
  replayAnswer,
  type ShownMessage,
} from "./answers.ts";
import { tellsOfTakenNonce } from "./errors.ts";
import type { Nodes } from "./nodes.ts";
import { cidsOf, type TipSets } from "./tipsets.ts";

export interface AwaitedDeps {
  readonly nodes: Pick<Nodes, "call">;
  readonly tipsets: TipSets;
  readonly log: Pick<Log, "warn">;
}

/** A message that somebody has asked for. */
interface Entry {
  /** null: the node does not know what is in it, so only its very CID can be found. */
  readonly message: ShownMessage | null;
  /** Its place on chain is what a search has told: after a revert it has to be searched for again. */
  isSearched: boolean;
  /** From this head on it is searched for once more. */
  searchAgainAt: Epoch | null;
  landed: Landed | null;
  /** Key of the tipset that holds the receipt: when it is reverted, the message has not landed. */
  receiptIn: string | null;
  lastAsked: Epoch;
}

const SEARCHES_AT_ONCE = 8;
/** Walking asks for a tipset and its parents' messages; searching for the message, its contents and where it landed. */
const CALLS_A_TIPSET = 2;
const CALLS_A_SEARCH = 3;
/** Calls that a walk may take at any rate. */
const MOST_WALKED = 20;
/** How far back a message is searched for; a message that landed before has been seen by somebody. */
const SEARCH_EPOCHS = 60 * EPOCHS_IN_DAY;
/** Epochs until a search that failed is made again. */
const SEARCH_AGAIN_AFTER = 10;
/** Nobody has asked for a message during two finalities: it is forgotten. */
const FORGET_AFTER = 1800;
const FORGET_EVERY = 100;
/** The system's code for a message whose nonce the sender has used otherwise (go-state-types, exitcode). */
const SENDER_STATE_INVALID = 2;

export class Awaited {
  readonly #deps: AwaitedDeps;
  readonly #entries = new Map<string, Entry>();
  /** By sender and nonce: a replacement has another CID, but not another nonce. */
  readonly #bySlot = new Map<string, Set<string>>();
  /** Up to here every tipset has been looked at. */
  #last: ChainTipSet | null = null;
  #nextForgetting: Epoch = epoch(0);
  /** One look after the other. */
  readonly #looking = new Turn();

  constructor(deps: AwaitedDeps) {
    this.#deps = deps;
  }

  /** A message that was pushed a moment ago, and can only be in tipsets above `head`: it need not be searched for. */
  async expect(cid: string, message: ShownMessage, head: ChainTipSet): Promise<void> {
    await this.#looking.take(async () => {
      this.#last ??= head;
      // A look that has gone beyond the head may have passed it by.
      if (this.#last.epoch <= head.epoch && !this.#entries.has(cid)) this.#add(cid, message, head.epoch);
    });
  }

  /**
   * What has landed of the given messages, in the chain of `head`. Costs two or three calls for each tipset since the
   * last look, and up to four for each message that is asked for for the first time.
   */
  async lookup(cids: readonly string[], head: ChainTipSet): Promise<ReadonlyMap<string, Landed>> {
    return this.#looking.take(async () => {
      await this.#catchUp(head);
      await this.#search(cids.filter((cid) => this.#isUnknown(cid, head.epoch)));
      return this.#answers(cids, head.epoch);
    });
  }

  #isUnknown(cid: string, now: Epoch): boolean {
    const entry = this.#entries.get(cid);
    if (entry === undefined) return true;
    return entry.landed === null && entry.searchAgainAt !== null && now >= entry.searchAgainAt;
  }

  #answers(cids: readonly string[], now: Epoch): ReadonlyMap<string, Landed> {
    const found = new Map<string, Landed>();
    for (const cid of cids) {
      const entry = this.#entries.get(cid);
      if (entry === undefined) continue;
      entry.lastAsked = now;
      if (entry.landed !== null) found.set(cid, entry.landed);
    }
    this.#forget(now);
    return found;
  }

  /**
   * Walks from the last look to the head, or begins anew where searching takes fewer calls: after a long pause.
   * FAIL: the node no longer knows the chain of the last look → anew as well.
   */
  async #catchUp(head: ChainTipSet): Promise<void> {
    const last = this.#last;
    if (last === null || this.#entries.size === 0 || this.#isFar(last, head)) return this.#beginAt(head);
    try {
      const { reverts, applies } = await this.#deps.tipsets.path(last, head);
      this.#revert(reverts);
      for (const tipset of applies) {
        await this.#apply(tipset);
        this.#last = tipset;
      }
    } catch (error) {
      if (!isPadmaError(error, "CHAIN_RPC")) throw error;
      this.#deps.log.warn("the way to the new head is not known", { error: error.message });
      this.#beginAt(head);
    }
  }

  #isFar(last: ChainTipSet, head: ChainTipSet): boolean {
    return (head.epoch - last.epoch) * CALLS_A_TIPSET > MOST_WALKED + this.#entries.size * CALLS_A_SEARCH;
  }

  #beginAt(head: ChainTipSet): void {
    this.#entries.clear();
    this.#bySlot.clear();
    this.#last = head;
  }

  #revert(reverts: readonly ChainTipSet[]): void {
    const gone = new Set(reverts.map(({ key }) => key.join()));
    for (const entry of this.#entries.values()) {
      if (entry.receiptIn === null || !gone.has(entry.receiptIn)) continue;
      entry.landed = null;
      entry.receiptIn = null;
      entry.searchAgainAt = entry.isSearched ? epoch(0) : null;
    }
    const [lowest] = reverts.slice(-1);
    if (lowest !== undefined) this.#last = lowest;
  }

  /** FAIL half-way: `#last` stays below the tipset, which is looked at again; finding a message twice changes nothing. */
  async #apply(tipset: ChainTipSet): Promise<void> {
    const [block] = tipset.key;
    if (block === undefined || !this.#isAnyAwaited()) return;
    const { nodes } = this.#deps;
    const [link] = cidsOf([block]);
    const messages = (await nodes.call("ChainGetParentMessages", [link], parentSlotsAnswer)) ?? [];
    const hits = this.#hits(messages);
    if (hits.length === 0) return;
    const receipts = (await nodes.call("ChainGetParentReceipts", [link], receiptsAnswer)) ?? [];
    for (const { cid, index } of hits) {
      const [there, receipt] = [messages[index], receipts[index]];
      if (there === undefined || receipt === undefined) throw fewReceipts(messages.length, receipts.length);
      await this.#land(cid, there, receipt, tipset);
    }
  }

  #isAnyAwaited(): boolean {
    for (const { landed } of this.#entries.values()) if (landed === null) return true;
    return false;
  }

  /** Awaited messages that a tipset's parents hold, themselves or by another message with their nonce. */
  #hits(messages: ParentSlots): readonly { cid: string; index: number }[] {
    return messages.flatMap(({ Cid, Message }, index) => {
      const cids = new Set(this.#bySlot.get(slotOf(Message)));
      if (this.#entries.has(Cid)) cids.add(Cid);
      return [...cids]
        .filter((cid) => this.#entries.get(cid)?.landed === null)
        .map((cid) => ({ cid, index }));
    });
  }

  async #land(cid: string, there: ParentSlots[number], receipt: Receipt, tipset: ChainTipSet): Promise<void> {
    const entry = this.#entries.get(cid);
    if (entry === undefined) return;
    const parent = await this.#deps.tipsets.load(tipset.parents);
    const isOurs = there.Cid === cid || entry.message === null || isSameCall(entry.message, there.Message);
    entry.landed = isOurs
      ? await this.#landed(there.Cid, receipt, parent)
      : { ...nonceTaken(cid), epoch: parent.epoch, tipset: parent.key };
    entry.receiptIn = tipset.key.join();
  }

  async #landed(cid: string, receipt: Receipt, parent: ChainTipSet): Promise<Landed> {
    return {
      cid,
      epoch: parent.epoch,
      tipset: parent.key,
      exitCode: receipt.ExitCode,
      returned: receipt.Return,
      gasUsed: receipt.GasUsed,
      error: receipt.ExitCode === 0 ? null : await this.#words(cid, parent),
    };
  }

  /** A receipt has no words; the node finds them again by executing the message. They are worth a try, no more. */
  async #words(cid: string, included: ChainTipSet): Promise<string | null> {
    try {
      const [message] = cidsOf([cid]);
      const params = [cidsOf(included.key), message];
      const { Error: words } = await this.#deps.nodes.call("StateReplay", params, replayAnswer);
      return words === "" ? null : words;
    } catch (error) {
      if (!isPadmaError(error)) throw error;
      this.#deps.log.warn("the actor's words are not to be had", { message: cid, error: error.message });
      return null;
    }
  }

  async #search(cids: readonly string[]): Promise<void> {
    const head = this.#last;
    if (head === null) return;
    const waiting = [...cids];
    const nonces = new Map<string, Promise<number>>();
    const worker = async () => {
      for (let cid = waiting.shift(); cid !== undefined; cid = waiting.shift()) {
        const found = await this.#find(cid, head);
        if (found === "failed") await this.#addUnsearched(cid, head);
        else if (found === "taken") await this.#addTaken(cid, head);
        else if (found === null) await this.#addUnknown(cid, head, nonces);
        else await this.#addFound(cid, head, found);
      }
    };
    await Promise.all(Array.from({ length: Math.min(SEARCHES_AT_ONCE, waiting.length) }, worker));
  }

  /** FAIL: the node cannot search for one message → the others are not held up, and it is searched for again later. */
  async #find(cid: string, head: ChainTipSet): Promise<MessageLookup | null | "taken" | "failed"> {
    const [link] = cidsOf([cid]);
    try {
      const params = [cidsOf(head.key), link, SEARCH_EPOCHS, true];
      return await this.#deps.nodes.call("StateSearchMsg", params, messageLookupAnswer);
    } catch (error) {
      if (!isPadmaError(error, "CHAIN_RPC")) throw error;
      if (tellsOfTakenNonce(error.message)) return "taken";
      this.#deps.log.warn("message cannot be searched for", { message: cid, error: error.message });
      return "failed";
    }
  }

  async #addFound(cid: string, head: ChainTipSet, found: MessageLookup): Promise<void> {
    const { tipsets } = this.#deps;
    const holder = await tipsets.load(found.TipSet);
    const parent = await tipsets.load(holder.parents);
    const entry = this.#add(cid, null, head.epoch);
    entry.isSearched = true;
    entry.landed = await this.#landed(found.Message, found.Receipt, parent);
    entry.receiptIn = holder.key.join();
  }

  /** Not on chain. When its nonce is used all the same, another message has taken it, and it never will be. */
  async #addUnknown(cid: string, head: ChainTipSet, nonces: Map<string, Promise<number>>): Promise<void> {
    const message = await this.#contents(cid);
    const next = message === null ? 0 : await this.#nextNonce(message.From, head, nonces);
    const entry = this.#add(cid, message, head.epoch);
    if (message === null) entry.searchAgainAt = epoch(head.epoch + SEARCH_AGAIN_AFTER);
    else if (next > message.Nonce) this.#take(entry, cid, head);
  }

  /** It may have landed already, so its nonce tells nothing; a walk finds it if it lands from now on. */
  async #addUnsearched(cid: string, head: ChainTipSet): Promise<void> {
    const entry = this.#add(cid, await this.#contents(cid), head.epoch);
    entry.searchAgainAt = epoch(head.epoch + SEARCH_AGAIN_AFTER);
  }

  async #addTaken(cid: string, head: ChainTipSet): Promise<void> {
    this.#take(this.#add(cid, await this.#contents(cid), head.epoch), cid, head);
  }

  #take(entry: Entry, cid: string, head: ChainTipSet): void {
    entry.isSearched = true;
    entry.landed = { ...nonceTaken(cid), epoch: head.epoch, tipset: head.key };
    entry.receiptIn = head.key.join();
  }

  /** What is in a message, from the pool or an old block; null when this node has never seen it. */
  async #contents(cid: string): Promise<ShownMessage | null> {
    const [link] = cidsOf([cid]);
    try {
      return await this.#deps.nodes.call("ChainGetMessage", [link], messageAnswer);
    } catch (error) {
      if (!isPadmaError(error, "CHAIN_RPC")) throw error;
      return null;
    }
  }

  /** The nonce of a sender's next message in the state of a head; asked for once a search. */
  #nextNonce(from: string, head: ChainTipSet, known: Map<string, Promise<number>>): Promise<number> {
    const asked =
      known.get(from) ??
      this.#deps.nodes
        .call("StateGetActor", [from, cidsOf(head.key)], actorAnswer)
        .then(({ Nonce }) => Nonce);
    known.set(from, asked);
    return asked;
  }

  #add(cid: string, message: ShownMessage | null, now: Epoch): Entry {
    const nowhere = { landed: null, receiptIn: null, isSearched: false, searchAgainAt: null };
    const entry: Entry = { message, ...nowhere, lastAsked: now };
    this.#entries.set(cid, entry);
    if (message !== null) {
      const slot = slotOf(message);
      this.#bySlot.set(slot, (this.#bySlot.get(slot) ?? new Set<string>()).add(cid));
    }
    return entry;
  }

  #forget(now: Epoch): void {
    if (now < this.#nextForgetting) return;
    this.#nextForgetting = epoch(now + FORGET_EVERY);
    for (const [cid, { message, lastAsked }] of this.#entries) {
      if (lastAsked + FORGET_AFTER > now) continue;
      this.#entries.delete(cid);
      if (message !== null) this.#bySlot.get(slotOf(message))?.delete(cid);
    }
  }
}

/** Nothing is decided: the tipset is looked at again with the next head. */
function fewReceipts(messages: number, receipts: number): PadmaError {
  return new PadmaError({
    code: "CHAIN_ANSWER",
    kind: "busy",
    message: "the node gives fewer receipts than messages for a tipset",
    facts: { messages, receipts },
  });
}

const slotOf = ({ From, Nonce }: Pick<ShownMessage, "From" | "Nonce">): string => `${From} ${Nonce}`;

/** The same call with other gas: what may replace a message in the pool (lotus: EqualCall). */
function isSameCall(a: ShownMessage, shown: unknown): boolean {
  const parsed = v.safeParse(messageAnswer, shown);
  if (!parsed.success) return false;
  const b = parsed.output;
  return a.To === b.To && a.Value === b.Value && a.Method === b.Method && sameBytes(a.Params, b.Params);
}

function nonceTaken(cid: string): Omit<Landed, "epoch" | "tipset"> {
  return {
    cid,
    exitCode: SENDER_STATE_INVALID,
    returned: new Uint8Array(0),
    gasUsed: 0,
    error: "another message of the sender has taken its nonce, so it can never land",
  };
}
