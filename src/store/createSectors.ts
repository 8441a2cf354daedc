import { PadmaError } from "../errors.ts";
import type { BirthEvent } from "../sealing/events.ts";
import { plan, type RetryPolicy } from "../sealing/plan.ts";
import type { Content, DealMode, Draft, Sector } from "../sealing/sector.ts";
import { isSealing, STATE_NAMES } from "../sealing/states.ts";
import {
  type ActorId,
  type Millis,
  type PaddedSize,
  paddedSizeFor,
  type SectorNumber,
  sectorNumber,
} from "../units.ts";
import { appendEvent } from "./appendEvent.ts";
import type { Store } from "./open.ts";
import { planTask } from "./planTask.ts";
import type { Reader, Writer } from "./schema.ts";
import { toRow } from "./sectorRow.ts";

export interface NewSectors {
  readonly miner: ActorId;
  readonly sectorSize: PaddedSize;
  readonly sealProof: number;
  readonly deal: DealMode;
  readonly content: Content;
  readonly count: number;
  readonly now: Millis;
  /** At most so many sectors between pledge and Proving, the new ones included; null: no limit. */
  readonly maxSealing: number | null;
  readonly retry: RetryPolicy;
  /** The first number to use, instead of the next free one. */
  readonly number?: SectorNumber;
  /** The next free number is not below this one: a store from an older backup counts from too low a number. */
  readonly atLeast?: SectorNumber;
}

/**
 * Pledges sectors: number, row in Incoming, first log entry and first task, in one transaction, or nothing at all.
 * Numbers grow without gaps over all processes and are never used twice.
 *
 * @throws PLEDGE_LIMIT (busy) when the limit would be passed, SECTOR_EXISTS when a given number is taken.
 */
export async function createSectors(store: Store, wanted: NewSectors): Promise<readonly Sector[]> {
  return store.write(async (tx) => {
    if (wanted.maxSealing !== null) await checkLimit(tx, wanted.count, wanted.maxSealing);
    const first = await takeNumbers(tx, wanted);
    const sectors = Array.from({ length: wanted.count }, (_, i) => newborn(wanted, sectorNumber(first + i)));
    for (const sector of sectors) await insert(tx, sector, wanted);
    return sectors;
  });
}

const SEALING_STATES = STATE_NAMES.filter((state) => isSealing({ state }));

/** @throws PLEDGE_LIMIT (busy) */
export async function checkLimit(tx: Reader, count: number, max: number): Promise<void> {
  const { n: current } = await tx
    .selectFrom("sectors")
    .select((e) => e.fn.countAll<number>().as("n"))
    .where("state", "in", SEALING_STATES)
    .executeTakeFirstOrThrow();
  if (current + count <= max) return;
  throw new PadmaError({
    code: "PLEDGE_LIMIT",
    kind: "busy",
    message: `too many sectors sealing (curSealing: ${current}, max: ${max})`,
    next: "try again when one of them is in Proving, or raise --max-sealing",
  });
}

/** Takes `count` numbers off the miner's counter, or those that were asked for. */
async function takeNumbers(tx: Writer, { miner, count, number, atLeast }: NewSectors): Promise<number> {
  const row = await tx.selectFrom("numbers").select("next").where("miner", "=", miner).executeTakeFirst();
  const next = row?.next ?? 0;
  const first = number ?? Math.max(next, atLeast ?? 0);
  if (first < next) await checkFree(tx, first, count);
  const after = Math.max(next, first + count);
  await tx
    .insertInto("numbers")
    .values({ miner, next: after })
    .onConflict((conflict) => conflict.column("miner").doUpdateSet({ next: after }))
    .execute();
  return first;
}

/** Below the counter only a number that was skipped is free; rows of sectors are never deleted. */
async function checkFree(tx: Reader, first: number, count: number): Promise<void> {
  const taken = await tx
    .selectFrom("sectors")
    .select("number")
    .where("number", ">=", first)
    .where("number", "<", first + count)
    .orderBy("number")
    .executeTakeFirst();
  if (taken === undefined) return;
  throw new PadmaError({
    code: "SECTOR_EXISTS",
    message: `sector ${taken.number} exists already`,
    next: "leave the number out: the next free one is taken",
  });
}

function newborn(
  { miner, sectorSize, sealProof, deal, content, now }: NewSectors,
  number: SectorNumber,
): Sector {
  const size = content.kind === "file" ? paddedSizeFor(content.bytes) : sectorSize;
  const drafts: readonly Draft[] = [{ size, content }];
  const step = deal === "self" ? "CommP" : "AddPiece";
  const identity = {
    number,
    miner,
    sectorSize,
    sealProof,
    deal,
    createdAt: now,
    version: 0,
    pieces: [],
    attempts: {},
  };
  return { ...identity, state: "Incoming", step, drafts };
}

async function insert(tx: Writer, sector: Sector, wanted: NewSectors): Promise<void> {
  const { now } = wanted;
  const first = plan(sector, wanted.retry);
  await tx
    .insertInto("sectors")
    .values({ ...toRow(sector, now), rest_reason: null })
    .execute();
  await appendEvent(tx, { sector, event: birth(wanted), step: null, durationMs: null, at: now });
  await planTask(tx, sector, first, now);
}

function birth({ deal, content }: NewSectors): BirthEvent {
  if (content.kind === "zeros" && deal === "none") return { kind: "SectorStartCC" };
  return { kind: "SectorStart", deal, content: content.kind };
}
