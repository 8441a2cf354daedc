/** How much of this host padma may use, over all its processes. */
import os from "node:os";
import type { HostLimits } from "./queue.ts";

export interface Machine {
  /** Of the host, or of the container that we are in when that is less. */
  readonly memoryBytes: number;
  readonly cores: number;
}

/** What the system lets this process use (cgroup limits and CPU sets count). */
export function thisMachine(): Machine {
  const total = os.totalmem();
  const constrained = process.constrainedMemory();
  const memoryBytes = constrained > 0 ? Math.min(constrained, total) : total;
  return { memoryBytes, cores: os.availableParallelism() };
}

/** Set by a person in the configuration. */
export interface LimitOverrides {
  readonly memoryBytes?: number;
  readonly cores?: number;
  readonly perStep?: HostLimits["perStep"];
}

const GIB = 2 ** 30;
/** Left to the system and other programs: a tenth, at most this much. */
const LARGEST_RESERVE = 8 * GIB;

/** Two C2s side by side are no faster than one after the other, and need the memory twice. */
const PER_STEP: HostLimits["perStep"] = { C2: 1 };

export function hostLimits(machine: Machine, overrides: LimitOverrides = {}): HostLimits {
  const reserve = Math.min(machine.memoryBytes / 10, LARGEST_RESERVE);
  return {
    memoryBytes: overrides.memoryBytes ?? Math.floor(machine.memoryBytes - reserve),
    cores: overrides.cores ?? machine.cores,
    perStep: { ...PER_STEP, ...overrides.perStep },
  };
}
