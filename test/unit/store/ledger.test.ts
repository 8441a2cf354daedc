import { describe, expect, it } from "vitest";
import type { Step } from "../../../src/sealing/sector.ts";
import { judge, type Lease, RESERVE_AFTER_MS } from "../../../src/store/ledger.ts";
import type { Needs } from "../../../src/tasks/queue.ts";
import { at, T0 } from "./sectors.ts";

const NEEDS: Partial<Record<Step, Needs>> = {
  C2: { memoryBytes: 900, cores: 1 },
  PC1: { memoryBytes: 300, cores: 1 },
  PC2: { memoryBytes: 0, cores: 3 },
};
const needs = (step: Step) => NEEDS[step] ?? { memoryBytes: 0, cores: 0 };
const limits = { memoryBytes: 1000, cores: 4, perStep: {} };
const pc1 = (sector: number, since: number = T0): Lease => ({
  sector,
  step: "PC1",
  memoryBytes: 300,
  cores: 1,
  since,
});

describe("judge", () => {
  it("lets a step behind one that waits for memory start meanwhile", () => {
    const queued = [{ step: "C2", oldest: T0 } as const, { step: "PC1", oldest: T0 } as const];
    const { fitting, blocked } = judge(queued, [pc1(1)], { limits, needs, now: at(0) });
    expect(fitting).toEqual(["PC1"]);
    expect(blocked.map(({ step }) => step)).toEqual(["C2"]);
  });

  it("keeps room for a step that was overtaken for long enough", () => {
    const queued = [
      { step: "C2", oldest: T0 },
      { step: "PC1", oldest: T0 },
      { step: "Ticket", oldest: T0 },
    ] as const;
    const { fitting, blocked } = judge(queued, [pc1(1)], { limits, needs, now: at(RESERVE_AFTER_MS) });
    expect(fitting).toEqual(["Ticket"]);
    expect(blocked[1]).toEqual({
      step: "PC1",
      reason: "lets C2 go first, which has waited for room for long",
    });
  });

  it("keeps no room for a step that can never fit here", () => {
    const queued = [{ step: "C2", oldest: T0 } as const, { step: "PC1", oldest: T0 } as const];
    const small = { ...limits, memoryBytes: 800 };
    const { fitting, blocked } = judge(queued, [], { limits: small, needs, now: at(RESERVE_AFTER_MS) });
    expect(fitting).toEqual(["PC1"]);
    expect(blocked[0]?.reason).toBe("needs 900 B of memory, more than the 800 B that this host allows");
  });

  it("counts cores", () => {
    const { fitting, blocked } = judge([{ step: "PC2", oldest: T0 }], [pc1(1), pc1(2)], {
      limits,
      needs,
      now: T0,
    });
    expect(fitting).toEqual([]);
    expect(blocked[0]?.reason).toBe(
      "waits for cores: needs 3, 2 free of 4; held by sector 1 PC1, sector 2 PC1",
    );
  });

  it("names the first holders and counts the rest", () => {
    const running = [1, 2, 3, 4, 5, 6].map((sector) => ({ ...pc1(sector), memoryBytes: 10 }));
    const { blocked } = judge([{ step: "PC1", oldest: T0 }], running, {
      limits: { memoryBytes: 60, cores: 100, perStep: {} },
      needs: () => ({ memoryBytes: 20, cores: 0 }),
      now: T0,
    });
    expect(blocked[0]?.reason).toContain(
      "held by sector 1 PC1, sector 2 PC1, sector 3 PC1, sector 4 PC1 and 2 more",
    );
  });
});

describe("a step that runs side by side", () => {
  const WITHIN_MS = 200;
  const together = { cores: 1 / 4, withinMs: WITHIN_MS };
  const shared = (step: Step): Needs =>
    step === "PC1" ? { memoryBytes: 100, cores: 1, together } : { memoryBytes: 0, cores: 1 };
  const host = { memoryBytes: 10_000, cores: 2, perStep: {} };
  const begun = (count: number) => Array.from({ length: count }, (_, sector) => pc1(sector));
  const verdict = (step: Step, running: readonly Lease[], limits = host) =>
    judge([{ step, oldest: T0 }], running, { limits, needs: shared, now: at(WITHIN_MS) });
  const young = (count: number) => Array.from({ length: count }, (_, sector) => pc1(sector, at(1)));

  it("is joined by as many as the cores make at a time", () => {
    expect(verdict("PC1", young(7)).fitting).toEqual(["PC1"]);
    expect(verdict("PC1", young(8)).blocked).toMatchObject([
      { reason: expect.stringContaining("waits for cores: needs 1/4, 0 free of 2; held by sector 0 PC1") },
    ]);
  });

  it("says how much of a core is wanted and free as people write it", () => {
    const sixteenth = { memoryBytes: 0, cores: 1, together: { cores: 1 / 16, withinMs: WITHIN_MS } };
    const needs = (step: Step): Needs => (step === "PC1" ? sixteenth : { memoryBytes: 0, cores: 2 });
    const reasonOf = (step: Step, running: readonly Lease[]) =>
      judge([{ step, oldest: T0 }], running, { limits: host, needs, now: at(WITHIN_MS) }).blocked[0]?.reason;
    expect(reasonOf("PC1", begun(2))).toContain("waits for cores: needs 1/16, 0 free of 2;");
    expect(reasonOf("PC2", young(3))).toContain("waits for cores: needs 2, 1.81 free of 2;");
    expect(reasonOf("PC2", young(15))).toContain("needs 2, 1.06 free of 2;");
    const before = pc1(16, at(-WITHIN_MS));
    expect(reasonOf("PC2", [...young(15), before])).toContain("needs 2, 1/16 free of 2;");
  });

  it("gathers for as long as the first of them waits, not the last", () => {
    const late = (now: number) => {
      const running = [pc1(0, at(0)), pc1(1, at(WITHIN_MS - 1))];
      return judge([{ step: "PC1", oldest: T0 }], running, { limits: host, needs: shared, now: at(now) });
    };
    expect(late(WITHIN_MS - 1).fitting).toEqual(["PC1"]);
    expect(late(WITHIN_MS).fitting).toEqual([]);
    const next = [pc1(0, at(0)), pc1(1, at(WITHIN_MS))]; // Both in their own.
    const verdictOfNext = judge([{ step: "PC1", oldest: T0 }], next, {
      limits: host,
      needs: shared,
      now: at(WITHIN_MS),
    });
    expect(verdictOfNext.fitting).toEqual(["PC1"]);
  });

  it("holds a core for each that has begun, and never more than there are", () => {
    expect(verdict("PC2", begun(1)).fitting).toEqual(["PC2"]);
    expect(verdict("PC2", begun(2)).fitting).toEqual([]);
    expect(verdict("PC1", begun(2)).fitting).toEqual([]);
    expect(verdict("PC2", begun(8), { ...host, cores: 9 }).fitting).toEqual(["PC2"]);
    expect(verdict("PC2", [...begun(8), { ...pc1(9), step: "C1" }], { ...host, cores: 3 }).fitting).toEqual(
      [],
    );
  });

  it("counts as begun once its task was taken away", () => {
    const taken = young(2).map((lease) => ({ ...lease, since: null }));
    expect(verdict("PC1", taken).fitting).toEqual([]);
  });

  it("is joined by no more than the memory allows", () => {
    const limits = { ...host, memoryBytes: 3 * 300 + 50 };
    expect(verdict("PC1", young(2), limits).fitting).toEqual(["PC1"]);
    expect(verdict("PC1", young(3), limits).blocked[0]?.reason).toContain("waits for memory: needs 100 B");
  });
});
