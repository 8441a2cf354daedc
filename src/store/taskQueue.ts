/** The queue of tasks and waits in the store; `tasks/queue.ts` says what each method promises. */
import type { ExpressionBuilder, Selectable } from "kysely";
import type { Heartbeat, Outlook, Task, TaskQueue, Wait } from "../tasks/queue.ts";
import { epoch, type Epoch, millis, type Millis } from "../units.ts";
import { claimTask, isAnythingClaimable, QUEUED } from "./claimTask.ts";
import { checkHeld, dropLease, isHeld } from "./lease.ts";
import type { Store } from "./open.ts";
import type { Tables, TasksTable, Writer } from "./schema.ts";

export function createTaskQueue(store: Store, now: () => Millis): TaskQueue {
  return {
    claim: async (request) => {
      if (!(await isAnythingClaimable(store.db, request.now))) return null;
      return store.write((tx) => claimTask(tx, request));
    },
    heartbeat: (task, leaseUntil) => store.write((tx) => heartbeat(tx, task, leaseUntil)),
    release: (task) => store.write((tx) => release(tx, task, now())),
    wait: (task, wait) => store.write((tx) => waitFor(tx, task, wait, now())),
    wake: (met) => wake(store, met),
    awaitedMessages: () => awaitedMessages(store),
    outlook: (at) => outlook(store, at),
  };
}

/** Of a task that was cancelled the lease is extended too, until it is released: its step may hold memory still. */
async function heartbeat(tx: Writer, task: Task, until: Millis): Promise<Heartbeat> {
  const held = await isHeld(tx, task);
  await tx
    .updateTable("leases")
    .set({ until })
    .where("sector", "=", task.sector)
    .where("version", "=", task.version)
    .where("fence", "=", task.fence)
    .execute();
  if (held) return "held";
  const sector = await tx
    .selectFrom("sectors")
    .select("version")
    .where("number", "=", task.sector)
    .executeTakeFirst();
  return sector?.version === task.version ? "lost" : "cancelled";
}

/** Of a task that was cancelled meanwhile only the lease is left to give back. */
async function release(tx: Writer, task: Task, now: Millis): Promise<void> {
  if (await isHeld(tx, task)) {
    await tx
      .updateTable("tasks")
      .set({ status: "queued", since: now })
      .where("sector", "=", task.sector)
      .execute();
  }
  await dropLease(tx, task);
}

async function waitFor(tx: Writer, task: Task, { condition, reason }: Wait, now: Millis): Promise<void> {
  await checkHeld(tx, task);
  await tx
    .updateTable("tasks")
    .set({
      status: "waiting",
      since: now,
      reason,
      wait_for: condition.for,
      wait_cid: condition.for === "message" ? condition.cid : null,
      wait_epoch:
        condition.for === "epoch" ? condition.epoch : condition.for === "message" ? condition.until : null,
      wait_time: condition.for === "time" ? condition.at : null,
    })
    .where("sector", "=", task.sector)
    .execute();
  await dropLease(tx, task);
}

type Met = Parameters<TaskQueue["wake"]>[0];

/** Looks before it takes the write lock: most heads wake nobody. */
async function wake(store: Store, met: Met): Promise<number> {
  const due = await store.db
    .selectFrom("tasks")
    .select("sector")
    .where((e) => isMet(e, met))
    .limit(1)
    .executeTakeFirst();
  if (due === undefined) return 0;
  const { numUpdatedRows } = await store.write((tx) =>
    tx
      .updateTable("tasks")
      .set({ ...QUEUED, queued_at: met.now, since: met.now })
      .where((e) => isMet(e, met))
      .executeTakeFirstOrThrow(),
  );
  return Number(numUpdatedRows);
}

function isMet(e: ExpressionBuilder<Tables, "tasks">, { head, now, landed }: Met) {
  const conditions = [e("wait_epoch", "<=", head), e("wait_time", "<=", now)];
  if (landed.length > 0) conditions.push(e("wait_cid", "in", landed));
  return e.and([e("status", "=", "waiting"), e.or(conditions)]);
}

async function awaitedMessages({ db }: Store): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("tasks")
    .select("wait_cid")
    .distinct()
    .where("wait_for", "=", "message")
    .execute();
  return rows.flatMap(({ wait_cid }) => wait_cid ?? []);
}

/** A lease that ran out counts as queued, and so does a time that has come: both are there to be claimed. */
async function outlook({ db }: Store, now: Millis): Promise<Outlook> {
  const rows = await db
    .selectFrom("tasks")
    .leftJoin("leases", (join) =>
      join
        .onRef("leases.sector", "=", "tasks.sector")
        .onRef("leases.version", "=", "tasks.version")
        .onRef("leases.fence", "=", "tasks.fence"),
    )
    .select((e) => [
      "tasks.status",
      "tasks.wait_for",
      e("leases.until", ">", now).as("live"),
      e("tasks.wait_time", "<=", now).as("due"),
      e.fn.countAll<number>().as("n"),
      e.fn.min("tasks.wait_epoch").as("epoch"),
      e.fn.min("tasks.wait_time").as("time"),
    ])
    .groupBy(["tasks.status", "tasks.wait_for", "live", "due"])
    .execute();
  return summed(rows);
}

interface Group extends Pick<Selectable<TasksTable>, "status" | "wait_for"> {
  readonly live: unknown;
  readonly due: unknown;
  readonly n: number;
  readonly epoch: number | null;
  readonly time: number | null;
}

function summed(groups: readonly Group[]): Outlook {
  const count = (wanted: (group: Group) => boolean) =>
    groups.reduce((total, group) => total + (wanted(group) ? group.n : 0), 0);
  const leased = (group: Group) => group.status === "leased" && Boolean(group.live);
  const waiting = (group: Group) => group.status === "waiting" && !group.due;
  return {
    queued: count((group) => !leased(group) && !waiting(group)),
    leased: count(leased),
    messages: count((group) => group.wait_for === "message"),
    earliestEpoch: earliest<Epoch>(
      groups.filter((group) => waiting(group) && group.wait_for === "epoch").map(({ epoch }) => epoch),
      epoch,
    ),
    earliestTime: earliest<Millis>(
      groups.filter(waiting).map(({ time }) => time),
      millis,
    ),
  };
}

function earliest<T>(values: readonly (number | null)[], as: (value: number) => T): T | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : as(Math.min(...known));
}
