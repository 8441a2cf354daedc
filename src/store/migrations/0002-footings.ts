import type { Kysely } from "kysely";

/** The tipsets that sectors stand on, so that a reorg is noticed by whoever looks next, whenever it happened. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("footings")
    .addColumn("sector", "bigint", (c) => c.notNull().references("sectors.number"))
    .addColumn("what", "text", (c) => c.notNull())
    .addColumn("epoch", "bigint", (c) => c.notNull())
    .addColumn("tipset_epoch", "bigint", (c) => c.notNull())
    .addColumn("tipset_key", "text", (c) => c.notNull())
    .addPrimaryKeyConstraint("footings_pk", ["sector", "what"])
    .execute();
  await db.schema
    .createIndex("footings_tipset")
    .on("footings")
    .columns(["tipset_epoch", "tipset_key"])
    .execute();
}
