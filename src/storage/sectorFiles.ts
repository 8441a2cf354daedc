/**
 * Which files a sealed sector consists of and how long each one is. The shapes are those of the proofs library
 * (storage-proofs-porep 19.1, `stacked::vanilla`): two layers in test sizes and eleven on the network; TreeC and
 * TreeR-last are split into one file for each subtree of eight under a 64-byte-per-tree top.
 */
import { PadmaError } from "../errors.ts";
import { formatBytes, type PaddedSize, SECTOR_SIZES } from "../units.ts";

const NODE_BYTES = 32;
const TREE_ARITY = 8;
/** TreeR-last keeps no leaves (they are the replica) and drops up to this many rows above them. */
const MAX_ROWS_DISCARDED = 2;

interface Shape {
  readonly layers: number;
  /** Files into which TreeC and TreeR-last are split. */
  readonly subtrees: number;
}

const SHAPES: ReadonlyMap<number, Shape> = new Map([
  [SECTOR_SIZES["2KiB"], { layers: 2, subtrees: 1 }],
  [SECTOR_SIZES["8MiB"], { layers: 2, subtrees: 1 }],
  [SECTOR_SIZES["512MiB"], { layers: 2, subtrees: 1 }],
  [SECTOR_SIZES["32GiB"], { layers: 11, subtrees: 8 }],
  [SECTOR_SIZES["64GiB"], { layers: 11, subtrees: 16 }],
]);

function shapeOf(sectorSize: PaddedSize): Shape {
  const shape = SHAPES.get(sectorSize);
  if (shape !== undefined) return shape;
  throw new PadmaError({
    code: "STORAGE_SECTOR_SIZE",
    message: `no sector has ${formatBytes(sectorSize)}`,
    kind: "user",
    facts: { sectorSize },
    next: `use one of ${Object.keys(SECTOR_SIZES).join(", ")}`,
  });
}

/** A file of the cache folder with its exact length; `undefined` for the two small ones that only must exist. */
export interface CacheFile {
  readonly name: string;
  readonly bytes: number | undefined;
}

const TREE_D = "sc-02-data-tree-d.dat";

const layerName = (layer: number): string => `sc-02-data-layer-${layer}.dat`;

/** Rows of a tree with `leaves` leaves, from the leaves up to the root: 64 → [64, 8, 1]. */
function rows(leaves: number): number[] {
  const counts = [leaves];
  for (let row = leaves; row > 1;) {
    row = Math.ceil(row / TREE_ARITY);
    counts.push(row);
  }
  return counts;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/** What `default_rows_to_discard` of the library keeps of a TreeR-last subtree, in bytes. */
function treeRLastBytes(leaves: number): number {
  const counts = rows(leaves);
  const discarded = Math.max(0, Math.min(MAX_ROWS_DISCARDED, counts.length - 2));
  return sum(counts.slice(1 + discarded)) * NODE_BYTES;
}

function subtreeFiles(tree: string, { subtrees }: Shape, bytes: number): CacheFile[] {
  if (subtrees === 1) return [{ name: `sc-02-data-${tree}.dat`, bytes }];
  return Array.from({ length: subtrees }, (_, i) => ({ name: `sc-02-data-${tree}-${i}.dat`, bytes }));
}

/** What PC1 leaves in the cache folder: the layers and TreeD. */
export function phase1Files(sectorSize: PaddedSize): CacheFile[] {
  const { layers } = shapeOf(sectorSize);
  const layerFiles = Array.from({ length: layers }, (_, i) => ({
    name: layerName(i + 1),
    bytes: sectorSize,
  }));
  return [...layerFiles, { name: TREE_D, bytes: 2 * sectorSize - NODE_BYTES }];
}

/** What PC2 adds. */
export function phase2Files(sectorSize: PaddedSize): CacheFile[] {
  const shape = shapeOf(sectorSize);
  const leaves = sectorSize / NODE_BYTES / shape.subtrees;
  return [
    ...subtreeFiles("tree-c", shape, sum(rows(leaves)) * NODE_BYTES),
    ...subtreeFiles("tree-r-last", shape, treeRLastBytes(leaves)),
    { name: "p_aux", bytes: undefined },
    { name: "t_aux", bytes: undefined },
  ];
}

const totalBytes = (files: readonly CacheFile[]): number => sum(files.map((file) => file.bytes ?? 4096));

/** Bytes that an attempt of PC1 writes: layers and TreeD. */
export function phase1Bytes(sectorSize: PaddedSize): number {
  return totalBytes(phase1Files(sectorSize));
}

/** Bytes that an attempt of PC2 writes beside the linked layers: trees and the replica. */
export function phase2Bytes(sectorSize: PaddedSize): number {
  return totalBytes(phase2Files(sectorSize)) + sectorSize;
}

/** Room for a C1 output as JSON. Measured: 100 KB at 2 KiB, 210 KB at 8 MiB; ten partitions of eleven layers are more. */
export function commit1Bytes(sectorSize: PaddedSize): number {
  const MiB = 1024 * 1024;
  return sectorSize >= SECTOR_SIZES["32GiB"] ? 256 * MiB : MiB;
}
