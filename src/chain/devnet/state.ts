/** The actors' state: rows of canonical CBOR by key, read through an overlay that a tipset's execution fills. */
import { isPadmaError } from "../../errors.ts";
import { type CborValue, decodeCbor, encodeCbor, sameBytes } from "../../wire/cbor.ts";
import { type CID, cidOfCbor } from "../../wire/cid.ts";
import type { Field } from "../../wire/field.ts";
import { damaged } from "./database.ts";

/** One typed row of the state. */
export interface Slot<T> {
  readonly key: string;
  readonly field: Field<T>;
}

/** Where committed rows are. `keys` is ascending, from `first` up to and without `end`. */
export interface StateRows {
  /** Named in errors. */
  readonly path: string;
  readonly row: (key: string) => Uint8Array | undefined;
  readonly keys: (first: string, end: string) => readonly string[];
}

/** New value of a row; null when it is gone. */
export type Changes = ReadonlyMap<string, Uint8Array | null>;

/** A value that was set. It becomes bytes once, when the tipset is whole, however often it was read and set before. */
interface Held {
  readonly value: unknown;
  readonly encode: () => Uint8Array;
}

export class State {
  readonly #rows: StateRows;
  /** What was set, and null where a row was deleted. */
  readonly #overlay = new Map<string, Held | null>();
  /** Committed rows that were asked for, decoded. */
  readonly #read = new Map<string, unknown>();
  /** Overlay entries as they were, for reverting to a checkpoint; undefined: not in the overlay. */
  readonly #journal: { key: string; before: Held | null | undefined }[] = [];

  constructor(rows: StateRows) {
    this.#rows = rows;
  }

  /** Nobody may write to what comes back: others get the same value. */
  get<T>(slot: Slot<T>): T | undefined {
    const own = this.#overlay.get(slot.key);
    if (own === undefined) return this.#committed(slot);
    return own === null ? undefined : (own.value as T); // a key belongs to one slot, so its value is a T
  }

  set<T>(slot: Slot<T>, value: T): void {
    this.#write(slot.key, { value, encode: () => encodeCbor(slot.field.toCbor(value)) });
  }

  delete(slot: Pick<Slot<never>, "key">): void {
    this.#write(slot.key, null);
  }

  /** Ascending keys of existing rows, from `first` up to and without `end`. */
  keys(first: string, end: string): readonly string[] {
    const found = new Set(this.#rows.keys(first, end));
    for (const [key, value] of this.#overlay) {
      if (key < first || key >= end) continue;
      if (value === null) found.delete(key);
      else found.add(key);
    }
    return [...found].sort();
  }

  /** A point to go back to with `revert`, for a message that fails half-way. */
  checkpoint(): number {
    return this.#journal.length;
  }

  revert(checkpoint: number): void {
    for (const { key, before } of this.#journal.splice(checkpoint).reverse()) {
      if (before === undefined) this.#overlay.delete(key);
      else this.#overlay.set(key, before);
    }
  }

  /** Rows that differ from the committed ones, by ascending key. */
  changes(): Changes {
    const rows = [...this.#overlay].map(
      ([key, held]) => [key, held === null ? null : held.encode()] as const,
    );
    const changed = rows.filter(([key, value]) => differs(value, this.#rows.row(key)));
    return new Map(changed.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #committed<T>(slot: Slot<T>): T | undefined {
    if (this.#read.has(slot.key)) return this.#read.get(slot.key) as T | undefined;
    const bytes = this.#rows.row(slot.key);
    const value = bytes === undefined ? undefined : decodeRow(slot, bytes, this.#rows.path);
    this.#read.set(slot.key, value);
    return value;
  }

  #write(key: string, held: Held | null): void {
    this.#journal.push({ key, before: this.#overlay.get(key) });
    this.#overlay.set(key, held);
  }
}

/** @throws PadmaError CHAIN_DATABASE_DAMAGED */
export function decodeRow<T>(slot: Slot<T>, bytes: Uint8Array, path: string): T {
  try {
    return slot.field.fromCbor(decodeCbor(bytes));
  } catch (cause) {
    if (!isPadmaError(cause)) throw cause;
    throw damaged(path, `${slot.key} in the state cannot be read`, cause);
  }
}

function differs(value: Uint8Array | null, row: Uint8Array | undefined): boolean {
  if (value === null || row === undefined) return value !== (row ?? null);
  return !sameBytes(value, row);
}

/**
 * What a header commits to: the root before and every row that changed since. (The network hashes a HAMT of all state;
 * here a root names a whole history of changes, which says the same and costs the same however large the state is.)
 */
export function stateRoot(before: CID | null, changes: Changes): CID {
  if (before !== null && changes.size === 0) return before;
  const rows: CborValue = [...changes].map(([key, value]) => [key, value]);
  return cidOfCbor([before, rows]);
}
