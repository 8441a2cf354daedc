/** Processes that claim tasks, so that `why` can say whether anybody is there to do the work. */
import type { Millis } from "../units.ts";
import { putBackUnleased } from "./claimTask.ts";
import type { Store } from "./open.ts";
import type { DriverRecord } from "../tasks/drivers.ts";

/** A driver that was silent for longer is taken for dead. */
export const SILENT_AFTER_MS = 30_000;

export async function registerDriver(store: Store, driver: DriverRecord, now: Millis): Promise<void> {
  const { id, pid, identity, host } = driver;
  await store.write((tx) =>
    tx
      .insertInto("drivers")
      .values({ id, pid, identity, host, started_at: now, heartbeat_at: now })
      .execute(),
  );
}

/** Says that the driver is alive. A driver that others took for dead is registered again. */
export async function driverHeartbeat(store: Store, driver: DriverRecord, now: Millis): Promise<void> {
  const { id, pid, identity, host } = driver;
  await store.write((tx) =>
    tx
      .insertInto("drivers")
      .values({ id, pid, identity, host, started_at: now, heartbeat_at: now })
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ heartbeat_at: now }))
      .execute(),
  );
}

export async function unregisterDriver(store: Store, id: string): Promise<void> {
  await store.write((tx) => tx.deleteFrom("drivers").where("id", "=", id).execute());
}

/** Drivers that gave a sign of life lately; a process on this host can be checked further by its pid. */
export async function liveDrivers(store: Store, now: Millis): Promise<readonly DriverRecord[]> {
  return store.db
    .selectFrom("drivers")
    .select(["id", "pid", "identity", "host"])
    .where("heartbeat_at", ">", now - SILENT_AFTER_MS)
    .orderBy("started_at")
    .execute();
}

export async function allDrivers(store: Store): Promise<readonly DriverRecord[]> {
  return store.db.selectFrom("drivers").select(["id", "pid", "identity", "host"]).execute();
}

/**
 * Forgets drivers that are known to be dead, and puts their tasks back at once instead of when the leases run out:
 * the next cron job goes on where a killed one stopped.
 */
export async function forgetDrivers(store: Store, ids: readonly string[], now: Millis): Promise<void> {
  if (ids.length === 0) return;
  await store.write(async (tx) => {
    await tx.deleteFrom("drivers").where("id", "in", ids).execute();
    await tx.deleteFrom("leases").where("driver", "in", ids).execute();
    await putBackUnleased(tx, now);
  });
}
