/** What comes next for a sector, decided from its row alone: a step, a step after a pause, or nothing and why. */
import { MAX_ATTEMPTS, isFailureState } from "./states.ts";
import type { FailureState, Sector, Step } from "./sector.ts";

export type Plan =
  | { readonly do: "step"; readonly step: Step; readonly delayMs: number; readonly reason: string | null }
  | { readonly do: "nothing"; readonly reason: string | null };

export interface RetryPolicy {
  /** Pause before the first Diagnose; doubled with each further entry. */
  readonly baseMs: number;
  readonly maxMs: number;
}

/** The next task of a sector. `reason` is what `sectors why` says while it waits. */
export function plan(sector: Sector, policy: RetryPolicy): Plan {
  if (sector.step === null) return { do: "nothing", reason: restReason(sector) };
  if (!isFailureState(sector.state)) return { do: "step", step: sector.step, delayMs: 0, reason: null };
  const entries = sector.attempts[sector.state] ?? 1;
  if (entries > MAX_ATTEMPTS[sector.state])
    return { do: "nothing", reason: spentReason(sector, sector.state) };
  return {
    do: "step",
    step: "Diagnose",
    delayMs: backoff(policy, entries, sector.number),
    reason: `${sector.failure?.message ?? "failed"}; attempt ${entries} of ${MAX_ATTEMPTS[sector.state]}`,
  };
}

/**
 * Exponential backoff with jitter of ±25 %. The jitter comes from the sector's number, so that the plan stays pure
 * and sectors that failed together still do not come back together.
 */
export function backoff(policy: RetryPolicy, entries: number, spread: number): number {
  const full = Math.min(policy.baseMs * 2 ** (entries - 1), policy.maxMs);
  const jitter = ((spread * 2_654_435_761 + entries * 40_503) % 1000) / 1000 - 0.5;
  return Math.round(full * (1 + jitter / 2));
}

function restReason(sector: Sector): string | null {
  if (sector.state !== "FailedUnrecoverable") return null;
  return `${sector.failure?.message ?? "failed"}; no retry can help (see \`padma sectors update-state\`)`;
}

function spentReason(sector: Sector, state: FailureState): string {
  const message = sector.failure?.message ?? "failed";
  return `${message}; gave up after ${MAX_ATTEMPTS[state]} attempts (see \`padma sectors update-state\`)`;
}
