/** Why a sector is where it is, from the store alone: it answers when no driver runs and no chain can be reached. */
import type { State, Step } from "../sealing/sector.ts";
import type { Condition } from "../tasks/queue.ts";
import { epoch, millis, type Millis, type SectorNumber } from "../units.ts";
import { unknownSector } from "./advanceSector.ts";
import type { Store } from "./open.ts";
import type { Reader } from "./schema.ts";

export interface Why {
  readonly number: SectorNumber;
  readonly state: State;
  readonly step: Step | null;
  readonly status: "running" | "queued" | "waiting" | "stopped";
  /** Start of the status. */
  readonly since: Millis;
  /** While it waits or rests, why; while it is queued or runs, what the last run ended with, if it did not move. */
  readonly reason: string | null;
  readonly condition: Condition | null;
  /** When it is looked at again, where that is a time. */
  readonly nextTryAt: Millis | null;
  /** How often the step was begun since the sector moved. */
  readonly attempt: number;
  /** Who runs it. */
  readonly driver: { readonly id: string; readonly pid: number | null; readonly host: string } | null;
  /** Queued: why it does not start on the hosts that looked. */
  readonly blocked: readonly { readonly host: string; readonly reason: string }[];
  /** Queued: how many tasks are served before it. */
  readonly ahead: number;
}

/** @throws SECTOR_UNKNOWN. */
export async function why(store: Store, number: SectorNumber, now: Millis): Promise<Why> {
  const row = await selectWhy(store.db, number);
  if (row === undefined) throw unknownSector(number);
  const base = {
    number,
    state: row.state as State,
    step: row.step as Step | null,
    condition: null,
    nextTryAt: null,
    attempt: row.attempt ?? 0,
    driver: null,
    blocked: [],
    ahead: 0,
  };
  if (row.status === null)
    return { ...base, status: "stopped", since: millis(row.updated_at), reason: row.rest_reason };
  const task = { ...base, since: millis(row.since ?? row.updated_at), reason: row.reason };
  if (row.status === "waiting") {
    const nextTryAt = row.wait_time === null ? null : millis(row.wait_time);
    return { ...task, status: "waiting", condition: conditionOf(row), nextTryAt };
  }
  const { driver, host, until } = row;
  if (row.status === "leased" && driver !== null && host !== null && until !== null && until > now) {
    return { ...task, status: "running", driver: { id: driver, pid: row.pid, host } };
  }
  return {
    ...task,
    status: "queued",
    blocked: await blockedOn(store.db, row.step),
    ahead: await countAhead(store.db, number),
  };
}

type WhyRow = NonNullable<Awaited<ReturnType<typeof selectWhy>>>;

function selectWhy(db: Reader, number: SectorNumber) {
  return db
    .selectFrom("sectors")
    .leftJoin("tasks", "tasks.sector", "sectors.number")
    .leftJoin("leases", (join) =>
      join
        .onRef("leases.sector", "=", "tasks.sector")
        .onRef("leases.version", "=", "tasks.version")
        .onRef("leases.fence", "=", "tasks.fence"),
    )
    .leftJoin("drivers", "drivers.id", "leases.driver")
    .select(["sectors.state", "sectors.step", "sectors.rest_reason", "sectors.updated_at"])
    .select(["tasks.status", "tasks.since", "tasks.reason", "tasks.attempt"])
    .select(["tasks.wait_for", "tasks.wait_cid", "tasks.wait_epoch", "tasks.wait_time"])
    .select(["leases.driver", "leases.host", "leases.until", "drivers.pid"])
    .where("sectors.number", "=", number)
    .executeTakeFirst();
}

function conditionOf({ wait_cid, wait_epoch, wait_time }: WhyRow): Condition | null {
  if (wait_cid !== null) return { for: "message", cid: wait_cid, until: epoch(wait_epoch ?? 0) };
  if (wait_epoch !== null) return { for: "epoch", epoch: epoch(wait_epoch) };
  if (wait_time !== null) return { for: "time", at: millis(wait_time) };
  return null;
}

function blockedOn(db: Reader, step: string | null): Promise<Why["blocked"]> {
  return db
    .selectFrom("blocked")
    .select(["host", "reason"])
    .where("step", "=", step as Step)
    .orderBy("host")
    .execute();
}

async function countAhead(db: Reader, number: SectorNumber): Promise<number> {
  const { n } = await db
    .selectFrom("tasks as mine")
    .innerJoin("tasks as other", (join) => join.on("other.status", "=", "queued"))
    .select((e) => e.fn.countAll<number>().as("n"))
    .where("mine.sector", "=", number)
    .where((e) =>
      e.or([
        e("other.priority", ">", e.ref("mine.priority")),
        e.and([
          e("other.priority", "=", e.ref("mine.priority")),
          e("other.queued_at", "<", e.ref("mine.queued_at")),
        ]),
        e.and([
          e("other.priority", "=", e.ref("mine.priority")),
          e("other.queued_at", "=", e.ref("mine.queued_at")),
          e("other.sector", "<", e.ref("mine.sector")),
        ]),
      ]),
    )
    .executeTakeFirstOrThrow();
  return n;
}
