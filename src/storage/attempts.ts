/**
 * Attempt folders. `attempt.json` is written first and says of which replica the folder is; whoever finds the
 * folder later trusts it only as far as that record and the files' lengths go.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { identify, isAlive, type ProcessIdentity } from "../process.ts";
import { fileLength, sync, writeDurably } from "./durable.ts";
import type { Attempt, SectorRef } from "./storage.ts";

export type AttemptKind = "pc1" | "pc2" | "c1";

/** What an attempt is of. Ticket and seed are 32 bytes hex. */
export type AttemptOf =
  | { readonly kind: "pc1"; readonly ticket: string }
  | { readonly kind: "pc2"; readonly ticket: string; readonly pc1Attempt: string }
  | { readonly kind: "c1"; readonly seed: string };

export type AttemptRecord = AttemptOf & {
  readonly format: 1;
  readonly miner: number;
  readonly number: number;
  readonly sectorSize: number;
  /** Bytes that the finished attempt will take, links not counted. */
  readonly needs: number;
  /** The process that works in the folder; when it is gone nothing more will be written. */
  readonly owner: ProcessIdentity;
};

const RECORD = "attempt.json";
const ID = /^(pc1|pc2|c1)-[0-9a-f]{16}$/;

/** Name of the step's own result, written last by the proofs process and renamed when whole. */
const OUTPUTS = { pc1: "phase1.json", pc2: "phase2.json", c1: "c1.json" } as const;

function kindOf(id: string): AttemptKind | undefined {
  return ID.test(id) ? (id.slice(0, id.indexOf("-")) as AttemptKind) : undefined;
}

/** The paths of an attempt; undefined when `id` was never one (a store edited by hand must not lead elsewhere). */
export function attemptPaths(folder: string, id: string): Attempt | undefined {
  const kind = kindOf(id);
  if (kind === undefined) return undefined;
  const dir = join(folder, id);
  return {
    id,
    dir,
    cache: join(dir, "cache"),
    sealed: join(dir, "sealed"),
    output: join(dir, OUTPUTS[kind]),
  };
}

export function isOf(record: AttemptRecord, { miner, number, sectorSize }: SectorRef): boolean {
  return record.miner === miner && record.number === number && record.sectorSize === sectorSize;
}

async function thisProcess(): Promise<ProcessIdentity> {
  const owner = await identify(process.pid);
  if (owner === undefined) throw new Error("this process is not in /proc");
  return owner;
}

const writeRecord = (dir: string, record: AttemptRecord): Promise<void> =>
  writeDurably(join(dir, RECORD), `${JSON.stringify(record, undefined, 2)}\n`);

/**
 * PC1's attempt for this ticket that was begun and not finished, by a process that is gone or by this one; its whole
 * layers can be used. A finished one whose sector has come back to PC1 is no good: something was wrong with it.
 */
export async function unfinishedPc1(
  folder: string,
  sector: SectorRef,
  ticket: string,
): Promise<Attempt | undefined> {
  const me = await thisProcess();
  for (const id of await listAttempts(folder)) {
    const attempt = attemptPaths(folder, id);
    const record = attempt === undefined ? undefined : await readRecord(attempt.dir);
    if (attempt === undefined || record?.kind !== "pc1" || record.ticket !== ticket) continue;
    if (!isOf(record, sector) || (await fileLength(attempt.output)) !== undefined) continue;
    if (record.owner.pid !== me.pid && (await isAlive(record.owner))) continue;
    return attempt;
  }
  return undefined;
}

/** The attempt is this process's from now on. FAIL: killed in here → the record is the old or the new one. */
export async function takeOver(attempt: Attempt): Promise<void> {
  const record = await readRecord(attempt.dir);
  if (record === undefined) throw new Error(`${attempt.dir} has no record`);
  await writeRecord(attempt.dir, { ...record, owner: await thisProcess() });
}

/** Makes an empty attempt folder with its record, both on the disk on return. */
export async function makeAttempt(
  folder: string,
  of: AttemptOf,
  sector: SectorRef,
  needs: number,
): Promise<Attempt> {
  const id = `${of.kind}-${randomBytes(8).toString("hex")}`;
  const dir = join(folder, id);
  const owner = await thisProcess();
  const { miner, number, sectorSize } = sector;
  const record: AttemptRecord = { format: 1, ...of, miner, number, sectorSize, needs, owner };
  await mkdir(dir, { mode: 0o700 });
  await writeRecord(dir, record);
  if (of.kind !== "c1") await mkdir(join(dir, "cache"), { mode: 0o700 });
  await sync(folder);
  return {
    id,
    dir,
    cache: join(dir, "cache"),
    sealed: join(dir, "sealed"),
    output: join(dir, OUTPUTS[of.kind]),
  };
}

/** The record of an attempt folder; undefined when it is gone or was never whole (a crash while making it). */
export async function readRecord(dir: string): Promise<AttemptRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(join(dir, RECORD), "utf8")) as AttemptRecord;
    return record.format === 1 ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if (["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) return undefined;
    throw error;
  }
}

/** Ids of a sector's attempt folders, also of ones without a record. */
async function listAttempts(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => ID.test(name));
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/**
 * Removes an attempt. FAIL: killed half-way → the record went first, so what is left is trusted by nobody and the
 * next attempt removes the rest.
 */
export async function removeAttempt(dir: string): Promise<void> {
  await rm(join(dir, RECORD), { force: true });
  await rm(dir, { recursive: true, force: true });
}

/** Removes a sector's attempts of the given kinds but `kept`, and leftovers without a record. */
export async function removeAttempts(
  folder: string,
  kinds: readonly AttemptKind[],
  kept?: string,
): Promise<void> {
  for (const id of await listAttempts(folder)) {
    const kind = kindOf(id);
    if (kind !== undefined && kinds.includes(kind) && id !== kept) await removeAttempt(join(folder, id));
  }
}

/** Bytes that a folder's files take now; a hard link into another attempt is not counted. */
async function writtenBytes(dir: string): Promise<number> {
  let total = 0;
  for (const name of await readdir(dir, { recursive: true })) {
    if (name === RECORD) continue;
    const found = await stat(join(dir, name)).catch(() => undefined); // Removed or renamed meanwhile: takes nothing.
    // Blocks, not length: the library sets the length of a file first and fills it afterwards.
    if (found?.isFile() === true && found.nlink === 1) total += found.blocks * 512;
  }
  return total;
}

/** Bytes that live attempts below `attemptsFolder` will still write: what free space must be left for. */
export async function bytesStillNeeded(attemptsFolder: string): Promise<number> {
  let total = 0;
  for (const sector of await readdir(attemptsFolder)) {
    for (const id of await listAttempts(join(attemptsFolder, sector))) {
      const paths = attemptPaths(join(attemptsFolder, sector), id);
      if (paths !== undefined) total += await stillNeeded(paths);
    }
  }
  return total;
}

async function stillNeeded({ dir, output }: Attempt): Promise<number> {
  const record = await readRecord(dir);
  if (record === undefined || !(await isAlive(record.owner))) return 0;
  if ((await fileLength(output)) !== undefined) return 0;
  const written = await writtenBytes(dir).catch(() => record.needs); // The folder went while we looked at it.
  return Math.max(0, record.needs - written);
}
