import { describe, expect, it } from "vitest";
import { backoff, plan } from "../../../src/sealing/plan.ts";
import { MAX_ATTEMPTS } from "../../../src/sealing/states.ts";
import { POSITIONS, sectorAt } from "../../helpers/sectors.ts";

const policy = { baseMs: 1000, maxMs: 60_000 };

describe("plan", () => {
  it("names the sector's own step, at once, everywhere before a failure", () => {
    for (const { state, step } of POSITIONS) {
      if (step === null || step === "Diagnose") continue;
      expect(plan(sectorAt(state, step), policy)).toEqual({ do: "step", step, delayMs: 0, reason: null });
    }
  });

  it("has nothing to do for a finished sector", () => {
    expect(plan(sectorAt("Proving", null), policy)).toEqual({ do: "nothing", reason: null });
    expect(plan(sectorAt("Removed", null), policy)).toEqual({ do: "nothing", reason: null });
  });

  it("says why an unrecoverable sector rests", () => {
    expect(plan(sectorAt("FailedUnrecoverable", null), policy)).toEqual({
      do: "nothing",
      reason: "it broke; no retry can help (see `padma sectors update-state`)",
    });
  });

  it("diagnoses after a pause that doubles with each entry", () => {
    const entered = (n: number) =>
      plan({ ...sectorAt("SealFailed", "Diagnose"), attempts: { SealFailed: n } }, policy);
    const [first, second] = [entered(1), entered(2)];
    expect(first).toMatchObject({ do: "step", step: "Diagnose", reason: "it broke; attempt 1 of 3" });
    expect(second).toMatchObject({ do: "step", step: "Diagnose", reason: "it broke; attempt 2 of 3" });
    if (first.do !== "step" || second.do !== "step") throw new Error("both are steps");
    expect(second.delayMs).toBeGreaterThan(first.delayMs);
  });

  it("stops when the attempts of a failure state are spent, and says so", () => {
    const spent = {
      ...sectorAt("CommitFailed", "Diagnose"),
      attempts: { CommitFailed: MAX_ATTEMPTS.CommitFailed + 1 },
    };
    expect(plan(spent, policy)).toEqual({
      do: "nothing",
      reason: "it broke; gave up after 5 attempts (see `padma sectors update-state`)",
    });
  });
});

describe("backoff", () => {
  it("stays within a quarter of the doubled pause, and under the limit with it", () => {
    for (let entries = 1; entries <= 12; entries += 1) {
      for (let sector = 0; sector < 50; sector += 1) {
        const full = Math.min(1000 * 2 ** (entries - 1), 60_000);
        const pause = backoff(policy, entries, sector);
        expect(pause).toBeGreaterThanOrEqual(full * 0.75);
        expect(pause).toBeLessThanOrEqual(full * 1.25);
      }
    }
  });

  it("spreads sectors that failed together", () => {
    const pauses = new Set(Array.from({ length: 20 }, (_, sector) => backoff(policy, 1, sector)));
    expect(pauses.size).toBeGreaterThan(10);
  });
});
