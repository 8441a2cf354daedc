/** Messages from their arrival to their tipset. */
import { attoFil, type Epoch } from "../../units.ts";
import { PadmaError } from "../../errors.ts";
import { idAddress, parseAddress } from "../../wire/address.ts";
import {
  type Message,
  messageCbor,
  type SignedMessage,
  signedMessageCbor,
  signedMessageCid,
  signingBytes,
} from "../../wire/message.ts";
import type { OutgoingMessage } from "../chain.ts";
import type { KeyRing } from "./accounts.ts";
import { actorAt, resolve } from "./actors/ledger.ts";
import type { Clock } from "./clock.ts";
import { damaged, type Database, type Row } from "./database.ts";
import type { IncludedMessage } from "./execute.ts";
import { BASE_FEE, GAS_PREMIUM, gasLimitFor, gasOf, maxGasCost } from "./gas.ts";
import { committedRows } from "./stateRows.ts";
import { State } from "./state.ts";
import type { TipSets } from "./tipsets.ts";

/** A message that waits for a tipset. */
export interface PendingMessage extends IncludedMessage {
  readonly seq: number;
}

export interface PoolDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly tipsets: TipSets;
}

export class Pool {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #tipsets: TipSets;
  /** CIDs of messages whose signature this process has made or checked. */
  readonly #genuine = new Set<string>();

  constructor({ database, clock, tipsets }: PoolDeps) {
    this.#database = database;
    this.#clock = clock;
    this.#tipsets = tipsets;
  }

  /** CID of the message that was pushed with a uuid. */
  find(uuid: string): string | undefined {
    const row = this.#database.get("select cid from messages where uuid = ?", uuid);
    return row === undefined ? undefined : String(row["cid"]);
  }

  /**
   * Signs with the worker's key and puts into the pool. The key works outside the write lock (tens of milliseconds): when
   * another message takes the nonce meanwhile, it signs again. FAIL: killed before the insert → nothing happened;
   * after it → the same uuid finds the message.
   */
  push(outgoing: OutgoingMessage, keys: KeyRing): string {
    for (;;) {
      const known = this.find(outgoing.uuid);
      if (known !== undefined) return known;
      const message = this.#draft(outgoing, keys);
      const signature = keys.sign(keys.key("worker"), signingBytes(message));
      const cid = this.#insert(outgoing.uuid, { message, signature });
      if (cid !== undefined) return cid;
    }
  }

  /**
   * Puts a message that was signed elsewhere into the pool.
   * @throws PadmaError CHAIN_REFUSED: unknown sender, signature, nonce, funds or gas.
   */
  submit(uuid: string, signed: SignedMessage, keys: KeyRing): string {
    const known = this.find(uuid);
    if (known !== undefined) return known;
    const { message, signature } = signed;
    const state = this.#state();
    const sender = resolve(state, message.from);
    const key = sender === undefined ? null : actorAt(state, sender).key;
    if (key === null) throw refused("the sender is no account", { from: message.from.toString("t") });
    if (!keys.verify(signature, key, signingBytes(message))) {
      throw refused("the signature does not match the message", { from: key.toString("t") });
    }
    const cid = this.#insert(uuid, signed);
    if (cid !== undefined) return cid;
    const expected = this.#nextNonce(signed.message);
    throw refused("the nonce is not the sender's next one", { nonce: message.nonce, expected });
  }

  /** What a tipset at `at` may include: everything that arrived before it, in order of arrival. */
  arrivedBefore(at: Epoch): readonly PendingMessage[] {
    const sql = "select seq, cid, signed from messages where included is null and arrival < ? order by seq";
    return this.#database.all(sql, at).map((row) => this.#pending(row));
  }

