/** The committed rows of the state, and the undo of each tipset. */
import type { Epoch } from "../../units.ts";
import { arrayOf, type Field } from "../../wire/field.ts";
import { damaged, type Database, type Row } from "./database.ts";
import type { KeyRange } from "./slots.ts";
import { type Changes, decodeRow, type StateRows } from "./state.ts";

export function committedRows(database: Database): StateRows {
  return {
    path: database.path,
    row: (key) => {
      const row = database.get("select value from state where key = ?", key);
      return row === undefined ? undefined : bytesOf(database, row, "value");
    },
    keys: (first, end) =>
      database
        .all("select key from state where key >= ? and key < ? order by key", first, end)
        .map((row) => String(row["key"])),
  };
}

/**
 * The rows as they were when the tipset at `height` was the head, out of what later tipsets replaced. Only for a
 * height whose followers still have their undo.
 */
export function rowsAt(database: Database, height: Epoch): StateRows {
  const committed = committedRows(database);
  const replaced = (key: string) =>
    database.get("select previous from undo where epoch > ? and key = ? order by epoch limit 1", height, key);
  return {
    path: database.path,
    row: (key) => {
      const row = replaced(key);
      if (row === undefined) return committed.row(key);
      return row["previous"] === null ? undefined : bytesOf(database, row, "previous");
    },
    keys: (first, end) => {
      const found = new Set(committed.keys(first, end));
      const sql = "select distinct key from undo where epoch > ? and key >= ? and key < ?";
      for (const row of database.all(sql, height, first, end)) {
        const key = String(row["key"]);
        if (replaced(key)?.["previous"] === null) found.delete(key);
        else found.add(key);
      }
      return [...found].sort();
    },
  };
}

/**
 * All committed rows of a range, decoded, in the order of their keys. They are decoded as one array: ten thousand
 * single rows take a cold process twice as long.
 */
export function committedValues<T>(
  database: Database,
  { first, end, field }: KeyRange & { readonly field: Field<T> },
): readonly T[] {
  const rows = database
    .all("select value from state where key >= ? and key < ? order by key", first, end)
    .map((row) => bytesOf(database, row, "value"));
  const slot = { key: `a row from ${first}`, field: arrayOf(field) };
  return decodeRow(slot, Buffer.concat([arrayHeader(rows.length), ...rows]), database.path);
}

/** The highest committed key of a range; undefined when the range is empty. */
export function lastKey(database: Database, { first, end }: KeyRange): string | undefined {
  const row = database.get(
    "select key from state where key >= ? and key < ? order by key desc limit 1",
    first,
    end,
  );
  return row === undefined ? undefined : String(row["key"]);
}

/** CBOR's head of an array of `count` items, in its shortest form. */
function arrayHeader(count: number): Uint8Array {
  const ARRAY = 0x80;
  if (count < 24) return Uint8Array.of(ARRAY | count);
  if (count < 0x100) return Uint8Array.of(ARRAY | 24, count);
  if (count < 0x10000) return Uint8Array.of(ARRAY | 25, count >> 8, count & 0xff);
  return Uint8Array.of(ARRAY | 26, count >>> 24, (count >> 16) & 0xff, (count >> 8) & 0xff, count & 0xff);
}

/** Inside a write. */
export function writeState(database: Database, changes: Changes): void {
  for (const [key, value] of changes) {
    if (value === null) database.run("delete from state where key = ?", key);
    else database.run("insert or replace into state (key, value) values (?, ?)", key, value);
  }
}

/** Inside a write, before the changes: keeps what the tipset at `at` is about to replace. */
export function writeUndo(database: Database, at: Epoch, changes: Changes): void {
  const sql =
    "insert into undo (epoch, key, previous) values (?, ?, (select value from state where key = ?))";
  for (const key of changes.keys()) database.run(sql, at, key, key);
}

/** Inside a write: puts back what the tipset at `at` replaced. */
export function undoState(database: Database, at: Epoch): void {
  for (const row of database.all("select key, previous from undo where epoch = ?", at)) {
    const previous = row["previous"] === null ? null : bytesOf(database, row, "previous");
    writeState(database, new Map([[String(row["key"]), previous]]));
  }
  database.run("delete from undo where epoch = ?", at);
}

/** Inside a write: a tipset that is final is never undone. */
export function pruneUndo(database: Database, before: number): void {
  database.run("delete from undo where epoch < ?", before);
}

export function bytesOf(database: Database, row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw damaged(database.path, `column ${column} holds no bytes`);
  return value;
}
