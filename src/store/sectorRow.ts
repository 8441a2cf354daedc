/** Sector ⇄ row. Columns hold what queries ask for, `body` the rest as JSON: nothing is kept twice. */
import { isCommittedCapacity, type Sector } from "../sealing/sector.ts";
import { isState, STATES } from "../sealing/states.ts";
import type { Millis } from "../units.ts";
import type { SectorsTable } from "./schema.ts";
import { damaged, parseStored } from "./damaged.ts";

type Stored = Omit<SectorsTable, "rest_reason">;

export function toRow(sector: Sector, now: Millis): Stored {
  const { number, miner, state, step, version, createdAt, ...body } = sector;
  return {
    number,
    miner,
    state,
    step,
    version,
    cc: Number(willBeCommittedCapacity(sector)),
    deal_ids: JSON.stringify(dealIds(sector)),
    created_at: createdAt,
    updated_at: now,
    body: JSON.stringify(body),
  };
}

/** As `isCommittedCapacity`, and also right while pieces are still on their way. */
function willBeCommittedCapacity(sector: Sector): boolean {
  const zeros = (sector.drafts ?? []).every(({ content }) => content.kind === "zeros");
  return sector.deal === "none" && zeros && isCommittedCapacity(sector);
}

/** Deals of pieces that are in, then of those on their way. */
function dealIds({ pieces, drafts = [] }: Sector): number[] {
  return [...pieces, ...drafts].flatMap(({ dealId }) => (dealId === undefined ? [] : [dealId]));
}

/** @throws STORE_DAMAGED when the row is not one that `toRow` made. */
export function fromRow(file: string, row: SectorsTable): Sector {
  const { number, miner, state, step, version, created_at: createdAt } = row;
  const steps: readonly string[] | undefined = isState(state) ? STATES[state].steps : undefined;
  if (steps === undefined || !(step === null || steps.includes(step))) {
    throw damaged(file, `sector ${number} is in ${state} at ${step ?? "no step"}`);
  }
  return { number, miner, state, step, version, createdAt, ...parsed(file, row) } as Sector;
}

function parsed(file: string, { number, body }: SectorsTable): object {
  const value = parseStored(file, `the row of sector ${number}`, body);
  if (typeof value === "object" && value !== null) return value;
  throw damaged(file, `the row of sector ${number} is not a record`);
}
