/**
 * The claim: one write transaction that puts back what nobody holds any longer, adds up what runs on this host, and
 * leases the first task that fits. What fits depends on the step alone, so it is decided once a step, however many
 * sectors are queued.
 */
import type { Step } from "../sealing/sector.ts";
import type { ClaimRequest, Task } from "../tasks/queue.ts";
import { type Millis, sectorNumber } from "../units.ts";
import { type Block, judge, type Lease, type Queued } from "./ledger.ts";
import type { Reader, TasksTable, Writer } from "./schema.ts";

/** Whether a claim could find anything. Only reads, so that an idle driver never takes the write lock. */
export async function isAnythingClaimable(db: Reader, now: Millis): Promise<boolean> {
  const task = await db
    .selectFrom("tasks")
    .select("sector")
    .where((e) =>
      e.or([e("status", "=", "queued"), e.and([e("status", "=", "waiting"), e("wait_time", "<=", now)])]),
    )
    .limit(1)
    .executeTakeFirst();
  if (task !== undefined) return true;
  const expired = await db
    .selectFrom("leases")
    .select("sector")
    .where("until", "<=", now)
    .limit(1)
    .executeTakeFirst();
  return expired !== undefined;
}

export async function claimTask(tx: Writer, request: ClaimRequest): Promise<Task | null> {
  await putBackExpired(tx, request.now);
  await queueDueTimes(tx, request.now);
  const queued = await queuedSteps(tx);
  const { fitting, blocked } = judge(queued, await runningHere(tx, request), request);
  await storeBlocks(tx, request.host, blocked);
  const chosen = await firstOf(tx, fitting, request);
  return chosen === undefined ? null : lease(tx, chosen, request);
}

/** Tasks whose lease ran out: their drivers are gone or were stopped for too long. The attempt stays counted. */
async function putBackExpired(tx: Writer, now: Millis): Promise<void> {
  const { numDeletedRows } = await tx
    .deleteFrom("leases")
    .where("until", "<=", now)
    .executeTakeFirstOrThrow();
  if (numDeletedRows > 0n) await putBackUnleased(tx, now);
}

/** Leased tasks without a lease go back to their place in the queue. */
export async function putBackUnleased(tx: Writer, now: Millis): Promise<void> {
  await tx
    .updateTable("tasks")
    .set({ status: "queued", since: now })
    .where("status", "=", "leased")
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom("leases")
            .select("leases.sector")
            .whereRef("leases.sector", "=", "tasks.sector")
            .whereRef("leases.version", "=", "tasks.version")
            .whereRef("leases.fence", "=", "tasks.fence"),
        ),
      ),
    )
    .execute();
}

/** Waits for a time that has come become tasks without anybody's help. */
async function queueDueTimes(tx: Writer, now: Millis): Promise<void> {
  await tx
    .updateTable("tasks")
    .set({ ...QUEUED, queued_at: now, since: now })
    .where("status", "=", "waiting")
    .where("wait_time", "<=", now)
    .execute();
}

/** A wait that was met. Its reason stays: why the last run did not move the sector. */
export const QUEUED = {
  status: "queued",
  wait_for: null,
  wait_cid: null,
  wait_epoch: null,
  wait_time: null,
} as const satisfies Partial<TasksTable>;

function queuedSteps(tx: Reader): Promise<Queued[]> {
  return tx
    .selectFrom("tasks")
    .select((e) => ["step", e.fn.min("queued_at").as("oldest")])
    .where("status", "=", "queued")
    .groupBy(["step", "priority"])
    .orderBy("priority", "desc")
    .execute();
}

/** Leases that have run out are gone by now. */
function runningHere(tx: Reader, { host }: ClaimRequest): Promise<Lease[]> {
  return tx
    .selectFrom("leases")
    .leftJoin("tasks", (join) =>
      join
        .onRef("tasks.sector", "=", "leases.sector")
        .onRef("tasks.version", "=", "leases.version")
        .onRef("tasks.fence", "=", "leases.fence"),
    )
    .select(["leases.sector", "leases.step", "memory_bytes as memoryBytes", "cores", "tasks.since"])
    .where("host", "=", host)
    .orderBy("memory_bytes", "desc")
    .execute();
}

/** Only what is new is written: a write wakes every other driver, and they would look at the same things again. */
async function storeBlocks(tx: Writer, host: string, blocks: readonly Block[]): Promise<void> {
  const stored = await tx.selectFrom("blocked").select(["step", "reason"]).where("host", "=", host).execute();
  if (isSame(stored, blocks)) return;
  await tx.deleteFrom("blocked").where("host", "=", host).execute();
  if (blocks.length === 0) return;
  await tx
    .insertInto("blocked")
    .values(blocks.map((block) => ({ host, ...block })))
    .execute();
}

function isSame(stored: readonly Block[], blocks: readonly Block[]): boolean {
  const reasons = new Map(stored.map(({ step, reason }) => [step, reason]));
  return stored.length === blocks.length && blocks.every(({ step, reason }) => reasons.get(step) === reason);
}

type Chosen = Pick<TasksTable, "sector" | "step" | "version" | "attempt" | "fence">;

/** Bound of one statement's parameters (SQLite: 32,766); beyond it sectors are served in the common order. */
const MOST_PREFERRED = 30_000;

async function firstOf(
  tx: Reader,
  steps: readonly Step[],
  { first }: ClaimRequest,
): Promise<Chosen | undefined> {
  if (steps.length === 0) return undefined;
  const ofSteps = tx
    .selectFrom("tasks")
    .select(["sector", "step", "version", "attempt", "fence"])
    .where("status", "=", "queued")
    .where("step", "in", steps)
    .orderBy("priority", "desc")
    .orderBy("queued_at")
    .orderBy("sector")
    .limit(1);
  const preferred = first.slice(0, MOST_PREFERRED);
  const own =
    preferred.length === 0 ? undefined : await ofSteps.where("sector", "in", preferred).executeTakeFirst();
  return own ?? ofSteps.executeTakeFirst();
}

async function lease(tx: Writer, chosen: Chosen, request: ClaimRequest): Promise<Task> {
  const { driver, host, now, leaseMs, needs } = request;
  const { step, version } = chosen;
  const attempt = chosen.attempt + 1;
  const fence = chosen.fence + 1;
  await tx
    .updateTable("tasks")
    .set({ status: "leased", attempt, fence, since: now })
    .where("sector", "=", chosen.sector)
    .execute();
  const { memoryBytes, cores } = needs(step);
  await tx
    .insertInto("leases")
    .values({
      sector: chosen.sector,
      version,
      fence,
      step,
      driver,
      host,
      until: now + leaseMs,
      memory_bytes: memoryBytes,
      cores,
    })
    .execute();
  return { sector: sectorNumber(chosen.sector), step, attempt, fence, version };
}
