/** What the fault tests share: a prover and a storage in a folder of their own, and ways to catch the child at work. */
import { readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type ChildProver, createProver, type ProverOptions } from "../../src/proofs/host.ts";
import type { PieceInfo, Running } from "../../src/proofs/prover.ts";
import { createSectorStorage } from "../../src/storage/sectorStorage.ts";
import type { Attempt, SectorRef, SectorStorage } from "../../src/storage/storage.ts";
import { actorId, paddedSize, SECTOR_SIZES, sectorNumber, toUnpadded } from "../../src/units.ts";

export const TICKET = "11".repeat(32);
export const OTHER_TICKET = "22".repeat(32);
export const SEED = "33".repeat(32);

/** 2 KiB steps are over in milliseconds; at 8 MiB each phase can be caught. Neither needs parameters up to C1. */
export const MIB_8: SectorRef = {
  miner: actorId(1000),
  number: sectorNumber(3),
  sectorSize: paddedSize(SECTOR_SIZES["8MiB"]),
};
export const KIB_2: SectorRef = { ...MIB_8, sectorSize: paddedSize(SECTOR_SIZES["2KiB"]) };

export const running = (): Running => ({ signal: new AbortController().signal });

export interface Bench {
  readonly folder: string;
  readonly prover: ChildProver;
  readonly storage: SectorStorage;
  readonly sector: SectorRef;
  readonly pieces: readonly PieceInfo[];
  close(): Promise<void>;
}

/** A sector full of the self-deal's data. */
export async function openBench(sector: SectorRef, options: Partial<ProverOptions> = {}): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "padma-fault-"));
  const prover = createProver({
    env: process.env,
    temporaryFolder: folder,
    ...options,
  });
  const storage = createSectorStorage({ root: join(folder, "storage") });
  await storage.requireFree(0);
  const { sectorSize } = sector;
  const piece = await prover.addPiece(
    {
      sectorSize,
      source: { kind: "random", seed: 42 },
      size: toUnpadded(sectorSize),
      existing: [],
      unsealedPath: storage.paths(sector).unsealed,
    },
    running(),
  );
  return {
    folder,
    prover,
    storage,
    sector,
    pieces: [piece],
    async close() {
      await prover.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function pc1(bench: Bench, attempt: Attempt, ticket: string, run: Running = running()) {
  const { prover, storage, sector, pieces } = bench;
  const { cache: cacheDir, sealed: sealedPath, output: outputPath } = attempt;
  const { unsealed: unsealedPath } = storage.paths(sector);
  return prover.pc1({ ...sector, ticket, pieces, cacheDir, sealedPath, outputPath, unsealedPath }, run);
}

export function pc2(
  bench: Bench,
  attempt: Attempt,
  phase1: Attempt,
  ticket: string,
  run: Running = running(),
) {
  const { prover, storage, sector, pieces } = bench;
  const { cache: cacheDir, sealed: sealedPath } = attempt;
  const { unsealed: unsealedPath } = storage.paths(sector);
  const input = { ...sector, ticket, pieces, cacheDir, sealedPath, unsealedPath, phase1Path: phase1.output };
  return prover.pc2(input, run);
}

/** PC2 in a new attempt over PC1's, not published. */
export async function commROver(bench: Bench, phase1: Attempt, ticket: string): Promise<string> {
  const attempt = await bench.storage.beginPc2(bench.sector, ticket, phase1.id);
  return (await pc2(bench, attempt, phase1, ticket)).commR;
}

/** PC1 and PC2 in new attempts, as the steps do it. */
export async function seal(bench: Bench, ticket: string): Promise<string> {
  const phase1 = await bench.storage.beginPc1(bench.sector, ticket);
  await pc1(bench, phase1, ticket);
  return commROver(bench, phase1, ticket);
}

/** The processes that this one has started and that still run. */
export function childPids(): number[] {
  const text = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8");
  return text.trim().split(/\s+/).filter(Boolean).map(Number);
}

export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Length of a file, 0 when it is not there. */
export function lengthOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Looks at the files every millisecond until `seen` says so: the library tells nobody about its phases, and the
 * shortest (encoding) lasts some twenty milliseconds.
 */
export async function until(what: string, seen: () => boolean, withinMs = 300_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!seen()) {
    if (performance.now() > end) throw new Error(`not seen in time: ${what}`);
    await pause(1);
  }
}

/** Kills the one proofs child with SIGKILL, as the out-of-memory killer would. */
export function killTheChild(): number {
  const [pid, ...others] = childPids();
  if (pid === undefined || others.length > 0)
    throw new Error(`one child expected, found ${childPids().join(", ")}`);
  process.kill(pid, "SIGKILL");
  return pid;
}
