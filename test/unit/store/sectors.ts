/** Sectors for tests of the store, and of what drives them; also used by the processes that a test starts. */
import type { SectorEvent } from "../../../src/sealing/events.ts";
import { plan, type RetryPolicy } from "../../../src/sealing/plan.ts";
import type { Sector } from "../../../src/sealing/sector.ts";
import { apply } from "../../../src/sealing/transitions.ts";
import { advanceSector } from "../../../src/store/advanceSector.ts";
import { createSectors, type NewSectors } from "../../../src/store/createSectors.ts";
import type { Store } from "../../../src/store/open.ts";
import type { ClaimRequest, Resources, Task } from "../../../src/tasks/queue.ts";
import { actorId, millis, type Millis, paddedSize } from "../../../src/units.ts";

const RETRY: RetryPolicy = { baseMs: 10_000, maxMs: 1_800_000 };

export const T0 = millis(1_800_000_000_000);
export const at = (ms: number): Millis => millis(T0 + ms);
export const NOTHING: Resources = { memoryBytes: 0, cores: 0 };

export const CC: Omit<NewSectors, "count"> = {
  miner: actorId(1000),
  sectorSize: paddedSize(2048),
  sealProof: 5,
  deal: "none",
  content: { kind: "zeros" },
  now: T0,
  maxSealing: null,
  retry: RETRY,
};

export async function pledge(store: Store, wanted: Partial<NewSectors> = {}): Promise<readonly Sector[]> {
  return createSectors(store, { ...CC, count: 1, ...wanted });
}

export async function pledgeOne(store: Store, wanted: Partial<NewSectors> = {}): Promise<Sector> {
  const [sector] = await pledge(store, wanted);
  if (sector === undefined) throw new Error("no sector was made");
  return sector;
}

const PIECE = { size: paddedSize(2048), commP: "00".repeat(32), content: "zeros" } as const;
export const PIECE_ADDED: SectorEvent = { kind: "SectorPieceAdded", pieces: [PIECE] };
export const FAILED: SectorEvent = {
  kind: "SectorAddPieceFailed",
  failure: { step: "AddPiece", code: "STORAGE_FULL", message: "the disk is full" },
};
export const PACKED: SectorEvent = { kind: "SectorPacked", fillers: [] };

/** Applies an event and stores the move. */
export async function move(
  store: Store,
  sector: Sector,
  event: SectorEvent,
  {
    task = null,
    now = T0,
    durationMs = null,
  }: { task?: Task | null; now?: Millis; durationMs?: number | null } = {},
): Promise<Sector> {
  const next = apply(sector, event);
  await advanceSector(store, { task, event, durationMs, sector: next, plan: plan(next, RETRY), now });
  return next;
}

export const request = (over: Partial<ClaimRequest> = {}): ClaimRequest => ({
  driver: "driver-a",
  host: "host-a",
  now: T0,
  leaseMs: 30_000,
  limits: { memoryBytes: 1000, cores: 2, perStep: {} },
  needs: () => NOTHING,
  first: [],
  ...over,
});
