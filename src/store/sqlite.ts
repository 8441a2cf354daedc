/**
 * kysely over `node:sqlite`, for many short processes and a daemon that write to one file at once. What SQLite says
 * when it cannot go on becomes a PadmaError here, so that no caller has to know its error numbers.
 */
import {
  CompiledQuery,
  type DatabaseConnection,
  SqliteAdapter,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
} from "kysely";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { PadmaError } from "../errors.ts";
import { useWal } from "../wal.ts";
import { damaged } from "./damaged.ts";

/** How long a statement waits for another process's write to end before it is STORE_BUSY. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * A write transaction takes the write lock when it begins: a plain `begin` takes it at the first write, and SQLite
 * then answers SQLITE_BUSY at once, without waiting, when another process wrote in between.
 */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }
}

/** SQLite can undo DDL; kysely's adapter denies it, and then migrations would not be atomic. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

export class ImmediateSqliteDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;

  constructor(config: SqliteDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): SqliteDriver {
    return new ImmediateDriver(this.#config);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalDdlAdapter();
  }
}

/**
 * Opens the file with the settings that every connection needs: WAL (readers never wait for a writer),
 * `synchronous=full` (a committed transition survives a power cut), foreign keys.
 */
export function openSqlite(file: string): DatabaseSync {
  return translated(file, () => {
    const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    useWal(
      () => database.exec("pragma journal_mode=wal"),
      (error) => BUSY.includes(primaryCode(error) ?? 0),
    );
    for (const setting of ["synchronous=full", "foreign_keys=on"]) database.exec(`pragma ${setting}`);
    return database;
  });
}

/** The connection in the shape that kysely asks for, with errors translated. */
export function forKysely(
  file: string,
  database: DatabaseSync,
): NonNullable<SqliteDialectConfig["database"]> {
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const statement = translated(file, () => database.prepare(sql));
      const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => translated(file, () => statement.all(...values(parameters))),
        run: (parameters) => translated(file, () => statement.run(...values(parameters))),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      };
    },
  };
}

/** Runs `work`, turning SQLite's errors into ours. */
export function translated<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translate(file, error);
  }
}

// https://www.sqlite.org/rescode.html: the low byte is the primary code.
const BUSY = [5, 6];
const READ_ONLY = [3, 8, 14, 23];
const IO_ERROR = 10;
const SHORT_READ = 522;
const FULL = 13;
const DAMAGED = [11, 26];

/** Undefined for an error that is not SQLite's. */
function primaryCode(error: unknown): number | undefined {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" ? code & 0xff : undefined;
}

function translate(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return error;
  const primary = error.errcode & 0xff;
  const facts = { file, sqlite: error.message };
  if (DAMAGED.includes(primary) || error.errcode === SHORT_READ) return damaged(file, error.message, error);
  if (BUSY.includes(primary)) {
    const message = "the store is busy: another process has been writing for too long";
    return new PadmaError({
      code: "STORE_BUSY",
      kind: "busy",
      message,
      facts,
      next: "try again",
      cause: error,
    });
  }
  if (READ_ONLY.includes(primary)) {
    const next = "check the owner and the mode of the file and its folder";
    return new PadmaError({
      code: "STORE_NOT_WRITABLE",
      kind: "user",
      message: "the store cannot be opened for writing",
      facts,
      next,
      cause: error,
    });
  }
  if (primary === FULL) {
    const next = "make room on the disk; nothing that was stored is lost";
    return new PadmaError({
      code: "STORE_FULL",
      message: "the disk that holds the store is full",
      facts,
      next,
      cause: error,
    });
  }
  if (primary === IO_ERROR) {
    const next = "check the disk; nothing that was stored before is changed";
    return new PadmaError({
      code: "STORE_IO",
      message: "the disk that holds the store gives errors",
      facts,
      next,
      cause: error,
    });
  }
  return error;
}
