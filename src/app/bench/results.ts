/** Where the runs' results lie while they are there: in memory, unless they are too large for it. */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { PadmaError } from "../../errors.ts";
import { availableMemory } from "../../proofs/availableMemory.ts";
import { freeBytes as freeBytesOf } from "../../storage/freeSpace.ts";
import { commit1Bytes, phase1Bytes, phase2Bytes } from "../../storage/sectorFiles.ts";
import { formatBytes, type PaddedSize } from "../../units.ts";
import type { BenchPhase } from "./work.ts";

/** What a run leaves behind until it is removed, before the next run of either side begins. */
interface Leavings {
  /** Bytes; null: as much as the generator makes, which looks at nothing but its own disk. */
  readonly bytes: number | null;
  /** Whether they are written to memory where it has room, so that no flush of a disk is in the figures. */
  readonly inMemory: boolean;
}

/** Null for a phase that gives its result as an answer alone. @param batch sectors or proofs a run. */
function leavingsOf(phase: BenchPhase, size: PaddedSize, batch: number): Leavings | null {
  switch (phase) {
    case "commp":
    case "c2":
      return null;
    case "addpiece":
      return { bytes: size, inMemory: true };
    case "pc1": // The reference makes a copy of the data too.
      return { bytes: batch * (phase1Bytes(size) + size), inMemory: true };
    case "pc2":
      return { bytes: phase2Bytes(size), inMemory: true };
    case "c1":
      return { bytes: batch * commit1Bytes(size), inMemory: true };
    case "params":
      return { bytes: null, inMemory: false };
  }
}

export interface ResultsWanted {
  readonly phase: BenchPhase;
  readonly size: PaddedSize;
  readonly batch: number;
  /** The folder that was asked for. */
  readonly results: string | null;
}

/** What a machine has; tests pass their own. */
export interface Room {
  /** A folder in memory; null where there is none. */
  readonly memory: string | null;
  readonly temporary: string;
  readonly freeBytes: (folder: string) => Promise<number>;
  readonly availableMemory: () => Promise<number>;
}

const MEMORY = "/dev/shm";

const thisRoom = (): Room => ({
  memory: existsSync(MEMORY) ? MEMORY : null,
  temporary: tmpdir(),
  freeBytes: freeBytesOf,
  availableMemory: () => availableMemory(),
});

export interface ResultsPlace {
  readonly folder: string;
  /** They were too large for this one, which would have been better. */
  readonly insteadOf: string | null;
  readonly bytes: number | null;
}

/**
 * The folder for the results of one run of one side; null where there are none.
 * @throws BENCH_NO_SPACE (user) where they fit nowhere, or not into the folder that was asked for.
 */
export async function placeResults(wanted: ResultsWanted, room = thisRoom()): Promise<ResultsPlace | null> {
  const { phase, size, batch, results } = wanted;
  const leavings = leavingsOf(phase, size, batch);
  if (leavings === null) return null;
  const { bytes, inMemory } = leavings;
  const memory = inMemory && results === null ? room.memory : null;
  if (memory !== null && (await fitsMemory(memory, bytes ?? 0, wanted, room)))
    return { folder: memory, insteadOf: null, bytes };
  const folder = results ?? room.temporary;
  if (bytes !== null) await requireSpace(folder, bytes, room);
  return { folder, insteadOf: memory, bytes };
}

/** Left alone on the disk. */
const RESERVE_BYTES = 16 * 2 ** 20;
/** A proofs process and its peer beside their layers: tables, threads, columns of a wave. */
const PROCESSES_BYTES = 2 * 2 ** 30;

/** Files in memory are memory: two layers a sector and the processes must fit beside them. */
async function fitsMemory(
  folder: string,
  bytes: number,
  { size, batch }: ResultsWanted,
  { freeBytes, availableMemory: available }: Room,
): Promise<boolean> {
  const beside = 2 * size * batch + PROCESSES_BYTES;
  return (await freeBytes(folder)) >= bytes + RESERVE_BYTES && (await available()) >= bytes + beside;
}

/** FAIL: the folder cannot be asked (it is not there) → making one in it says so. */
async function requireSpace(folder: string, bytes: number, { freeBytes }: Room): Promise<void> {
  const free = await freeBytes(folder).catch(() => Number.POSITIVE_INFINITY);
  if (free < bytes + RESERVE_BYTES) throw noSpace(folder, bytes, free);
}

function noSpace(folder: string, bytes: number, free: number): PadmaError {
  return new PadmaError({
    code: "BENCH_NO_SPACE",
    kind: "user",
    message: `a run writes ${formatBytes(bytes)}, and ${formatBytes(free)} are free`,
    facts: { folder },
    next: "name a folder with more room (--results), or measure a smaller batch or size",
  });
}
