/** Opens `padma.db`. Nothing else in padma knows which database it is. */
import { Kysely } from "kysely";
import { closeSync, existsSync, openSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { PadmaError } from "../errors.ts";
import { migrate } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/list.ts";
import type { Tables, Writer } from "./schema.ts";
import { damaged } from "./damaged.ts";
import { forKysely, ImmediateSqliteDialect, openSqlite, translated } from "./sqlite.ts";

export interface Store {
  readonly file: string;
  readonly db: Kysely<Tables>;
  /**
   * One write transaction: all of it or nothing, and nobody else writes meanwhile. Keep it to milliseconds, and use
   * only the given transaction in it (`db` would wait for it for ever).
   */
  write<T>(run: (tx: Writer) => Promise<T>): Promise<T>;
  /** Changes when another connection has committed something; costs microseconds. */
  dataVersion(): number;
  close(): Promise<void>;
}

/**
 * Opens the store, bringing an older schema up to date. Damage is not searched for: a full `quick_check` reads the
 * whole file, and every command would pay for it. SQLite notices a foreign or cut file here, and a damaged page when
 * it is read; both are STORE_DAMAGED.
 *
 * @throws STORE_MISSING (unless `create`), STORE_DAMAGED, STORE_NEWER, STORE_NOT_WRITABLE, STORE_BUSY.
 */
export async function openStore(file: string, { create = false }: { create?: boolean } = {}): Promise<Store> {
  if (create) createFile(file);
  else if (!existsSync(file)) throw missing(file);
  const database = openSqlite(file);
  try {
    const db = new Kysely<Tables>({
      dialect: new ImmediateSqliteDialect({ database: forKysely(file, database) }),
    });
    const pending = pendingMigrations(file, database, create);
    if (pending) await migrate(db, MIGRATIONS);
    return storeOf(file, database, db);
  } catch (error) {
    database.close();
    throw error;
  }
}

function storeOf(file: string, database: DatabaseSync, db: Kysely<Tables>): Store {
  const version = database.prepare("pragma data_version");
  return {
    file,
    db,
    write: (run) => db.transaction().execute(run),
    dataVersion: () => translated(file, () => Number(version.get()?.["data_version"])),
    close: async () => {
      await db.destroy();
      // kysely lets go of a database that it has never asked anything, without closing it.
      if (database.isOpen) database.close();
    },
  };
}

/** Readable by its owner alone; SQLite gives the same mode to the files beside it. */
function createFile(file: string): void {
  try {
    closeSync(openSync(file, "a", 0o600));
  } catch (cause) {
    throw new PadmaError({
      code: "STORE_NOT_WRITABLE",
      kind: "user",
      message: "the store cannot be created",
      facts: { file },
      next: "check that the folder exists and is yours",
      cause,
    });
  }
}

/** True when this program knows migrations that the file has not had. */
function pendingMigrations(file: string, database: DatabaseSync, create: boolean): boolean {
  const applied = translated(file, () => appliedMigrations(database));
  const unknown = applied?.find((name) => !Object.hasOwn(MIGRATIONS, name));
  if (unknown !== undefined) throw newer(file, unknown);
  if (applied === null && !create) throw damaged(file, "none of padma's tables");
  return applied?.length !== Object.keys(MIGRATIONS).length;
}

/** Null for a file without padma's tables. */
function appliedMigrations(database: DatabaseSync): string[] | null {
  const table = database.prepare("select name from sqlite_master where name = 'kysely_migration'").get();
  if (table === undefined) return null;
  return database
    .prepare("select name from kysely_migration order by name")
    .all()
    .map(({ name }) => String(name));
}

function missing(file: string): PadmaError {
  return new PadmaError({
    code: "STORE_MISSING",
    kind: "user",
    message: "the repo has no store",
    facts: { file },
    next: "restore padma.db and devnet.db together from a backup, or move the repo away and make a new one",
  });
}

function newer(file: string, migration: string): PadmaError {
  return new PadmaError({
    code: "STORE_NEWER",
    kind: "user",
    message: "the store was written by a newer padma",
    facts: { file, migration },
    next: "use that version of padma, or a newer one",
  });
}
