/** Which queued steps fit beside what runs on a host, and why the others do not. Pure. */
import type { Step } from "../sealing/sector.ts";
import type { ClaimRequest, Needs, Resources } from "../tasks/queue.ts";
import { formatBytes } from "../units.ts";

/** A step that somebody is queued for, and since when. */
export interface Queued {
  readonly step: Step;
  readonly oldest: number;
}

export interface Lease extends Resources {
  readonly sector: number;
  readonly step: Step;
  /** When it was claimed; null for one whose task was taken away and which goes on until its driver hears of that. */
  readonly since: number | null;
}

export interface Block {
  readonly step: Step;
  readonly reason: string;
}

/**
 * After so long a step that waits for memory or cores is no longer overtaken by steps behind it, or a stream of
 * small ones would keep a large one waiting for ever.
 * @internal for tests and docs
 */
export const RESERVE_AFTER_MS = 10 * 60_000;

type Request = Pick<ClaimRequest, "limits" | "needs" | "now">;

/** @param queued steps by priority, the first to be served first. */
export function judge(
  queued: readonly Queued[],
  running: readonly Lease[],
  request: Request,
): { fitting: Step[]; blocked: Block[] } {
  const fitting: Step[] = [];
  const blocked: Block[] = [];
  let reservedFor: Step | null = null;
  for (const { step, oldest } of queued) {
    const needs = request.needs(step);
    const short = shortage(step, needs, running, request);
    if (short === null && (reservedFor === null || isFree(needs))) fitting.push(step);
    else if (short === null)
      blocked.push({ step, reason: `lets ${reservedFor} go first, which has waited for room for long` });
    else {
      blocked.push({ step, reason: short.reason });
      if (short.passes && request.now - oldest >= RESERVE_AFTER_MS) reservedFor ??= step;
    }
  }
  return { fitting, blocked };
}

const isFree = ({ memoryBytes, cores }: Resources): boolean => memoryBytes === 0 && cores === 0;

interface Shortage {
  readonly reason: string;
  /** True when it fits once others have ended, and keeping room for it helps. */
  readonly passes: boolean;
}

function shortage(step: Step, needs: Needs, running: readonly Lease[], request: Request): Shortage | null {
  const { limits } = request;
  const most = limits.perStep[step];
  const same = running.filter((lease) => lease.step === step);
  if (most !== undefined && same.length >= most) {
    return {
      reason: `waits for its turn: at most ${most} ${step} at a time on this host; running: ${names(same)}`,
      passes: false,
    };
  }
  return shortOfMemory(needs, running, limits.memoryBytes) ?? shortOfCores(needs, running, request);
}

function shortOfMemory(needs: Resources, running: readonly Lease[], limit: number): Shortage | null {
  if (needs.memoryBytes === 0) return null;
  const wanted = `needs ${formatBytes(needs.memoryBytes)}`;
  if (needs.memoryBytes > limit) {
    return {
      reason: `${wanted} of memory, more than the ${formatBytes(limit)} that this host allows`,
      passes: false,
    };
  }
  const held = running.reduce((total, { memoryBytes }) => total + memoryBytes, 0);
  const free = Math.max(0, limit - held);
  if (needs.memoryBytes <= free) return null;
  const holders = names(running.filter((lease) => lease.memoryBytes > 0));
  const reason = `waits for memory: ${wanted}, ${formatBytes(free)} free of the ${formatBytes(limit)} that this host allows; held by ${holders}`;
  return { reason, passes: true };
}

function shortOfCores(needs: Needs, running: readonly Lease[], request: Request): Shortage | null {
  const limit = request.limits.cores;
  const cores = needs.together?.cores ?? needs.cores;
  if (cores === 0) return null;
  if (cores > limit)
    return {
      reason: `needs ${coresText(cores)} cores, more than the ${limit} that this host allows`,
      passes: false,
    };
  const free = Math.max(0, limit - coresHeld(running, request));
  if (cores <= free) return null;
  const holders = names(running.filter((lease) => lease.cores > 0));
  return {
    reason: `waits for cores: needs ${coresText(cores)}, ${coresText(free)} free of ${limit}; held by ${holders}`,
    passes: true,
  };
}

/** What has begun counts for its cores, what is still gathering for its share; side by side they have all cores at most. */
function coresHeld(running: readonly Lease[], { limits, needs, now }: Request): number {
  let [alone, sharing] = [0, 0];
  for (const [step, leases] of Map.groupBy(running, ({ step }) => step)) {
    const { together } = needs(step);
    const opened = together === undefined ? Infinity : lastOpened(leases, together.withinMs);
    for (const { cores, since } of leases) {
      if (together === undefined) alone += cores;
      else {
        const isGathering = since !== null && since >= opened && now - opened < together.withinMs;
        sharing += isGathering ? together.cores : cores;
      }
    }
  }
  return alone + Math.min(sharing, limits.cores);
}

/** The first of a step opens a gathering, those that are claimed in its time belong to it, and the next one opens another. */
function lastOpened(leases: readonly Lease[], withinMs: number): number {
  const claims = leases.flatMap(({ since }) => since ?? []);
  let opened = -Infinity;
  for (const claim of claims.toSorted((a, b) => a - b)) if (claim - opened >= withinMs) opened = claim;
  return opened;
}

/** `2`, `1/16` of one, or what is left, `1.81`: rounded down, so that what does not suffice never looks as if it did. */
function coresText(cores: number): string {
  const parts = 1 / cores;
  if (cores > 0 && cores < 1 && Number.isInteger(parts)) return `1/${parts}`;
  return String(Math.floor(cores * 100) / 100);
}

const NAMED = 4;

function names(leases: readonly Lease[]): string {
  const named = leases.slice(0, NAMED).map(({ sector, step }) => `sector ${sector} ${step}`);
  const more = leases.length - named.length;
  return more > 0 ? `${named.join(", ")} and ${more} more` : named.join(", ");
}
