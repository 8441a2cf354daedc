/** Messages from their arrival to their tipset. */
import { isPadmaError, PadmaError } from "../../errors.ts";
import { type AttoFil, attoFil, type Epoch, epoch } from "../../units.ts";
import { type Address, idAddress, parseAddress } from "../../wire/address.ts";
import { decodeCbor, encodeCbor } from "../../wire/cbor.ts";
import {
  type Message,
  messageCbor,
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
import { baseFeeAt, DROPPED } from "./faults.ts";
import { BASE_FEE, GAS_PREMIUM, gasLimitFor, gasOf, maxGasCost } from "./gas.ts";
import { type Sender, Senders } from "./senders.ts";
import { State } from "./state.ts";
import { committedRows } from "./stateRows.ts";
import type { TipSets } from "./tipsets.ts";
import { Together } from "./together.ts";

/** A message in the file. */
export interface PooledMessage {
  readonly seq: number;
  readonly cid: string;
  readonly message: Message;
  readonly signature: Signature;
  /** What it ends with, whatever it does: a fault that was ordered. */
  readonly exitCode: number | null;
}

/** What `push` signs: with the worker's key and the gas that it will take, unless it says otherwise. */
export interface UnsignedMessage extends OutgoingMessage {
  /** An address of an account whose key the devnet holds. */
  readonly from?: Address;
  readonly gas?: Pick<Message, "gasLimit" | "gasFeeCap" | "gasPremium">;
}

export interface PoolDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly tipsets: TipSets;
  readonly keys: KeyRing;
}

const COLUMNS = "seq, cid, message, signature, exit_code";

/** A message on its way into the pool: to be signed by an account of the devnet, or signed elsewhere. */
type Arrival =
  | { readonly uuid: string; readonly outgoing: UnsignedMessage }
  | { readonly uuid: string; readonly signed: SignedMessage };

/** In one transaction: the write lock is held for about a tenth of a second. */
const MOST_ARRIVALS = 512;

export class Pool {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #tipsets: TipSets;
  readonly #keys: KeyRing;
  /** CIDs of messages whose signature this process has made or checked. */
  readonly #genuine = new Set<string>();
  readonly #arrivals = new Together<Arrival, string>(MOST_ARRIVALS, async (list) => this.#take(list));

  constructor({ database, clock, tipsets, keys }: PoolDeps) {
    this.#database = database;
    this.#clock = clock;
    this.#tipsets = tipsets;
    this.#keys = keys;
  }

