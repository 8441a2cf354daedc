import { type Address, idAddress } from "../../wire/address.ts";
import { actorAt, resolve } from "./actors/ledger.ts";
import type { Database } from "./database.ts";
import { State } from "./state.ts";
import { committedRows } from "./stateRows.ts";

/** Who sends, with the pool's messages counted in. */
export interface Sender {
  /** The actor's ID address, whichever address a message names; that address itself when there is no actor. */
  readonly key: string;
  readonly balance: bigint;
  /** Of the next message: after the last one in the file, or what the state has. */
  readonly nonce: bigint;
  /** attoFIL that the messages before it may cost, those that no tipset has included yet. */
  readonly unpaid: bigint;
}

/** Inside one write: the senders of its messages, read once and counted on in memory. */
export class Senders {
  readonly #database: Database;
  readonly #state: State;
  readonly #known = new Map<string, Sender>();

  constructor(database: Database) {
    this.#database = database;
    this.#state = new State(committedRows(database));
  }

  of(from: Address): Sender {
    const id = resolve(this.#state, from);
    const key = (id === undefined ? from : idAddress(id)).toString();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const actor = id === undefined ? { balance: 0n, nonce: 0n } : actorAt(this.#state, id);
    const { balance } = actor;
    const sender = { key, balance, nonce: this.#nonceAfter(key) ?? actor.nonce, unpaid: this.#unpaid(key) };
    this.#known.set(key, sender);
    return sender;
  }

  /** A message of the sender goes into the pool. */
  count(sender: Sender, mostCost: bigint): void {
    const next = { ...sender, nonce: sender.nonce + 1n, unpaid: sender.unpaid + mostCost };
    this.#known.set(sender.key, next);
  }

  #nonceAfter(key: string): bigint | undefined {
    const last = this.#database.get("select max(nonce) as last from messages where sender = ?", key)?.[
      "last"
    ];
    return typeof last === "number" ? BigInt(last) + 1n : undefined;
  }

  #unpaid(key: string): bigint {
    const sql = "select most_cost from messages where sender = ? and included is null";
    return this.#database.all(sql, key).reduce((sum, row) => sum + BigInt(String(row["most_cost"])), 0n);
  }
}
