/** The devnet's own SQLite file: opening, transactions, and what SQLite's errors mean here. */
import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { isPadmaError, PadmaError, systemErrorCode } from "../../errors.ts";
import { useWal } from "../../wal.ts";
import { APPLICATION_ID, SCHEMA_VERSION, VERSIONS } from "./schema.ts";

const BUSY_TIMEOUT_MS = 10_000;
/** Result codes of SQLite (low byte): https://sqlite.org/rescode.html */
const SQLITE_PERM = 3;
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_AUTH = 23;
const SQLITE_NOTADB = 26;
/** The file or its folder belongs to somebody else, or is mounted read-only. */
const NOT_WRITABLE: readonly number[] = [SQLITE_PERM, SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_AUTH];

export type Row = Record<string, SQLOutputValue>;

export class Database {
  readonly path: string;
  readonly #handle: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, handle: DatabaseSync) {
    this.path = path;
    this.#handle = handle;
  }

  all(sql: string, ...parameters: SQLInputValue[]): Row[] {
    return this.#guard(() => this.#prepare(sql).all(...parameters));
  }

  get(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#prepare(sql).get(...parameters));
  }

  /** Number of rows that changed. */
  run(sql: string, ...parameters: SQLInputValue[]): number {
    return this.#guard(() => Number(this.#prepare(sql).run(...parameters).changes));
  }

  exec(sql: string): void {
    this.#guard(() => this.#handle.exec(sql));
  }

  /** Runs `body` under the write lock; an error undoes all of it. `body` never awaits: the lock is held for milliseconds. */
  write<T>(body: () => T): T {
    return this.#transaction("begin immediate", body);
  }

  /** Runs `body` on one snapshot, whatever other processes commit meanwhile. */
  read<T>(body: () => T): T {
    return this.#transaction("begin", body);
  }

  close(): void {
    this.#statements.clear();
    if (this.#handle.isOpen) this.#handle.close();
  }

  #transaction<T>(begin: string, body: () => T): T {
    this.exec(begin);
    try {
      const result = body();
      this.exec("commit");
      return result;
    } catch (error) {
      // SQLite has already rolled back after some errors (disk full, I/O).
      if (this.#handle.isTransaction) this.exec("rollback");
      throw error;
    }
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#handle.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #guard<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw translated(error, this.path);
    }
  }
}

/**
 * Opens an existing devnet file.
 * @throws PadmaError CHAIN_DEVNET_MISSING, CHAIN_DATABASE_DAMAGED, CHAIN_DATABASE_VERSION, CHAIN_NOT_WRITABLE, CHAIN_BUSY.
 */
