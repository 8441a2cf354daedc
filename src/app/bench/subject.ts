/** What the phases are measured on: a sector that is really sealed, in a temporary folder, at as many seeds as needed. */
import { createHash } from "node:crypto";
import { readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../folders.ts";
import type { Prover, ReplicaIdentity, Running } from "../../proofs/prover.ts";
import { actorId, type PaddedSize, sectorNumber, toUnpadded } from "../../units.ts";
import { c1File, type LabelledSector, type Opening, type SealedSector } from "./work.ts";

/** Any will do: the cost of a proof does not depend on them. Fixed, so that every run has the same inputs. */
const MINER = actorId(1000);
const NUMBER = sectorNumber(1);
const DATA_SEED = 42;

/** 32 bytes of randomness as the chain would give it, hex. */
const randomness = (name: string): string => createHash("sha256").update(`padma bench ${name}`).digest("hex");

/** A sector full of generated data up to its labels: AddPiece and PC1. */
export async function labelSector(
  prover: Prover,
  size: PaddedSize,
  folder: string,
  running: Running,
): Promise<LabelledSector> {
  const identity: ReplicaIdentity = {
    sectorSize: size,
    miner: MINER,
    number: NUMBER,
    ticket: randomness("ticket"),
  };
  const file = (name: string): string => join(folder, name);
  const [cacheDir, unsealedPath, phase1Path] = [file("cache"), file("unsealed"), file("pc1.json")];
  await makeFolder(cacheDir);
  const source = { kind: "random", seed: DATA_SEED } as const;
  const piece = await prover.addPiece(
    { sectorSize: size, source, size: toUnpadded(size), existing: [], unsealedPath },
    running,
  );
  const files = { pieces: [piece], cacheDir, unsealedPath };
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
  const names = (await readdir(sector.cacheDir)).filter((name) => LABELS.test(name));
  for (const name of names) await symlink(join(sector.cacheDir, name), join(cacheDir, name));
}

const LABELS = /^sc-02-data-(?:tree-d|layer-\d+)\.dat$/;

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
