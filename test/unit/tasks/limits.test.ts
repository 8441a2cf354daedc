import os from "node:os";
import { describe, expect, it } from "vitest";
import { hostLimits, thisMachine } from "../../../src/tasks/limits.ts";
import { needsOf } from "../../../src/tasks/needs.ts";
import { SECTOR_SIZES, paddedSize } from "../../../src/units.ts";

const GIB = 2 ** 30;
const C2 = { streamed: 1 * GIB, kept: 2 * GIB };
const PC1 = { sectorsACore: 4, waitMs: 200 };
const LARGE = { memoryBytes: 512 * GIB, cores: 16 };
const KIB_2 = paddedSize(2048);
const SIZES = Object.values(SECTOR_SIZES).map((size) => paddedSize(size));

describe("hostLimits", () => {
  it("leaves a tenth of the memory to others, and at most 8 GiB", () => {
    expect(hostLimits({ memoryBytes: 10 * GIB, cores: 4 }).memoryBytes).toBe(9 * GIB);
    expect(hostLimits({ memoryBytes: 512 * GIB, cores: 4 }).memoryBytes).toBe(504 * GIB);
  });

  it("proves one sector at a time unless the configuration says otherwise", () => {
    const machine = { memoryBytes: GIB, cores: 4 };
    expect(hostLimits(machine).perStep).toEqual({ C2: 1 });
    expect(hostLimits(machine, { perStep: { C2: 3, PC1: 2 } }).perStep).toEqual({ C2: 3, PC1: 2 });
  });

  it("takes memory and cores from the configuration", () => {
    const limits = hostLimits({ memoryBytes: GIB, cores: 4 }, { memoryBytes: 5, cores: 1 });
    expect(limits).toMatchObject({ memoryBytes: 5, cores: 1 });
  });

  it("never believes in more than the machine has", () => {
    const machine = thisMachine();
    expect(machine.memoryBytes).toBeGreaterThan(0);
    expect(machine.memoryBytes).toBeLessThanOrEqual(os.totalmem());
    expect(machine.cores).toBeGreaterThanOrEqual(1);
  });
});

describe("needsOf", () => {
  it.each(SIZES)("knows the needs of every heavy step for %i bytes", (size) => {
    const needs = needsOf(size, LARGE, C2, PC1);
    for (const step of ["CommP", "AddPiece", "PC1", "PC2", "C1", "C2"] as const) {
      expect(needs(step).memoryBytes).toBeGreaterThan(0);
      expect(needs(step).cores).toBeGreaterThanOrEqual(1);
    }
  });

  it("asks nothing for steps that only talk to the chain", () => {
    const needs = needsOf(KIB_2, LARGE, C2, PC1);
    for (const step of ["Ticket", "SendPreCommit", "AwaitSeed", "Diagnose", "Finalize"] as const) {
      expect(needs(step)).toEqual({ memoryBytes: 0, cores: 0 });
    }
  });

  it("counts kept parameters for C2 where there is room for them, and streamed ones elsewhere", () => {
    const c2 = (memoryBytes: number) => needsOf(KIB_2, { memoryBytes, cores: 2 }, C2, PC1)("C2");
    expect(c2(2 * GIB).memoryBytes).toBe(2 * GIB);
    expect(c2(2 * GIB - 1).memoryBytes).toBe(1 * GIB);
    expect(c2(GIB / 2).memoryBytes).toBe(1 * GIB);
  });

  it("lets one proof run on a machine with one core", () => {
    expect(needsOf(KIB_2, { memoryBytes: 4 * GIB, cores: 1 }, C2, PC1)("C2").cores).toBe(1);
  });

  it("lets PC1s that are claimed together share a core, each with two layers of its own", () => {
    const size = SECTOR_SIZES["512MiB"];
    const { memoryBytes, cores, together } = needsOf(paddedSize(size), LARGE, C2, PC1)("PC1");
    expect(memoryBytes).toBeGreaterThan(2 * size);
    expect({ cores, together }).toEqual({ cores: 1, together: { cores: 1 / 4, withinMs: 200 } });
  });

  it("gives each PC1 a core of its own when none waits for another", () => {
    const alone = { ...PC1, waitMs: 0 };
    expect(needsOf(KIB_2, LARGE, C2, alone)("PC1")).toEqual({ memoryBytes: 128 * 2 ** 20, cores: 1 });
  });
});
