/** Processes that claim tasks: their own rows, and whether anybody is there to do the work. */
import type { DriverRecord, DriverRegistry } from "../tasks/drivers.ts";
import type { Millis } from "../units.ts";
import { putBackUnleased } from "./claimTask.ts";
import type { Store } from "./open.ts";

/** A driver that was silent for longer is taken for dead. */
const SILENT_AFTER_MS = 30_000;

export function createDriverRegistry(store: Store): DriverRegistry {
  return {
    heartbeat: (driver, now) => heartbeat(store, driver, now),
    known: () => selectDrivers(store).execute(),
    forget: (ids, now) => forget(store, ids, now),
  };
}

/** Drivers that gave a sign of life lately. One that was killed may still be among them: ask the system for its pid. */
export function liveDrivers(store: Store, now: Millis): Promise<readonly DriverRecord[]> {
  return selectDrivers(store)
    .where("heartbeat_at", ">", now - SILENT_AFTER_MS)
    .execute();
}

function selectDrivers({ db }: Store) {
  return db.selectFrom("drivers").select(["id", "pid", "identity", "host"]).orderBy("started_at");
}

async function heartbeat(
  store: Store,
  { id, pid, identity, host }: DriverRecord,
  now: Millis,
): Promise<void> {
  await store.write((tx) =>
    tx
      .insertInto("drivers")
      .values({ id, pid, identity, host, started_at: now, heartbeat_at: now })
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ heartbeat_at: now }))
      .execute(),
  );
}

/** Their tasks go back at once, not when the leases run out: the next cron job goes on where a killed one stopped. */
async function forget(store: Store, ids: readonly string[], now: Millis): Promise<void> {
  if (ids.length === 0) return;
  await store.write(async (tx) => {
    await tx.deleteFrom("drivers").where("id", "in", ids).execute();
    await tx.deleteFrom("leases").where("driver", "in", ids).execute();
    await putBackUnleased(tx, now);
  });
}
