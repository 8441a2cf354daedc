/** What the phases are measured on: a sector that is really sealed, in a temporary folder, at as many seeds as needed. */
import { createCipheriv, createHash } from "node:crypto";
import { open, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../folders.ts";
import type { Prover, Running } from "../../proofs/prover.ts";
import { actorId, type PaddedSize, sectorNumber, toUnpadded } from "../../units.ts";
import { c1File, type LabelledSector, type Opening, type SealedSector, type UnsealedSector } from "./work.ts";

/** Any will do: the cost of a proof does not depend on them. Fixed, so that every run has the same inputs. */
const MINER = actorId(1000);
const NUMBER = sectorNumber(1);
const DATA_SEED = 42;

/** 32 bytes of randomness as the chain would give it, hex. */
const randomness = (name: string): string => createHash("sha256").update(`padma bench ${name}`).digest("hex");

/** A sector full of generated data: AddPiece. */
async function fillSector(
  prover: Prover,
  size: PaddedSize,
  folder: string,
  running: Running,
): Promise<UnsealedSector> {
  const unsealedPath = join(folder, "unsealed");
  const source = { kind: "random", seed: DATA_SEED } as const;
  const piece = await prover.addPiece(
    { sectorSize: size, source, size: toUnpadded(size), existing: [], unsealedPath },
    running,
  );
  const identity = { sectorSize: size, miner: MINER, number: NUMBER, ticket: randomness("ticket") };
  return { identity, pieces: [piece], unsealedPath };
}

/** As many sectors with the same data: each has a number, and so labels, of its own. */
export async function fillSectors(
  prover: Prover,
  size: PaddedSize,
  count: number,
  folder: string,
  running: Running,
): Promise<UnsealedSector[]> {
  const { identity, ...files } = await fillSector(prover, size, folder, running);
  return Array.from({ length: count }, (_, index) => ({
    identity: { ...identity, number: sectorNumber(index + 1) },
    ...files,
  }));
}

/** Data of `size` unpadded bytes in a file: zeros encrypted, so that it is the same everywhere. */
export async function writeData(path: string, size: number): Promise<void> {
  const CHUNK = 2 ** 20;
  const cipher = createCipheriv("aes-256-ctr", randomness("data").slice(0, 32), Buffer.alloc(16));
  const file = await open(path, "w");
  try {
    for (let written = 0; written < size; written += CHUNK) {
      await file.write(cipher.update(Buffer.alloc(Math.min(CHUNK, size - written))));
    }
  } finally {
    await file.close();
  }
}

/** A sector full of generated data up to its labels: AddPiece and PC1. */
export async function labelSector(
  prover: Prover,
  size: PaddedSize,
  folder: string,
  running: Running,
): Promise<LabelledSector> {
  const { identity, pieces, unsealedPath } = await fillSector(prover, size, folder, running);
  const file = (name: string): string => join(folder, name);
  const [cacheDir, phase1Path] = [file("cache"), file("pc1.json")];
  await makeFolder(cacheDir);
  const files = { pieces, cacheDir, unsealedPath };
  const outputs = { sealedPath: file("sealed"), outputPath: phase1Path };
  await prover.pc1({ ...identity, ...files, ...outputs }, running);
  return { identity, ...files, phase1Path };
}

/** The same up to its replica: PC2 too. */
export async function sealSector(
  prover: Prover,
  size: PaddedSize,
  folder: string,
  running: Running,
): Promise<SealedSector> {
  const { identity, ...files } = await labelSector(prover, size, folder, running);
  const sealedPath = join(folder, "sealed");
  const { commD, commR } = await prover.pc2({ ...identity, ...files, sealedPath }, running);
  const { pieces, cacheDir } = files;
  return { identity, pieces, cacheDir, sealedPath, commD, commR };
}

/** A folder for one run of PC2: TreeD and the layers are links to those of `sector`, which nobody changes. */
export async function linkLabels(sector: LabelledSector, cacheDir: string): Promise<void> {
  await makeFolder(cacheDir);
  const names = (await readdir(sector.cacheDir)).filter(isOfLabels);
  for (const name of names) await symlink(join(sector.cacheDir, name), join(cacheDir, name));
}

/** TreeD and the layers. */
export const isOfLabels = (name: string): boolean => /^sc-02-data-(?:tree-d|layer-\d+)\.dat$/.test(name);

/** The sector at `count` seeds; `c1Path` says where C1's result belongs, not that it is there. */
export function openings(sector: SealedSector, count: number, folder: string): Opening[] {
  return Array.from({ length: count }, (_, index) => ({
    sector,
    seed: randomness(`seed ${index}`),
    c1Path: c1File(folder, index),
  }));
}

/** Makes C1's results, for C2 to prove. */
export async function openAll(prover: Prover, all: readonly Opening[], running: Running): Promise<void> {
  for (const { sector, seed, c1Path } of all) {
    const { identity, ...files } = sector;
    await prover.c1({ ...identity, ...files, seed, outputPath: c1Path }, running);
  }
}
