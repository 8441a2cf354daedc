/**
 * What the sealing steps ask of the proofs. The implementation runs each call in a child process
 * (`host.ts` → `child.ts` → the native module), so a panic, an OOM kill or a segfault costs one task.
 *
 * Every call may reject with a PadmaError: `PROOF_…` codes of the crate, `PROOF_CHILD_CRASHED` (signal or
 * exit), `PROOF_CANCELLED` (the signal was aborted; nothing is written any more when the promise settles),
 * `NATIVE_…`. Cancelling is killing, except for a PC1 that shares its call with others: its promise settles with theirs.
 * Nothing that a cancelled call wrote may be used, except files that it renamed into place.
 * 32-byte values are lower-case hex.
 */
import type { ActorId, PaddedSize, SectorNumber, UnpaddedSize } from "../units.ts";

/** Where a piece's bytes come from. `random` is the self-deal stream of the walkthrough's seed 42. */
export type PieceSource =
  | { readonly kind: "zeros" }
  | { readonly kind: "random"; readonly seed: number }
  | { readonly kind: "file"; readonly path: string };

export interface PieceInfo {
  readonly commP: string;
  readonly size: PaddedSize;
}

export interface Running {
  readonly signal: AbortSignal;
  /**
   * Observed progress only: bytes of a piece read so far, layers on disk, nodes of the replica and its trees, points of
   * parameters made.
   */
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  readonly done: number;
  /** 0 while it is not known yet. */
  readonly total: number;
  readonly unit: "bytes" | "layers" | "nodes" | "points";
}

export interface ReplicaIdentity {
  readonly sectorSize: PaddedSize;
  readonly miner: ActorId;
  readonly number: SectorNumber;
  /** 32 bytes hex. */
  readonly ticket: string;
}

export interface AddPieceInput {
  readonly sectorSize: PaddedSize;
  readonly source: PieceSource;
  readonly size: UnpaddedSize;
  /** Unpadded sizes of the pieces already in the file, in order; the file is first cut back to them. */
  readonly existing: readonly UnpaddedSize[];
  readonly unsealedPath: string;
}

export interface Pc1Input extends ReplicaIdentity {
  readonly pieces: readonly PieceInfo[];
  /** Folder of this attempt: empty, or with the layers of a run of it that was killed. */
  readonly cacheDir: string;
  readonly unsealedPath: string;
  /** Made or emptied; the reference library puts a copy of the data there, which nobody reads: PC2 writes its own. */
  readonly sealedPath: string;
  /** Receives the phase 1 output: JSON, that of the reference library as `output`. Layers are recorded beside it. */
  readonly outputPath: string;
}

export interface Pc2Input extends ReplicaIdentity {
  readonly pieces: readonly PieceInfo[];
  readonly cacheDir: string;
  readonly unsealedPath: string;
  readonly sealedPath: string;
  readonly phase1Path: string;
}

export interface C1Input extends ReplicaIdentity {
  readonly pieces: readonly PieceInfo[];
  readonly cacheDir: string;
  readonly sealedPath: string;
  readonly commD: string;
  readonly commR: string;
  readonly seed: string;
  readonly outputPath: string;
}

export interface C2Input extends ReplicaIdentity {
  readonly c1Path: string;
  readonly commD: string;
  readonly commR: string;
  readonly seed: string;
  /** Folder with the `.params` and `.vk` of this sector size (checked by digest by the caller). */
  readonly parametersDir: string;
}

export interface CheckInput {
  readonly sectorSize: PaddedSize;
  readonly unsealedPath: string;
  readonly sealedPath: string;
  readonly cacheDir: string;
  readonly commD: string;
  /** Null before PC2: then only the data is looked at. */
  readonly commR: string | null;
  /** Hash everything again, not only look at lengths and roots. */
  readonly deep: boolean;
}

/** Parts of a sector's files; `decoded` is the replica without its key. */
export type FilePart =
  | "unsealed"
  | "sealed"
  | "p_aux"
  | "t_aux"
  | "tree-r-last"
  | "tree-d"
  | "layers"
  | "tree-c"
  | "decoded";

export interface CheckedPart {
  readonly part: FilePart;
  readonly state: "right" | "wrong" | "absent";
  /** What is wrong. */
  readonly detail?: string;
}

/** What a seal proof is bound to. */
export interface SealClaim extends ReplicaIdentity {
  readonly commD: string;
  readonly commR: string;
  readonly seed: string;
}

export interface ProvenClaim extends SealClaim {
  readonly proof: Uint8Array;
}

export interface Prover {
  /** Root over a piece of `size` unpadded bytes (a shorter source is padded with zeros). */
  commP(source: PieceSource, size: UnpaddedSize, running: Running): Promise<PieceInfo>;
  /** Appends a piece to the unsealed file and syncs it. Safe to run again: starts by cutting the file back. */
  addPiece(input: AddPieceInput, running: Running): Promise<PieceInfo>;
  pc1(input: Pc1Input, running: Running): Promise<{ commD: string }>;
  readonly pc1Gathering: Pc1Gathering;
  /** Trees, encoding, CommR; then C1 under a throw-away seed, so that a wrong replica never reaches the chain. */
  pc2(input: Pc2Input, running: Running): Promise<{ commD: string; commR: string }>;
  c1(input: C1Input, running: Running): Promise<void>;
  /** Groth16 proof, verified before it is returned. 192 bytes a partition. */
  c2(input: C2Input, running: Running): Promise<{ proof: Uint8Array }>;
  /** Drops layers, TreeD and TreeC of a finished cache folder; what proofs of spacetime need stays. */
  clearCache(cacheDir: string, sectorSize: PaddedSize, running: Running): Promise<void>;
  close(): Promise<void>;
}

/** For whoever decides which PC1s share cores: they must become one call. */
export interface Pc1Gathering {
  /**
   * PC1 of this sector will be asked for; those expected within a moment begin together, when the last is there. What is
   * returned takes it back, and does nothing once it was asked for.
   */
  expect(sector: Pick<ReplicaIdentity, "sectorSize" | "number">): () => void;
  /** Somebody is about to say whom to expect: nobody begins until what is returned was called. */
  hold(): () => void;
}

/** Checks seal proofs in this process (milliseconds). False for every malformed proof or commitment. */
export interface Verifier {
  /**
   * Whether each proof proves its claim, in order. Many cost less than one by one: they are one equation with random
   * coefficients, and only where that fails are the wrong ones looked for. The claims are of one sector size.
   * Rejects only when the verifying key itself is unusable or the native module is missing.
   */
  verifySeals(verifyingKey: Uint8Array, claims: readonly ProvenClaim[]): Promise<readonly boolean[]>;
  /** Data commitment of a sector from its pieces, in order, padded with zeros. */
  commD(sectorSize: PaddedSize, pieces: readonly PieceInfo[]): Promise<string>;
}