  /** How many messages `arrivedBefore` would give. */
  countBefore(at: Epoch): number {
    const sql = "select count(*) as n from messages where included is null and arrival < ?";
    return Number(this.#database.get(sql, at)?.["n"]);
  }

  /** Earliest arrival after `head`: the epoch after it is the first at which something new applies. */
  nextArrival(head: Epoch): Epoch | undefined {
    const sql = "select min(arrival) as n from messages where included is null and arrival >= ?";
    const arrival = this.#database.get(sql, head)?.["n"];
    return typeof arrival === "number" ? (arrival as Epoch) : undefined;
  }

  size(): number {
    return Number(this.#database.get("select count(*) as n from messages where included is null")?.["n"]);
  }

  /** Messages of a stored tipset, in the order of execution. */
  includedAt(at: Epoch): readonly PendingMessage[] {
    const sql = "select seq, cid, signed from messages where included = ? order by seq";
    return this.#database.all(sql, at).map((row) => this.#pending(row));
  }

  isIncludedIn(at: Epoch): boolean {
    return this.#database.get("select 1 from messages where included = ? limit 1", at) !== undefined;
  }

  /**
   * Messages that can run: next nonces, gas paid for. The rest stays in the pool.
   * FAIL: a stored signature does not match → the file was changed by hand: damaged, the chain stops.
   */
  select(state: State, candidates: readonly PendingMessage[], keys: KeyRing): readonly PendingMessage[] {
    const senders = new Map<number, { nonce: bigint; balance: bigint }>();
    return candidates.filter(({ cid, signed }) => {
      const { message } = signed;
      const id = resolve(state, message.from);
      if (id === undefined) return false;
      const actor = actorAt(state, id);
      const sender = senders.get(id) ?? { nonce: actor.nonce, balance: actor.balance };
      const cost = maxGasCost(message);
      if (message.nonce !== sender.nonce || cost > sender.balance || actor.key === null) return false;
      this.#checkGenuine(cid, signed, actor.key, keys);
      senders.set(id, { nonce: sender.nonce + 1n, balance: sender.balance - cost });
      return true;
    });
  }

  #checkGenuine(cid: string, signed: SignedMessage, key: Message["from"], keys: KeyRing): void {
    if (this.#genuine.has(cid)) return;
    const isGenuine = keys.verify(signed.signature, key, signingBytes(signed.message));
    if (!isGenuine) throw damaged(this.#database.path, `the signature of message ${cid} does not match`);
    this.#genuine.add(cid);
  }

  #draft(outgoing: OutgoingMessage, keys: KeyRing): Message {
    const unsigned: Message = {
      version: 0,
      to: parseAddress(outgoing.to),
      from: keys.address("worker"),
      nonce: 0n,
      value: outgoing.value,
      gasLimit: 0n,
      gasFeeCap: attoFil(BASE_FEE + GAS_PREMIUM),
      gasPremium: GAS_PREMIUM,
      method: outgoing.method,
      params: outgoing.params,
    };
    // The signature and a longer nonce or limit are still to come: at most 120 bytes.
    const size = messageCbor.encode(unsigned).length + 120;
    const gasLimit = gasLimitFor(gasOf(outgoing.method, size));
    return { ...unsigned, gasLimit, nonce: this.#nextNonce(unsigned) };
  }

  /** The message's CID; undefined when its nonce is not the next one (any more). */
  #insert(uuid: string, signed: SignedMessage): string | undefined {
    const { message } = signed;
    const cid = signedMessageCid(signed).toString();
    const bytes = signedMessageCbor.encode(signed);
    return this.#database.write(() => {
      const known = this.find(uuid);
      if (known !== undefined) return known;
      if (this.#nextNonce(message) !== message.nonce) return undefined;
      this.#checkFunds(message);
      const arrival = Math.max(this.#clock.read().epoch, this.#tipsets.head().header.height) as Epoch;
      this.#clock.use(arrival);
      this.#database.run(
        "insert into messages (uuid, cid, sender, nonce, arrival, signed) values (?, ?, ?, ?, ?, ?)",
        uuid,
        cid,
        this.#senderKey(message),
        message.nonce,
        arrival,
        bytes,
      );
      this.#genuine.add(cid);
      return cid;
    });
  }

  #checkFunds(message: Message): void {
    if (message.gasFeeCap < BASE_FEE || message.gasLimit <= 0n || message.value < 0n) {
      throw refused("gas limit, fee cap or value is too low", { baseFee: BASE_FEE });
    }
    const state = this.#state();
    const id = resolve(state, message.from);
    const balance = id === undefined ? 0n : actorAt(state, id).balance;
    const sql = "select seq, cid, signed from messages where sender = ? and included is null";
    const pending = this.#database.all(sql, this.#senderKey(message)).map((row) => this.#pending(row).signed);
    const needed = [...pending.map((signed) => signed.message), message]
      .map((one) => one.value + maxGasCost(one))
      .reduce((sum, cost) => sum + cost, 0n);
    if (needed > balance) {
      throw refused("the sender has too little for this message and those before it", { balance, needed });
    }
  }

  /** After the last message of the sender in the file, or the nonce in the state. */
  #nextNonce(message: Message): bigint {
    const sql = "select max(nonce) as last from messages where sender = ?";
    const last = this.#database.get(sql, this.#senderKey(message))?.["last"];
    if (typeof last === "number") return BigInt(last) + 1n;
    const state = this.#state();
    const id = resolve(state, message.from);
    return id === undefined ? 0n : actorAt(state, id).nonce;
  }

  /** The actor id, whichever address the message names. */
  #senderKey(message: Message): string {
    const id = resolve(this.#state(), message.from);
    return id === undefined ? message.from.toString() : idAddress(id).toString();
  }

  #state(): State {
    return new State(committedRows(this.#database));
  }

  #pending(row: Row): PendingMessage {
    const { seq, cid, signed } = row;
    if (typeof cid !== "string" || !(signed instanceof Uint8Array)) {
      throw damaged(this.#database.path, "a message has no content");
    }
    try {
      return { seq: Number(seq), cid, signed: signedMessageCbor.decode(signed), size: signed.length };
    } catch (cause) {
      throw damaged(this.#database.path, `message ${cid} cannot be read`, cause);
    }
  }
}

function refused(reason: string, facts: PadmaError["facts"]): PadmaError {
  return new PadmaError({
    code: "CHAIN_REFUSED",
    message: `the network refuses the message: ${reason}`,
    facts,
    next: "look at the facts above; nothing was sent",
  });
}
