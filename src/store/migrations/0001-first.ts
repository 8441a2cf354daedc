import type { Kysely } from "kysely";

/** Sectors with their log, tasks with their leases, drivers, messages. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createSectorTables(db);
  await createTaskTables(db);
  await createMessageTables(db);
}

async function createSectorTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("numbers")
    .addColumn("miner", "bigint", (c) => c.primaryKey())
    .addColumn("next", "bigint", (c) => c.notNull())
    .execute();
  await db.schema
    .createTable("sectors")
    .addColumn("number", "bigint", (c) => c.primaryKey())
    .addColumn("miner", "bigint", (c) => c.notNull())
    .addColumn("state", "text", (c) => c.notNull())
    .addColumn("step", "text")
    .addColumn("version", "bigint", (c) => c.notNull())
    .addColumn("cc", "bigint", (c) => c.notNull())
    .addColumn("deal_ids", "text", (c) => c.notNull())
    .addColumn("rest_reason", "text")
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("updated_at", "bigint", (c) => c.notNull())
    .addColumn("body", "text", (c) => c.notNull())
    .execute();
  await db.schema.createIndex("sectors_state").on("sectors").column("state").execute();
  // All that a list shows, without the bodies that lie between the rows (ten times as many pages).
  await db.schema
    .createIndex("sectors_list")
    .on("sectors")
    .columns([
      "number",
      "state",
      "step",
      "version",
      "cc",
      "deal_ids",
      "rest_reason",
      "created_at",
      "updated_at",
    ])
    .execute();
  await db.schema
    .createTable("events")
    .addColumn("sector", "bigint", (c) => c.notNull().references("sectors.number"))
    .addColumn("seq", "bigint", (c) => c.notNull())
    .addColumn("at", "bigint", (c) => c.notNull())
    .addColumn("kind", "text", (c) => c.notNull())
    .addColumn("step", "text")
    .addColumn("payload", "text", (c) => c.notNull())
    .addColumn("duration_ms", "double precision")
    .addPrimaryKeyConstraint("events_pk", ["sector", "seq"])
    .execute();
  await db.schema.createIndex("events_kind_at").on("events").columns(["kind", "at"]).execute();
}

async function createTaskTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("tasks")
    .addColumn("sector", "bigint", (c) => c.primaryKey().references("sectors.number"))
    .addColumn("step", "text", (c) => c.notNull())
    .addColumn("version", "bigint", (c) => c.notNull())
    .addColumn("status", "text", (c) => c.notNull())
    .addColumn("priority", "bigint", (c) => c.notNull())
    .addColumn("attempt", "bigint", (c) => c.notNull())
    .addColumn("fence", "bigint", (c) => c.notNull())
    .addColumn("queued_at", "bigint", (c) => c.notNull())
    .addColumn("since", "bigint", (c) => c.notNull())
    .addColumn("reason", "text")
    .addColumn("wait_for", "text")
    .addColumn("wait_cid", "text")
    .addColumn("wait_epoch", "bigint")
    .addColumn("wait_time", "bigint")
    .execute();
  await db.schema
    .createIndex("tasks_order")
    .on("tasks")
    .columns(["status", "priority", "queued_at"])
    .execute();
  await db.schema
    .createTable("leases")
    .addColumn("sector", "bigint", (c) => c.notNull())
    .addColumn("version", "bigint", (c) => c.notNull())
    .addColumn("fence", "bigint", (c) => c.notNull())
    .addColumn("step", "text", (c) => c.notNull())
    .addColumn("driver", "text", (c) => c.notNull())
    .addColumn("host", "text", (c) => c.notNull())
    .addColumn("until", "bigint", (c) => c.notNull())
    .addColumn("memory_bytes", "bigint", (c) => c.notNull())
    .addColumn("cores", "double precision", (c) => c.notNull())
    .addPrimaryKeyConstraint("leases_pk", ["sector", "version", "fence"])
    .execute();
  await db.schema
    .createTable("blocked")
    .addColumn("host", "text", (c) => c.notNull())
    .addColumn("step", "text", (c) => c.notNull())
    .addColumn("reason", "text", (c) => c.notNull())
    .addPrimaryKeyConstraint("blocked_pk", ["host", "step"])
    .execute();
  await db.schema
    .createTable("drivers")
    .addColumn("id", "text", (c) => c.primaryKey())
    .addColumn("pid", "bigint", (c) => c.notNull())
    .addColumn("identity", "text")
    .addColumn("host", "text", (c) => c.notNull())
    .addColumn("started_at", "bigint", (c) => c.notNull())
    .addColumn("heartbeat_at", "bigint", (c) => c.notNull())
    .execute();
}

async function createMessageTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("messages")
    .addColumn("uuid", "text", (c) => c.primaryKey())
    .addColumn("kind", "text", (c) => c.notNull())
    .addColumn("sectors", "text", (c) => c.notNull())
    .addColumn("to_address", "text", (c) => c.notNull())
    .addColumn("method", "bigint", (c) => c.notNull())
    .addColumn("params_hex", "text", (c) => c.notNull())
    .addColumn("value", "text", (c) => c.notNull())
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("cid", "text")
    .addColumn("pushed_at", "bigint")
    .execute();
  await db.schema
    .createTable("open_messages")
    .addColumn("sector", "bigint", (c) => c.notNull().references("sectors.number"))
    .addColumn("kind", "text", (c) => c.notNull())
    .addColumn("purpose", "text", (c) => c.notNull())
    .addColumn("uuid", "text", (c) => c.notNull().references("messages.uuid"))
    .addPrimaryKeyConstraint("open_messages_pk", ["sector", "kind"])
    .execute();
}
