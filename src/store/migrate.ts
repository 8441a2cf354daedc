import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";

/**
 * Brings the schema up to date in one transaction that holds the write lock from its first statement, kysely's own
 * tables included: of two first runs one migrates and the other finds it done; a crash leaves the old schema.
 */
export async function migrate<T>(
  db: Kysely<T>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const migrator = new Migrator({ db: tx, provider: { getMigrations: async () => ({ ...migrations }) } });
    const { error } = await migrator.migrateToLatest();
    // Thrown as it is: what SQLite said was translated below kysely.
    if (error !== undefined)
      throw error instanceof Error ? error : new Error("migration failed", { cause: error });
  });
}