export function openDatabase(path: string, busyTimeoutMs = BUSY_TIMEOUT_MS): Database {
  if (!existsSync(path)) {
    throw new PadmaError({
      code: "CHAIN_DEVNET_MISSING",
      kind: "user",
      message: "the devnet's chain does not exist",
      facts: { file: path },
      next: "restore padma.db and devnet.db together from a backup, or move the repo away and make a new one with `padma init`",
    });
  }
  const database = connect(path, busyTimeoutMs);
  try {
    checkIdentity(database);
    if (pragma(database, "user_version") < SCHEMA_VERSION) database.write(() => upgrade(database));
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/** Inside a write: the tables of every version that the file has not had. Another process may have been faster. */
function upgrade(database: Database): void {
  for (const version of VERSIONS.slice(pragma(database, "user_version"))) database.exec(version);
  database.exec(`pragma user_version = ${SCHEMA_VERSION}`);
}

/**
 * Opens the file, making it (mode 0600, tables, what `fill` writes) if there is no devnet in it yet. Two processes may
 * do so at once: one fills, the other finds it filled. A crash in between leaves an empty file, which is filled next
 * time.
 */
export function createDatabase(
  path: string,
  fill: (database: Database) => void,
): { database: Database; created: boolean } {
  reserve(path);
  const database = connect(path, BUSY_TIMEOUT_MS);
  try {
    const created = database.write(() => {
      if (pragma(database, "user_version") !== 0 || hasTables(database)) return false;
      upgrade(database);
      fill(database);
      return true;
    });
    checkIdentity(database);
    return { database, created };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The keys of the devnet's accounts are in the file, so nobody else may read it. -wal and -shm take its mode. */
function reserve(path: string): void {
  try {
    closeSync(openSync(path, "a", 0o600));
    chmodSync(path, 0o600);
  } catch (cause) {
    throw notWritable(path, systemErrorCode(cause) ?? String(cause), cause);
  }
}

function connect(path: string, busyTimeoutMs: number): Database {
  try {
    const handle = new DatabaseSync(path, { timeout: busyTimeoutMs });
    const database = new Database(path, handle);
    try {
      useWal(
        () => database.exec("pragma journal_mode = wal"),
        (error) => isPadmaError(error, "CHAIN_BUSY"),
      );
      database.exec("pragma synchronous = full");
      database.exec("pragma foreign_keys = on");
    } catch (error) {
      database.close();
      throw error;
    }
    return database;
  } catch (error) {
    throw translated(error, path);
  }
}

function checkIdentity(database: Database): void {
  const version = pragma(database, "user_version");
  if (pragma(database, "application_id") !== APPLICATION_ID || version < 1) {
    throw damaged(database.path, "the file holds no devnet");
  }
  if (version > SCHEMA_VERSION) {
    throw new PadmaError({
      code: "CHAIN_DATABASE_VERSION",
      kind: "user",
      message: "the devnet's chain was written by a newer padma",
      facts: { file: database.path, version, understood: SCHEMA_VERSION },
      next: "use that version of padma",
    });
  }
}

function pragma(database: Database, name: string): number {
  return Number(database.get(`pragma ${name}`)?.[name]);
}

function hasTables(database: Database): boolean {
  return database.get("select 1 from sqlite_schema limit 1") !== undefined;
}

/** The error for a devnet file that cannot be trusted: nothing in it is repaired by guessing. */
export function damaged(path: string, reason: string, cause?: unknown): PadmaError {
  return new PadmaError({
    code: "CHAIN_DATABASE_DAMAGED",
    message: "the devnet's chain is damaged",
    facts: { file: path, reason },
    next: "restore devnet.db together with padma.db from a backup, or move the repo away and run `padma init` for a new devnet",
    cause,
  });
}

/** Reading needs it too: SQLite keeps its -wal and -shm files beside the chain. */
function notWritable(path: string, reason: string, cause: unknown): PadmaError {
  return new PadmaError({
    code: "CHAIN_NOT_WRITABLE",
    kind: "user",
    message: "the devnet's chain cannot be written",
    facts: { file: path, reason },
    next: "check that the folder exists and that you, as the user you are now, may write to it and to its files",
    cause,
  });
}

/** The transaction is undone, so the chain is as it was. */
function full(path: string, cause: unknown): PadmaError {
  return new PadmaError({
    code: "CHAIN_DATABASE_FULL",
    kind: "busy",
    message: "there is no space left for the devnet's chain",
    facts: { file: path },
    next: "make room on its disk, then try again",
    cause,
  });
}

function translated(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return error;
  const code = error.errcode & 0xff;
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) return damaged(path, error.message, error);
  if (NOT_WRITABLE.includes(code)) return notWritable(path, error.message, error);
  if (code === SQLITE_FULL) return full(path, error);
  if (code === SQLITE_BUSY) {
    return new PadmaError({
      code: "CHAIN_BUSY",
      kind: "busy",
      message: "another process kept the devnet's chain locked",
      facts: { file: path },
      next: "try again",
      cause: error,
    });
  }
  return new PadmaError({
    code: "CHAIN_DATABASE_FAILED",
    message: "the devnet's chain could not be read or written",
    facts: { file: path, reason: error.message },
    next: "check the disk and the file's permissions",
    cause: error,
  });
}
