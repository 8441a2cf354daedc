/** Messages from their arrival to their tipset. */
import { PadmaError } from "../../errors.ts";
import { attoFil, type Epoch, epoch } from "../../units.ts";
import { type Address, idAddress, parseAddress } from "../../wire/address.ts";
import { decodeCbor, encodeCbor } from "../../wire/cbor.ts";
import {
  type Message,
  messageCbor,
  messageCid,
  type SignedMessage,
  signedMessageCid,
  signingBytes,
} from "../../wire/message.ts";
import { type Signature, signature } from "../../wire/signature.ts";
import type { OutgoingMessage } from "../chain.ts";
import { type Account, accountAt, accountId, type KeyRing } from "./accounts.ts";
import { actorAt, resolve } from "./actors/ledger.ts";
import type { Clock } from "./clock.ts";
import { damaged, type Database, type Row } from "./database.ts";
import { BASE_FEE, GAS_PREMIUM, gasLimitFor, gasOf, maxGasCost } from "./gas.ts";
import { State } from "./state.ts";
import { committedRows } from "./stateRows.ts";
import type { TipSets } from "./tipsets.ts";

/** A message in the file. */
export interface PooledMessage {
  readonly seq: number;
  readonly cid: string;
  readonly message: Message;
  /** null: whoever pushed it was killed before it had signed. */
  readonly signature: Signature | null;
}

/** What `push` signs: with the worker's key and the gas that it will take, unless it says otherwise. */
export interface UnsignedMessage extends OutgoingMessage {
  /** An address of an account whose key the devnet holds. */
  readonly from?: Address;
  readonly gas?: Pick<Message, "gasLimit" | "gasFeeCap" | "gasPremium">;
}

/** A message that goes into a tipset. */
export interface IncludedMessage extends PooledMessage {
  readonly signature: Signature;
}

export interface PoolDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly tipsets: TipSets;
}

