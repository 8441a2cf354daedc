/**
 * Where sector files are. Finished files carry lotus's names, so that a sector can be handed over:
 *
 *   storage/unsealed/s-t01000-3          pieces, fr32-padded, appended by AddPiece
 *   storage/sealed/s-t01000-3            the replica
 *   storage/cache/s-t01000-3/            sc-02-data-*, p_aux, t_aux
 *   storage/attempts/s-t01000-3/<id>/    one folder per try of PC1, PC2 or C1: attempt.json says of which replica
 *   storage/staged/<uuid>                copies of `--data FILE`, until the piece is in the sector
 *
 * A step works in its attempt's folder and publishes by rename when everything is whole; the store learns of
 * it last. A crash in between leaves a folder that the next attempt removes, never a half-made final file.
 *
 * Errors (PadmaError): STORAGE_FULL (checked before work starts), STORAGE_NOT_WRITABLE, STORAGE_SPLIT,
 * STORAGE_FILE_MISSING, STORAGE_FILE_DAMAGED (another length), STORAGE_REPLICA_EXISTS; STORAGE_DATA_UNREADABLE,
 * DATA_EMPTY and DATA_TOO_LARGE for a user's file.
 */
import type { ActorId, PaddedSize, SectorNumber } from "../units.ts";

export interface SectorRef {
  readonly miner: ActorId;
  readonly number: SectorNumber;
  readonly sectorSize: PaddedSize;
}

export interface SectorPaths {
  readonly unsealed: string;
  readonly sealed: string;
  readonly cache: string;
}

/** A folder of one try. Made empty; removed by the next try or by `dropAttempts`. */
export interface Attempt {
  readonly id: string;
  readonly dir: string;
  /** `<dir>/cache` and `<dir>/sealed`; `output` is the step's own result file (`phase1.json`, `c1.json`). */
  readonly cache: string;
  readonly sealed: string;
  readonly output: string;
}

export interface SectorStorage {
  paths(sector: SectorRef): SectorPaths;
  /**
   * Throws STORAGE_FULL unless `bytes` are free beside what live attempts still need. The `begin…` calls check for
   * themselves; this is for a pledge. Makes the folders: STORAGE_NOT_WRITABLE.
   */
  requireFree(bytes: number): Promise<void>;
  /**
   * Copies (reflink where the file system can) a user's file; returns the staged path and its size. DATA_EMPTY, or
   * DATA_TOO_LARGE when it has more than `maxBytes`, before anything is copied.
   */
  stage(path: string, limits?: { readonly maxBytes: number }): Promise<{ path: string; size: number }>;
  /** Removes a staged copy; missing is fine. */
  unstage(path: string): Promise<void>;
  /**
   * The unsealed file that AddPiece writes, with room for all of it. STORAGE_REPLICA_EXISTS when the sector has a
   * replica: adding pieces cuts the file back, and the data of a sealed sector would be gone. `replace`: the caller
   * knows of the replica and seals the sector anew.
   */
  beginPieces(sector: SectorRef, options?: { readonly replace: boolean }): Promise<string>;
  /**
   * PC1's attempt for this ticket: an unfinished one whose process is gone, with what is in it, or else a new one with an
   * empty cache folder. Other attempts of PC1/PC2 go.
   */
  beginPc1(sector: SectorRef, ticket: string): Promise<Attempt>;
  /**
   * A new attempt of PC2 on the layers that PC1's attempt left (hard links: PC2 never writes layers). There is no
   * `sealed` yet: PC2 starts by copying the unsealed file. STORAGE_FILE_MISSING when PC1's attempt is gone, not
   * finished or of another ticket; STORAGE_FILE_DAMAGED when a file of it has another length.
   */
  beginPc2(sector: SectorRef, ticket: string, pc1Attempt: string): Promise<Attempt>;
  /**
   * Gives PC2's results their final names (moving an older replica of this sector away first) and removes PC2's
   * attempt. PC1's stays until `beginC1` (its layers are links, they take no space), so that a crash before the
   * store knows of the replica repeats PC2 only.
   */
  publish(sector: SectorRef, attempt: Attempt): Promise<void>;
  /**
   * A new attempt of C1 on the published replica; its output stays for C2, found again by id. All older attempts
   * go. STORAGE_FILE_MISSING when the replica or its cache is not whole.
   */
  beginC1(sector: SectorRef, seed: string): Promise<Attempt>;
  /** An attempt that an earlier step recorded. STORAGE_FILE_MISSING when its output is gone. */
  attempt(sector: SectorRef, id: string): Promise<Attempt>;
  dropAttempts(sector: SectorRef): Promise<void>;
  /** Which of the sector's files are whole (length by sector size): what Diagnose looks at. */
  inspect(sector: SectorRef): Promise<SectorFiles>;
  /** Removes the unsealed file of a CC sector (Finalize). */
  dropUnsealed(sector: SectorRef): Promise<void>;
}

export interface SectorFiles {
  readonly unsealed: boolean;
  readonly sealed: boolean;
  /** p_aux, t_aux, TreeC, TreeR-last, TreeD and the layers are there: C1 can run. */
  readonly cache: boolean;
}
