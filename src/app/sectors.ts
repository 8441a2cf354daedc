/** Reading sectors for the commands. Everything comes from the store and the last stored head: nothing is advanced. */
import type { OnChainSector } from "../chain/chain.ts";
import type { BirthEvent, SectorEvent } from "../sealing/events.ts";
import { isFailureState } from "../sealing/states.ts";
import { plan } from "../sealing/plan.ts";
import type { Sector, State } from "../sealing/sector.ts";
import { apply } from "../sealing/transitions.ts";
import { advanceSector } from "../store/advanceSector.ts";
import { getSector } from "../store/getSector.ts";
import { listSectors as storedSectors, type SectorLine } from "../store/listSectors.ts";
import { provingTimes } from "../store/provingTimes.ts";
import { type LogEntry as StoredEntry, sectorEvents } from "../store/sectorEvents.ts";
import { timings } from "../store/timings.ts";
import { waitReasons } from "../store/waitReasons.ts";
import type { SectorNumber } from "../units.ts";
import { unsealedCid } from "../wire/cid.ts";
import { hexToBytes } from "@noble/hashes/utils.js";
import { commitments, lotusFields } from "./eventLog.ts";
import type { App } from "./open.ts";
import { minerAddress } from "./open.ts";
import type { LogEntry, OnChainView, PledgeResult, SectorRow, SectorStatus } from "./views.ts";
import { why } from "./why.ts";

/**
 * All sectors, or those in the given states: a fixed number of queries, whatever their count. `sealTime: false` leaves
 * out what only that column needs.
 */
export async function listSectors(
  app: App,
  { states, sealTime = true }: { states?: readonly State[]; sealTime?: boolean } = {},
): Promise<readonly SectorRow[]> {
  const chain = await app.chain();
  const [lines, onChain, waits, times, head] = await Promise.all([
    storedSectors(app.store),
    chain.sectors(),
    waitReasons(app.store),
    sealTime ? provingTimes(app.store) : NO_TIMES,
    chain.storedHead(),
  ]);
  const byNumber = new Map(onChain.map((sector) => [sector.number, sector]));
  return lines
    .filter((line) => states === undefined || states.includes(line.state))
    .map((line) =>
      row(line, byNumber.get(line.number), waits.get(line.number), times.get(line.number), head.epoch),
    );
}

const NO_TIMES: ReadonlyMap<number, number> = new Map();

function row(
  line: SectorLine,
  onChain: OnChainSector | undefined,
  waits: string | undefined,
  provingAt: number | undefined,
  head: number,
): SectorRow {
  return {
    id: line.number,
    state: line.state,
    step: line.step,
    onChain: onChain !== undefined,
    active: onChain !== undefined && onChain.expiration > head,
    expiration: onChain?.expiration ?? null,
    sealTime: provingAt === undefined ? null : provingAt - line.createdAt,
    events: line.events,
    deals: dealsOf(line),
    pledge: onChain?.initialPledge.toString() ?? null,
    waits: waits ?? null,
    error: isFailureState(line.state) || line.state === "FailedUnrecoverable" ? (waits ?? null) : null,
  };
}

/** As lotus prints it: CC, the number of deals, or DDO for data without a deal in the market; nothing while deals are on their way. */
function dealsOf({ state, committedCapacity, dealIds }: SectorLine): string {
  if (committedCapacity) return "CC";
  if (dealIds.length > 0) return String(dealIds.length);
  return state === "Incoming" ? "-" : "DDO";
}

/** @throws SECTOR_UNKNOWN */
export async function sectorStatus(
  app: App,
  number: SectorNumber,
  { log }: { log: boolean },
): Promise<SectorStatus> {
  const sector = await getSector(app.store, number);
  const chain = await app.chain();
  const [onChain, times, reason] = await Promise.all([
    chain.sector(number),
    timings(app.store, number),
    why(app, number),
  ]);
  const status: SectorStatus = {
    sector: sector.number,
    miner: minerAddress(chain, sector.miner),
    state: sector.state,
    step: sector.step,
    ...commitments(sector.replica),
    ticket: sector.ticket?.value ?? null,
    ticketEpoch: sector.ticket?.epoch ?? null,
    seed: sector.seed?.value ?? null,
    seedEpoch: sector.seed?.epoch ?? null,
    precommitCid: sector.preCommit ?? null,
    commitCid: sector.commit ?? null,
    proof: sector.proof ?? null,
    deals: sector.pieces.flatMap(({ dealId }) => dealId ?? []),
    expiredDeals: sector.expiredDeals ?? [],
    retries: Object.values(sector.attempts).reduce((sum, n) => sum + n, 0),
    lastError: sector.failure === undefined ? null : `${sector.failure.step}: ${sector.failure.message}`,
    expiration: onChain?.expiration ?? null,
    pieces: sector.pieces.map(({ size, commP, dealId }) => ({
      size,
      commP,
      cid: unsealedCid(hexToBytes(commP)).toString(),
      dealId: dealId ?? null,
    })),
    onChain: onChain === null ? null : onChainView(onChain),
    timings: times,
    why: reason.reason,
  };
  return log ? { ...status, log: await eventLog(app, sector) } : status;
}

function onChainView(sector: OnChainSector): OnChainView {
  return {
    sealProof: sector.sealProof,
    activation: sector.activation,
    expiration: sector.expiration,
    dealWeight: sector.dealWeight.toString(),
    verifiedDealWeight: sector.verifiedDealWeight.toString(),
    initialPledge: sector.initialPledge.toString(),
  };
}

async function eventLog(app: App, sector: Sector): Promise<readonly LogEntry[]> {
  return (await sectorEvents(app.store, sector.number)).map((entry) => logEntry(entry, sector));
}

function logEntry({ seq, at, kind, payload, durationMs }: StoredEntry, sector: Sector): LogEntry {
  const event = { kind, ...payload } as SectorEvent | BirthEvent;
  return {
    seq,
    at,
    kind: `event;sealing.${kind}`,
    message: { User: lotusFields(event, sector) },
    durationMs,
    event: kind,
  };
}

/** What `pledge-sector --wait --json` prints for its sectors. */
export async function pledgeResults(
  app: App,
  numbers: readonly SectorNumber[],
): Promise<readonly PledgeResult[]> {
  const results: PledgeResult[] = [];
  for (const number of numbers) {
    const sector = await getSector(app.store, number);
    results.push({
      sector: number,
      state: sector.state,
      ...commitments(sector.replica),
      precommitCid: sector.preCommit ?? null,
      commitCid: sector.commit ?? null,
      timings: await timings(app.store, number),
    });
  }
  return results;
}

/**
 * Puts a sector where a person wants it, clearing its retry counters; a step that runs for it is cancelled.
 * @throws SECTOR_UNKNOWN, FORCE_NOT_POSSIBLE, SECTOR_VERSION (moved meanwhile: try again)
 */
export async function updateState(app: App, number: SectorNumber, state: State): Promise<SectorStatus> {
  const before = await getSector(app.store, number);
  const event = { kind: "SectorForceState", state } as const;
  const sector = apply(before, event);
  const next = plan(sector, app.retry);
  await advanceSector(app.store, { task: null, event, durationMs: null, sector, plan: next, now: app.now() });
  return sectorStatus(app, number, { log: false });
}
