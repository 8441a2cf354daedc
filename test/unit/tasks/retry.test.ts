import { describe, expect, it } from "vitest";
import { PadmaError } from "../../../src/errors.ts";
import type { Task } from "../../../src/tasks/queue.ts";
import { retryWait } from "../../../src/tasks/retry.ts";
import { millis, sectorNumber } from "../../../src/units.ts";

const task = (attempt: number): Task => ({
  sector: sectorNumber(3),
  step: "Ticket",
  attempt,
  fence: 1,
  version: 0,
});
const busy = new PadmaError({ code: "CHAIN_UNREACHABLE", kind: "busy", message: "the node does not answer" });

function pause(attempt: number): number {
  const { condition } = retryWait(task(attempt), busy, millis(0));
  if (condition.for !== "time") throw new Error("waits for no time");
  return condition.at;
}

describe("retryWait", () => {
  it("doubles the pause with each attempt, give or take a quarter", () => {
    for (const attempt of [1, 2, 3, 4, 5, 6]) {
      expect(pause(attempt) / (2000 * 2 ** (attempt - 1))).toBeGreaterThanOrEqual(0.75);
      expect(pause(attempt) / (2000 * 2 ** (attempt - 1))).toBeLessThanOrEqual(1.25);
    }
  });

  it("never pauses much longer than a quarter of an hour", () => {
    expect(pause(1000)).toBeLessThanOrEqual(15 * 60_000 * 1.25);
  });

  it("says what went wrong and how often", () => {
    expect(retryWait(task(2), busy, millis(0)).reason).toBe(
      "Ticket could not run: the node does not answer; attempt 2",
    );
  });
});
