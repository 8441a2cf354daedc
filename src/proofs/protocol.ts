/**
 * What goes over the channel between padma and a proofs child. Structured clone loses an error's `code`, so a
 * failure is a plain value; what is more than a megabyte is a file.
 */
import type {
  AddPieceInput,
  C1Input,
  C2Input,
  CheckedPart,
  CheckInput,
  Pc1Input,
  Pc2Input,
  PieceInfo,
  PieceSource,
  Progress,
  ProvenClaim,
} from "./prover.ts";
import type { ErrorKind } from "../errors.ts";
import type { Recipe } from "./parameterSets.ts";
import type { PaddedSize, UnpaddedSize } from "../units.ts";

/** How the names of the children's own empty folders begin. */
export const CHILD_FOLDER = "padma-proofs-";

/** Each call with what it takes and what it gives. */
export interface Calls {
  about: { input: null; output: { readonly backend: string } };
  commP: { input: { readonly source: PieceSource; readonly size: UnpaddedSize }; output: PieceInfo };
  addPiece: { input: AddPieceInput; output: PieceInfo };
  pc1: { input: Pc1Call; output: { readonly outcomes: readonly Pc1Outcome[] } };
  pc2: { input: Pc2Input; output: { commD: string; commR: string } };
  c1: { input: C1Input; output: null };
  c2: { input: C2Call; output: C2Output };
  checkSector: { input: CheckInput; output: readonly CheckedPart[] };
  clearCache: { input: { readonly cacheDir: string; readonly sectorSize: PaddedSize }; output: null };
  aggregateSeals: { input: AggregateInput; output: { readonly aggregate: Uint8Array } };
  generateSrs: { input: SrsInput; output: null };
  generateParameters: { input: GenerateInput; output: null };
}

/** Sectors of one size, whose layers are made side by side. */
export interface Pc1Call {
  readonly sectors: readonly Pc1Input[];
}

/** What came of one sector of several, in their order. */
export type Pc1Outcome = { readonly commD: string } | { readonly failure: Failure };

/** Sectors of one size, proven together; the parameters' folder is the child's own. */
export interface C2Call {
  readonly sectors: readonly Omit<C2Input, "parametersDir">[];
  /** Bytes that the child may take; it takes no more than is free in any case. */
  readonly memoryLimit?: number;
}

export interface C2Output {
  /** In the order of the sectors. */
  readonly proofs: readonly Uint8Array[];
  /** Milliseconds by part. */
  readonly phases: Readonly<Record<string, number>>;
}

export interface AggregateInput {
  /** The file of SnarkPack's powers, checked by the caller. */
  readonly srs: string;
  readonly verifyingKey: Uint8Array;
  /** 4 to 819 of one sector size; their order is part of the aggregate. */
  readonly claims: readonly ProvenClaim[];
}

export interface SrsInput {
  /** The most Groth16 proofs that it aggregates, a power of two. */
  readonly proofs: number;
  readonly seed: string;
  readonly folder: string;
}

export interface GenerateInput extends Recipe {
  readonly folder: string;
}

export type Method = keyof Calls;

/** padma → child. One at a time. */
export type Request = {
  readonly [M in Method]: { readonly method: M; readonly input: Calls[M]["input"] };
}[Method];

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, string>>;
  /** Set when the error was made in the child; otherwise failures.ts knows what a code means. */
  readonly kind?: ErrorKind;
  readonly next?: string;
}

/** child → padma. */
export type Reply =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "done"; readonly output: unknown }
  | { readonly kind: "failed"; readonly failure: Failure };