const COLUMNS = "seq, cid, message, signature";

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
   * Puts a message of one of the devnet's accounts into the pool. A BLS signature is no part of a message's CID, so the
   * message takes its nonce under the write lock at once, and is signed (tens of milliseconds) after it. A secp256k1
   * signature is part of it, and quick to make: it is made under the lock.
   * FAIL: killed before the insert → nothing happened. FAIL: killed before the signature is stored → the same uuid
   * finds the message, and whoever makes the next tipset signs it.
   * @throws PadmaError CHAIN_FUNDS: the sender cannot pay. CHAIN_KEY_UNKNOWN: it is none of the devnet's accounts.
   */
  push(outgoing: UnsignedMessage, keys: KeyRing): string {
    const pushed = this.#database.write(() => {
      const known = this.find(outgoing.uuid);
      if (known !== undefined) return known;
      const message = this.#draft(outgoing);
      if (this.#accountOf(message.from).kind === "bls") {
        return this.#insert(outgoing.uuid, message, messageCid(message).toString(), null);
      }
      const signed = { message, signature: this.#signatureOf(message, keys) };
      return this.#insert(outgoing.uuid, message, signedMessageCid(signed).toString(), signed.signature).cid;
    });
    if (typeof pushed === "string") return pushed;
    this.#sign(pushed, keys);
    return pushed.cid;
  }

  /**
   * Puts a message that was signed elsewhere into the pool.
   * @throws PadmaError CHAIN_REFUSED: unknown sender, signature, nonce or gas. CHAIN_FUNDS: the sender cannot pay.
   */
  submit(uuid: string, signed: SignedMessage, keys: KeyRing): string {
    const { message } = signed;
    const key = this.#keyOf(message.from);
    if (key === null) throw refused("the sender is no account", { from: message.from.toString("t") });
    if (!keys.verify(signed.signature, key, signingBytes(message))) {
      throw refused("the signature does not match the message", { from: key.toString("t") });
    }
    const cid = signedMessageCid(signed).toString();
    this.#genuine.add(cid);
    return this.#database.write(() => {
      const known = this.find(uuid);
      if (known !== undefined) return known;
      const expected = this.#nextNonce(message.from);
      if (message.nonce !== expected) {
        throw refused("the nonce is not the sender's next one", { nonce: message.nonce, expected });
      }
      return this.#insert(uuid, message, cid, signed.signature).cid;
    });
  }

  /** A message in the file, pending or included; undefined also for one that nobody has signed yet. */
  byCid(cid: string): SignedMessage | undefined {
    const row = this.#database.get(`select ${COLUMNS} from messages where cid = ?`, cid);
    return row === undefined ? undefined : signedOf(this.#decode(row));
  }

  /** What no tipset has included yet, in order of arrival. */
  waiting(): readonly PooledMessage[] {
    const sql = `select ${COLUMNS} from messages where included is null order by seq`;
    return this.#database.all(sql).map((row) => this.#decode(row));
  }

  /** The nonce of an account's next message. */
  nextNonce(from: Address): bigint {
    return this.#nextNonce(from);
  }

  /** What a tipset at `at` may include: everything that arrived before it, in order of arrival. */
  arrivedBefore(at: Epoch): readonly PooledMessage[] {
    const sql = `select ${COLUMNS} from messages where included is null and arrival < ? order by seq`;
    return this.#database.all(sql, at).map((row) => this.#decode(row));
  }

  /** How many messages `arrivedBefore` would give. */
  countBefore(at: Epoch): number {
    const sql = "select count(*) as n from messages where included is null and arrival < ?";
    return Number(this.#database.get(sql, at)?.["n"]);
  }

  /** Earliest arrival from `head` on: the epoch after it is the first at which something new applies. */
  nextArrival(head: Epoch): Epoch | undefined {
    const sql = "select min(arrival) as n from messages where included is null and arrival >= ?";
    const arrival = this.#database.get(sql, head)?.["n"];
    return typeof arrival === "number" ? epoch(arrival) : undefined;
  }

  size(): number {
    return Number(this.#database.get("select count(*) as n from messages where included is null")?.["n"]);
  }

  isIncludedIn(at: Epoch): boolean {
    return this.#database.get("select 1 from messages where included = ? limit 1", at) !== undefined;
  }

  /** Messages of a stored tipset, in the order of execution. */
  includedAt(at: Epoch): readonly IncludedMessage[] {
    const sql = `select ${COLUMNS} from messages where included = ? order by seq`;
    return this.#database.all(sql, at).map((row) => {
      const pooled = this.#decode(row);
      if (pooled.signature === null)
        throw damaged(this.#database.path, `message ${pooled.cid} has no signature`);
      return { ...pooled, signature: pooled.signature };
    });
  }

  /** Inside a write: the messages of a new tipset. */
  include(messages: readonly IncludedMessage[], at: Epoch): void {
    for (const { seq } of messages) {
      this.#database.run("update messages set included = ? where seq = ?", at, seq);
    }
  }

  /**
   * Messages that can run: next nonces, gas paid for. The rest stays in the pool.
   * FAIL: a stored signature does not match → the file was changed by hand: damaged, the chain stops.
   */
  select(state: State, candidates: readonly PooledMessage[], keys: KeyRing): readonly IncludedMessage[] {
    const senders = new Map<number, { nonce: bigint; balance: bigint }>();
    return candidates.flatMap((pooled) => {
      const { message } = pooled;
      const id = resolve(state, message.from);
      if (id === undefined) return [];
      const actor = actorAt(state, id);
      const sender = senders.get(id) ?? { nonce: actor.nonce, balance: actor.balance };
      const cost = maxGasCost(message);
      if (message.nonce !== sender.nonce || cost > sender.balance || actor.key === null) return [];
      senders.set(id, { nonce: sender.nonce + 1n, balance: sender.balance - cost });
      return [this.#genuineOne(pooled, actor.key, keys)];
    });
  }

  #genuineOne(pooled: PooledMessage, key: Address, keys: KeyRing): IncludedMessage {
    const { cid, message, signature } = pooled;
    if (signature === null) return { ...pooled, signature: this.#sign(pooled, keys) };
    if (!this.#genuine.has(cid) && !keys.verify(signature, key, signingBytes(message))) {
      throw damaged(this.#database.path, `the signature of message ${cid} does not match`);
    }
    this.#genuine.add(cid);
    return { ...pooled, signature };
  }

  /** Signs a message that `push` put into the pool; two processes that do so write the same bytes. */
  #sign({ seq, cid, message }: PooledMessage, keys: KeyRing): Signature {
    const made = this.#signatureOf(message, keys);
    this.#database.run("update messages set signature = ? where seq = ?", encodeSignature(made), seq);
    this.#genuine.add(cid);
    return made;
  }

  #signatureOf(message: Message, keys: KeyRing): Signature {
    return keys.sign(keys.key(this.#accountOf(message.from).name), signingBytes(message));
  }

  /** @throws PadmaError CHAIN_KEY_UNKNOWN */
  #accountOf(from: Address): Account {
    const found = accountAt(this.#state(), from);
    if (found !== undefined) return found;
    throw new PadmaError({
      code: "CHAIN_KEY_UNKNOWN",
      kind: "user",
      message: "the devnet holds no key for the address",
      facts: { address: from.toString("t") },
    });
  }

  #draft(outgoing: UnsignedMessage): Message {
    const sender = outgoing.from ?? idAddress(accountId("worker"));
    const from = this.#keyOf(sender) ?? sender;
    const draft: Message = {
      version: 0,
      to: parseAddress(outgoing.to),
      from,
      nonce: this.#nextNonce(from),
      value: outgoing.value,
      gasLimit: 0n,
      gasFeeCap: attoFil(BASE_FEE + GAS_PREMIUM),
      gasPremium: GAS_PREMIUM,
      method: outgoing.method,
      params: outgoing.params,
    };
    return { ...draft, gasLimit: gasLimitFor(gasOf(draft)), ...outgoing.gas };
  }

  /** Inside a write. */
  #insert(uuid: string, message: Message, cid: string, signature: Signature | null): PooledMessage {
    this.#checkFunds(message);
    const arrival = Math.max(this.#clock.read().epoch, this.#tipsets.head().header.height);
    this.#clock.use(epoch(arrival));
    const row = this.#database.get(
      `insert into messages (uuid, cid, sender, nonce, arrival, most_cost, message, signature)
       values (?, ?, ?, ?, ?, ?, ?, ?) returning seq`,
      uuid,
      cid,
      this.#senderKey(message.from),
      message.nonce,
      arrival,
      mostCost(message).toString(),
      messageCbor.encode(message),
      signature === null ? null : encodeSignature(signature),
    );
    return { seq: Number(row?.["seq"]), cid, message, signature };
  }

  #checkFunds(message: Message): void {
    if (message.gasFeeCap < BASE_FEE || message.gasLimit <= 0n || message.value < 0n) {
      throw refused("gas limit, fee cap or value is too low", { baseFee: BASE_FEE });
    }
    const state = this.#state();
    const id = resolve(state, message.from);
    const balance = id === undefined ? 0n : actorAt(state, id).balance;
    const sql = "select most_cost from messages where sender = ? and included is null";
    const pending = this.#database.all(sql, this.#senderKey(message.from));
    const needed = pending.reduce((sum, row) => sum + BigInt(String(row["most_cost"])), mostCost(message));
    if (needed > balance) {
      throw lackingFunds({ from: message.from.toString("t"), balance, needed });
    }
  }

  /** After the last message of the sender in the file, or the nonce in the state. */
  #nextNonce(from: Address): bigint {
    const sql = "select max(nonce) as last from messages where sender = ?";
    const last = this.#database.get(sql, this.#senderKey(from))?.["last"];
    if (typeof last === "number") return BigInt(last) + 1n;
    const id = resolve(this.#state(), from);
    return id === undefined ? 0n : actorAt(this.#state(), id).nonce;
  }

  #keyOf(address: Address): Address | null {
    const id = resolve(this.#state(), address);
    return id === undefined ? null : actorAt(this.#state(), id).key;
  }

  /** The actor id, whichever address the message names. */
  #senderKey(from: Address): string {
    const id = resolve(this.#state(), from);
    return (id === undefined ? from : idAddress(id)).toString();
  }

  #state(): State {
    return new State(committedRows(this.#database));
  }

  #decode(row: Row): PooledMessage {
    const { seq, cid, message, signature: signed } = row;
    try {
      if (typeof cid !== "string" || !(message instanceof Uint8Array)) throw new TypeError("no message");
      const decoded = signed instanceof Uint8Array ? signature.fromCbor(decodeCbor(signed)) : null;
      return { seq: Number(seq), cid, message: messageCbor.decode(message), signature: decoded };
    } catch (cause) {
      throw damaged(this.#database.path, `message ${String(cid)} cannot be read`, cause);
    }
  }
}

function signedOf({ message, signature }: PooledMessage): SignedMessage | undefined {
  return signature === null ? undefined : { message, signature };
}

const mostCost = (message: Message): bigint => message.value + maxGasCost(message);
const encodeSignature = (made: Signature): Uint8Array => encodeCbor(signature.toCbor(made));

function refused(reason: string, facts: PadmaError["facts"]): PadmaError {
  return new PadmaError({
    code: "CHAIN_REFUSED",
    message: `the network refuses the message: ${reason}`,
    facts,
    next: "look at the facts above; nothing was sent",
  });
}

/** Nothing is wrong with the message: it can go out when there is money (kind busy). */
function lackingFunds(facts: PadmaError["facts"]): PadmaError {
  return new PadmaError({
    code: "CHAIN_FUNDS",
    kind: "busy",
    message: "the sender has too little money for this message and those before it",
    facts,
    next: "send FIL to the address that pays; padma tries again by itself",
  });
}