  /** CID of the message that was pushed with a uuid, unless it was dropped since: then it has to be pushed again. */
  find(uuid: string): string | undefined {
    const row = this.#database.get(
      "select cid from messages where uuid = ? and included is not ?",
      uuid,
      DROPPED,
    );
    return row === undefined ? undefined : String(row["cid"]);
  }

  /** Inside a write: as `find`; a message that was dropped is pending again, with its nonce and CID. */
  #known(uuid: string, at: Epoch): string | undefined {
    this.#database.run(
      "update messages set included = null, arrival = ?, fault = null where uuid = ? and included = ?",
      at,
      uuid,
      DROPPED,
    );
    return this.find(uuid);
  }

  #arrival(): Epoch {
    return epoch(Math.max(this.#clock.read().epoch, this.#tipsets.head().header.height));
  }

  /**
   * Puts a message of one of the devnet's accounts into the pool: it takes its nonce and is signed (half a millisecond)
   * under the write lock.
   * FAIL: killed before the commit → nothing happened; after it, the same uuid finds the message.
   * @throws PadmaError CHAIN_FUNDS: the sender cannot pay. CHAIN_KEY_UNKNOWN: it is none of the devnet's accounts.
   */
  async push(outgoing: UnsignedMessage): Promise<string> {
    return this.#arrivals.add({ uuid: outgoing.uuid, outgoing });
  }

  /**
   * Puts a message that was signed elsewhere into the pool.
   * @throws PadmaError CHAIN_REFUSED: unknown sender, signature, nonce or gas. CHAIN_FUNDS: the sender cannot pay.
   */
  async submit(uuid: string, signed: SignedMessage): Promise<string> {
    return this.#arrivals.add({ uuid, signed });
  }

  /** Resolves when every message so far is in the pool, or refused. */
  async idle(): Promise<void> {
    await this.#arrivals.idle();
  }

  /** Messages of one moment: their signatures are checked together, and one transaction takes them, in order. */
  async #take(arrivals: readonly Arrival[]): Promise<readonly PromiseSettledResult<string>[]> {
    const forged = await this.#forged(arrivals);
    return this.#database.write(() => {
      const at = this.#arrival();
      this.#clock.use(at);
      const senders = new Senders(this.#database);
      return arrivals.map((arrival) => {
        const refusal = forged.get(arrival);
        return refusal === undefined ? this.#takeOne(arrival, at, senders) : rejected(refusal);
      });
    });
  }

  /** Inside a write. One that is refused leaves nothing behind; a write that fails ends the transaction. */
  #takeOne(arrival: Arrival, at: Epoch, senders: Senders): PromiseSettledResult<string> {
    const known = this.#known(arrival.uuid, at);
    if (known !== undefined) return { status: "fulfilled", value: known };
    const accepted = this.#accepted(arrival, senders);
    if (accepted instanceof PadmaError) return rejected(accepted);
    const cid = signedMessageCid(accepted).toString();
    const sender = senders.of(accepted.message.from);
    this.#insert(arrival.uuid, cid, accepted, sender, at);
    senders.count(sender, mostCost(accepted.message));
    this.#genuine.add(cid);
    return { status: "fulfilled", value: cid };
  }

  /** The message as it may go into the pool, or why it may not. */
  #accepted(arrival: Arrival, senders: Senders): SignedMessage | PadmaError {
    try {
      const signed = "signed" in arrival ? arrival.signed : this.#signed(arrival.outgoing, senders);
      checkMessage(signed.message, senders.of(signed.message.from));
      return signed;
    } catch (error) {
      if (!isPadmaError(error)) throw error;
      return error;
    }
  }

  /** Those of the signed arrivals that no account has signed. */
  async #forged(arrivals: readonly Arrival[]): Promise<ReadonlyMap<Arrival, PadmaError>> {
    const refusals = new Map<Arrival, PadmaError>();
    const state = this.#state();
    const asked = arrivals.flatMap((arrival) => {
      if (!("signed" in arrival)) return [];
      const { message, signature } = arrival.signed;
      const signer = keyOf(state, message.from);
      if (signer !== null) return [{ arrival, signature, signer, signed: signingBytes(message) }];
      refusals.set(arrival, refused("the sender is no account", { from: message.from.toString("t") }));
      return [];
    });
    const verdicts = await this.#keys.verify(asked);
    asked.forEach(({ arrival, signer }, index) => {
      if (verdicts[index] === true) return;
      const facts = { from: signer.toString("t") };
      refusals.set(arrival, refused("the signature does not match the message", facts));
    });
    return refusals;
  }

  /** A message in the file, pending or included. */
  byCid(cid: string): SignedMessage | undefined {
    const row = this.#database.get(`select ${COLUMNS} from messages where cid = ?`, cid);
    if (row === undefined) return undefined;
    const { message, signature: made } = this.#decode(row);
    return { message, signature: made };
  }

  /** What a message in the file was pushed under. */
  uuidOf(cid: string): string | undefined {
    const row = this.#database.get("select uuid from messages where cid = ?", cid);
    return row === undefined ? undefined : String(row["uuid"]);
  }

  /** What no tipset has included yet, in order of arrival. */
  waiting(): readonly PooledMessage[] {
    const sql = `select ${COLUMNS} from messages where included is null order by seq`;
    return this.#database.all(sql).map((row) => this.#decode(row));
  }

  /** The nonce of an account's next message. */
  nextNonce(from: Address): bigint {
    return new Senders(this.#database).of(from).nonce;
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
  includedAt(at: Epoch): readonly PooledMessage[] {
    const sql = `select ${COLUMNS} from messages where included = ? order by seq`;
    return this.#database.all(sql, at).map((row) => this.#decode(row));
  }

  /** Whether they are pending still, under these CIDs. */
  holds(messages: readonly PooledMessage[]): boolean {
    const sql = "select 1 from messages where seq = ? and cid = ? and included is null";
    return messages.every(({ seq, cid }) => this.#database.get(sql, seq, cid) !== undefined);
  }

  /** Inside a write: the messages of a new tipset. */
  include(messages: readonly PooledMessage[], at: Epoch): void {
    for (const { seq } of messages) {
      this.#database.run("update messages set included = ? where seq = ?", at, seq);
    }
  }

  /**
   * Messages that can run: next nonces, gas paid for at this base fee. The rest stays in the pool.
   * FAIL: a stored signature does not match → the file was changed by hand: damaged, the chain stops.
   */
  async select(
    state: State,
    candidates: readonly PooledMessage[],
    baseFee: AttoFil,
  ): Promise<readonly PooledMessage[]> {
    const runnable = runnableOf(state, candidates, baseFee);
    await this.#requireGenuine(runnable);
    return runnable.map(({ pooled }) => pooled);
  }

  /** The signatures that this process has not seen yet, all at once. */
  async #requireGenuine(messages: readonly RunnableMessage[]): Promise<void> {
    const unseen = messages.filter(({ pooled }) => !this.#genuine.has(pooled.cid));
    const checks = unseen.map(({ pooled: { message, signature }, signer }) => {
      return { signature, signer, signed: signingBytes(message) };
    });
    const verdicts = await this.#keys.verify(checks);
    unseen.forEach(({ pooled: { cid } }, index) => {
      if (verdicts[index] !== true)
        throw damaged(this.#database.path, `the signature of message ${cid} does not match`);
      this.#genuine.add(cid);
    });
  }

  #sign(message: Message): Signature {
    return this.#keys.sign(this.#keys.key(this.#accountOf(message.from).name), signingBytes(message));
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

  #signed(outgoing: UnsignedMessage, senders: Senders): SignedMessage {
    const message = this.#draft(outgoing, senders);
    return { message, signature: this.#sign(message) };
  }

  #draft(outgoing: UnsignedMessage, senders: Senders): Message {
    const sender = outgoing.from ?? idAddress(accountId("worker"));
    const draft: Message = {
      version: 0,
      to: parseAddress(outgoing.to),
      from: keyOf(this.#state(), sender) ?? sender,
      nonce: senders.of(sender).nonce,
      value: outgoing.value,
      gasLimit: 0n,
      gasFeeCap: attoFil(baseFeeAt(this.#database, epoch(this.#arrival() + 1)) + GAS_PREMIUM),
      gasPremium: GAS_PREMIUM,
      method: outgoing.method,
      params: outgoing.params,
    };
    return { ...draft, gasLimit: gasLimitFor(gasOf(draft)), ...outgoing.gas };
  }

  /** Inside a write. */
  #insert(
    uuid: string,
    cid: string,
    { message, signature: made }: SignedMessage,
    sender: Sender,
    arrival: Epoch,
  ): void {
    this.#database.run(
      `insert into messages (uuid, cid, sender, nonce, arrival, most_cost, message, signature)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
      uuid,
      cid,
      sender.key,
      message.nonce,
      arrival,
      mostCost(message).toString(),
      messageCbor.encode(message),
      encodeCbor(signature.toCbor(made)),
    );
  }

  #state(): State {
    return new State(committedRows(this.#database));
  }

  #decode(row: Row): PooledMessage {
    const { seq, cid, message: encoded, signature: signed, exit_code: code } = row;
    try {
      if (typeof cid !== "string" || !(encoded instanceof Uint8Array)) throw new TypeError("no message");
      const message = messageCbor.decode(encoded);
      // An earlier padma signed after the insert, and may have been killed in between.
      const made =
        signed instanceof Uint8Array ? signature.fromCbor(decodeCbor(signed)) : this.#sign(message);
      const exitCode = code === null ? null : Number(code);
      return { seq: Number(seq), cid, message, signature: made, exitCode };
    } catch (cause) {
      throw damaged(this.#database.path, `message ${String(cid)} cannot be read`, cause);
    }
  }
}

interface RunnableMessage {
  readonly pooled: PooledMessage;
  /** The key address that must have signed it. */
  readonly signer: Address;
}

/** Those of the candidates that have their sender's next nonce and the funds for their gas, in order. */
function runnableOf(
  state: State,
  candidates: readonly PooledMessage[],
  baseFee: AttoFil,
): readonly RunnableMessage[] {
  const senders = new Map<number, { nonce: bigint; balance: bigint }>();
  return candidates.flatMap((pooled) => {
    const { message } = pooled;
    const id = resolve(state, message.from);
    if (id === undefined) return [];
    const actor = actorAt(state, id);
    const sender = senders.get(id) ?? { nonce: actor.nonce, balance: actor.balance };
    const cost = maxGasCost(message);
    const isPaid = cost <= sender.balance && message.gasFeeCap >= baseFee;
    if (message.nonce !== sender.nonce || !isPaid || actor.key === null) return [];
    senders.set(id, { nonce: sender.nonce + 1n, balance: sender.balance - cost });
    return [{ pooled, signer: actor.key }];
  });
}

/** @throws PadmaError CHAIN_REFUSED: nonce or gas. CHAIN_FUNDS: the sender cannot pay. */
function checkMessage(message: Message, { nonce: expected, balance, unpaid }: Sender): void {
  if (message.nonce !== expected) {
    throw refused("the nonce is not the sender's next one", { nonce: message.nonce, expected });
  }
  if (message.gasFeeCap < BASE_FEE || message.gasLimit <= 0n || message.value < 0n) {
    throw refused("gas limit, fee cap or value is too low", { baseFee: BASE_FEE });
  }
  const needed = unpaid + mostCost(message);
  if (needed > balance) {
    throw lackingFunds({ from: message.from.toString("t"), balance, needed });
  }
}

/** The key address that signs for an actor; null when it is no account. */
function keyOf(state: State, address: Address): Address | null {
  const id = resolve(state, address);
  return id === undefined ? null : actorAt(state, id).key;
}

const mostCost = (message: Message): bigint => message.value + maxGasCost(message);
const rejected = (reason: PadmaError): PromiseRejectedResult => ({ status: "rejected", reason });

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
