import { PadmaError } from "../errors.ts";
import type { SectorEvent } from "../sealing/events.ts";
import type { Plan } from "../sealing/plan.ts";
import type { Sector } from "../sealing/sector.ts";
import type { Task } from "../tasks/queue.ts";
import type { Epoch, Millis } from "../units.ts";
import { appendEvent } from "./appendEvent.ts";
import { dropFootings, setFooting, type StoredFooting } from "./footings.ts";
import { checkHeld, dropLease } from "./lease.ts";
import type { Store } from "./open.ts";
import { planTask } from "./planTask.ts";
import type { Writer } from "./schema.ts";
import { toRow } from "./sectorRow.ts";

export interface Move {
  /** The task whose step found the event out; null for an event from outside (`update-state`, a revert). */
  readonly task: Task | null;
  readonly event: SectorEvent;
  /** How long the step ran. */
  readonly durationMs: number | null;
  /** The sector after the event, as `apply` returns it: exactly one version further. */
  readonly sector: Sector;
  readonly plan: Plan;
  readonly now: Millis;
  /** What the event lets the sector stand on. */
  readonly footing?: StoredFooting;
  /** A reorg took away what it stood on from this epoch on. */
  readonly lostFrom?: Epoch;
}

/**
 * Moves a sector: row, log entry, the end of this task and the next one, in one transaction.
 * Without a task it also takes the sector away from a step that runs: its driver finds the task cancelled.
 *
 * @throws TASK_FENCED when the task's lease has gone to somebody else or was cancelled.
 * @throws SECTOR_VERSION when the sector has moved since it was read; SECTOR_UNKNOWN.
 */
export async function advanceSector(store: Store, move: Move): Promise<void> {
  await store.write(async (tx) => {
    if (move.task !== null) await checkHeld(tx, move.task);
    await update(tx, move);
    const { task, event, durationMs, sector, plan, now } = move;
    await appendEvent(tx, { sector, event, step: task?.step ?? null, durationMs, at: now });
    if (task !== null) await dropLease(tx, task);
    if (move.lostFrom !== undefined) await dropFootings(tx, sector.number, move.lostFrom);
    if (move.footing !== undefined) await setFooting(tx, sector.number, move.footing);
    await planTask(tx, sector, plan, now);
  });
}

async function update(tx: Writer, { sector, plan, now }: Move): Promise<void> {
  const { number, miner: _miner, created_at: _created, ...row } = toRow(sector, now);
  const { numUpdatedRows } = await tx
    .updateTable("sectors")
    .set({ ...row, rest_reason: plan.do === "nothing" ? plan.reason : null })
    .where("number", "=", number)
    .where("version", "=", sector.version - 1)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 1n) return;
  const stored = await tx
    .selectFrom("sectors")
    .select("version")
    .where("number", "=", number)
    .executeTakeFirst();
  throw stored === undefined ? unknownSector(number) : outdated(sector, stored.version);
}

function outdated({ number, version }: Sector, stored: number): PadmaError {
  return new PadmaError({
    code: "SECTOR_VERSION",
    kind: "busy",
    message: `sector ${number} has moved meanwhile`,
    facts: { read: version - 1, stored },
    next: "look at it again",
  });
}

export function unknownSector(number: number): PadmaError {
  return new PadmaError({
    code: "SECTOR_UNKNOWN",
    message: `there is no sector ${number}`,
    next: "`padma sectors list` shows those that there are",
  });
}
