/** What is measured: phases, their inputs, and what one run of a side gives. */
import type { PieceInfo, ReplicaIdentity } from "../../proofs/prover.ts";
import type { PaddedSize, UnpaddedSize } from "../../units.ts";

export const BENCH_PHASES = ["commp", "addpiece", "pc1", "pc2", "c1", "c2", "params"] as const;
export type BenchPhase = (typeof BENCH_PHASES)[number];

/** What padma may be measured against: filecoin-proofs, or for CommP alone go-fil-commp-hashhash. */
export type PeerName = "reference" | "hashhash";

/** Whose process ran; `reference` is whichever peer was asked for. */
export type SideName = "ours" | "reference";

/** A sector with data and labels, ready for PC2. */
export interface LabelledSector {
  readonly identity: ReplicaIdentity;
  readonly pieces: readonly PieceInfo[];
  readonly unsealedPath: string;
  /** Has TreeD and the layers. */
  readonly cacheDir: string;
  /** What PC1 gave. */
  readonly phase1Path: string;
}

/** A sector that was really sealed, ready for C1 at any seed. */
export interface SealedSector {
  readonly identity: ReplicaIdentity;
  readonly pieces: readonly PieceInfo[];
  readonly cacheDir: string;
  readonly sealedPath: string;
  readonly commD: string;
  readonly commR: string;
}

/** A sector at one seed: what C1 opens and C2 proves. */
export interface Opening {
  readonly sector: SealedSector;
  readonly seed: string;
  /** C1's result for C2, made before anything is timed. */
  readonly c1Path: string;
}

/** A sector with its data, ready for PC1. */
export interface UnsealedSector {
  readonly identity: ReplicaIdentity;
  readonly pieces: readonly PieceInfo[];
  readonly unsealedPath: string;
}

/** One timed call of a side; a batch has several openings, or several sectors. */
export type Work =
  | {
      readonly phase: "commp";
      /** Fills a sector. */
      readonly file: string;
      readonly size: UnpaddedSize;
    }
  | {
      readonly phase: "addpiece";
      /** Fills a sector. */
      readonly file: string;
      readonly size: UnpaddedSize;
      readonly sectorSize: PaddedSize;
      readonly folder: string;
      /** In it, made by the call. */
      readonly unsealedPath: string;
    }
  | {
      readonly phase: "pc1";
      readonly sectors: readonly UnsealedSector[];
      /** Where the sectors' folders are, made and empty: `pc1Files`. */
      readonly folder: string;
    }
  | {
      readonly phase: "pc2";
      readonly sector: LabelledSector;
      /** Where the next two are. */
      readonly folder: string;
      /** Empty but for links to TreeD and the layers; gets the trees. */
      readonly cacheDir: string;
      readonly sealedPath: string;
    }
  | {
      readonly phase: "c1";
      readonly openings: readonly Opening[];
      /** Where the results go: `c1File`. */
      readonly folder: string;
    }
  | { readonly phase: "c2"; readonly openings: readonly Opening[] }
  | {
      readonly phase: "params";
      readonly sectorSize: PaddedSize;
      readonly seed: string;
      /** Ours is made by the call, the reference's is there and empty. */
      readonly folder: string;
    };

/** Milliseconds of parts of a run, by their names; a side that cannot tell gives none. */
export type Parts = Readonly<Record<string, number>>;

export interface Outcome {
  /** C2's, in the order of the openings; else none. */
  readonly proofs: readonly Uint8Array[];
  /** PC2's. */
  readonly commR?: string;
  /** CommP of the piece, or each sector's CommD after PC1; hex. */
  readonly commitments: readonly string[];
  readonly parts: Parts;
}

/** Of the files that a run wrote, by the names that both sides have for them. */
export type Digests = ReadonlyMap<string, string>;

/** What PC1 of the n-th sector makes. */
export const pc1Files = (folder: string, index: number) => ({
  cacheDir: `${folder}/${index}/cache`,
  sealedPath: `${folder}/${index}/sealed`,
  outputPath: `${folder}/${index}/phase1.json`,
});

/** The result of the n-th opening's C1. */
export const c1File = (folder: string, index: number): string => `${folder}/c1-${index}.json`;
