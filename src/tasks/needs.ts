/** What each step holds while it runs, by sector size: the ledger adds it up over the host. */
import type { Step } from "../sealing/sector.ts";
import { type PaddedSize, SECTOR_SIZES } from "../units.ts";
import type { Needs, Resources } from "./queue.ts";

type HeavyStep = "CommP" | "AddPiece" | "PC1" | "PC2" | "C1" | "C2";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** A proof child with nothing large in it (2 KiB and 8 MiB sectors: 91 to 102 MB measured). */
const SMALL = 128 * MIB;
const small = { CommP: SMALL, AddPiece: SMALL, PC1: SMALL, PC2: 256 * MIB, C1: SMALL };

/** PC1 holds the layer that it makes and the one before; tables, parents and labels on their way to the disk are few MB. */
const pc1Memory = (size: keyof typeof SECTOR_SIZES): number => 2 * SECTOR_SIZES[size] + 256 * MIB;
/**
 * PC2 holds two waves of its layers (128 KiB each, 1 MiB with more than eight threads), one node in 512 of a base tree of
 * TreeC and of TreeR, and what a proof child has anyway: 110 MB at 32 GiB by count. The rest is room for its C1.
 */
const PC2 = 512 * MIB;

/**
 * Peak memory. 2 KiB and 8 MiB are measured; from 512 MiB on PC1 and PC2 are counted, and C1 is what lotus plans with
 * (storiface/resources.go). What C2 takes, the proofs library says.
 */
const MEMORY: Readonly<Record<number, Readonly<Record<Exclude<HeavyStep, "C2">, number>>>> = {
  [SECTOR_SIZES["2KiB"]]: small,
  [SECTOR_SIZES["8MiB"]]: small,
  [SECTOR_SIZES["512MiB"]]: {
    CommP: SMALL,
    AddPiece: SMALL,
    PC1: pc1Memory("512MiB"),
    PC2,
    C1: 1 * GIB,
  },
  [SECTOR_SIZES["32GiB"]]: {
    CommP: SMALL,
    AddPiece: SMALL,
    PC1: pc1Memory("32GiB"),
    PC2,
    C1: 1 * GIB,
  },
  [SECTOR_SIZES["64GiB"]]: {
    CommP: SMALL,
    AddPiece: SMALL,
    PC1: pc1Memory("64GiB"),
    PC2,
    C1: 1 * GIB,
  },
};

const NOTHING: Resources = { memoryBytes: 0, cores: 0 };

/** Peak bytes of a process that runs C2; the proofs library counts them in the parameters' file. */
export interface C2Memory {
  /** Without this much it does not start. */
  readonly streamed: number;
  /** With this much the parameters are decoded once and stay for the next proof. */
  readonly kept: number;
}

/** How sectors share PC1. */
export interface Pc1Sharing {
  /** Sectors that a core labels side by side, in much less time than one after the other; the proofs library knows. */
  readonly sectorsACore: number;
  /** How long PC1 waits for others (`sealing.pc1WaitMs`). */
  readonly waitMs: number;
}

/**
 * Needs of a sector size on a host with such limits. PC2 and C2 use all cores that they get, but count for half of
 * them: waiting until every core is idle would keep them behind a stream of hours-long PC1s.
 */
export function needsOf(
  sectorSize: PaddedSize,
  limits: Resources,
  c2: C2Memory,
  pc1: Pc1Sharing,
): (step: Step) => Needs {
  const others = MEMORY[sectorSize];
  const memory = others && { ...others, C2: c2.kept <= limits.memoryBytes ? c2.kept : c2.streamed };
  const half = Math.max(1, Math.floor(limits.cores / 2));
  return (step) => {
    if (memory === undefined || !isHeavy(step)) return NOTHING;
    const needs = { memoryBytes: memory[step], cores: step === "PC2" || step === "C2" ? half : 1 };
    return step === "PC1" && pc1.waitMs > 0 ? { ...needs, together: shared(pc1) } : needs;
  };
}

const shared = ({ sectorsACore, waitMs }: Pc1Sharing): NonNullable<Needs["together"]> => ({
  cores: 1 / sectorsACore,
  withinMs: waitMs,
});

const HEAVY: readonly Step[] = ["CommP", "AddPiece", "PC1", "PC2", "C1", "C2"] satisfies HeavyStep[];
const isHeavy = (step: Step): step is HeavyStep => HEAVY.includes(step);
