/** Fetching the network's own parameters: whatever server they come from, only their digests make them trusted. */
import { rename, rm, stat, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PadmaError, systemErrorCode } from "../errors.ts";
import { makeFolders } from "../folders.ts";
import { formatBytes, type PaddedSize } from "../units.ts";
import { createDigester, type Digester } from "./digestStamps.ts";
import { download, type Patience } from "./download.ts";
import { loadNative, nativeCall } from "./native.ts";
import { neededRoom } from "./parameterRoom.ts";
import type { ParameterPlaces } from "./parameterSets.ts";

/** Where the network's parameters are for everybody: a proxy to IPFS that Filecoin's own programs ask too. */
export const PARAMETER_SERVER = "https://proofs.filecoin.io/ipfs/";

/** A file of the network's list. */
export interface TrustedFile {
  readonly file: string;
  /** First 16 bytes of BLAKE2b-512, in hex. */
  readonly digest: string;
  readonly cid: string;
  /** No file of its kind is longer. */
  readonly maxBytes: number;
}

export interface FetchDeps {
  readonly places: Pick<ParameterPlaces, "trusted" | "stamps">;
  /** The address before a file's CID or name. */
  readonly from: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: FetchProgress) => void;
  /** Replaced in tests. */
  readonly freeBytes?: (folder: string) => Promise<number>;
  readonly patience?: Patience;
}

export interface FetchProgress {
  readonly file: string;
  readonly phase: "download" | "check";
  readonly done: number;
  /** Null when the server does not say. */
  readonly total: number | null;
}

export interface FetchedFile {
  readonly file: string;
  readonly path: string;
  readonly bytes: number;
  readonly digest: string;
  /** False: it was there already, and right. */
  readonly fetched: boolean;
}

const VERIFYING_KEY_MAX = 1_000_000;

/** The files for seal proofs of a size, as compiled into the proofs library. @throws NATIVE_… */
export function trustedFiles(sectorSize: PaddedSize): readonly TrustedFile[] {
  // The trusted file and a generated one are of the same circuit, so of the same length.
  const { disk } = neededRoom({ circuit: "porep", sectorSize, seed: "" });
  return loadNative()
    .trustedParameters(sectorSize)
    .map((file) => ({ ...file, maxBytes: file.file.endsWith(".vk") ? VERIFYING_KEY_MAX : disk }));
}

/**
 * Fetches those that are not there, or not right, the small one first. A file gets its name when its digest is right.
 * FAIL at any point: what has come stays as `NAME.part`, and the next run goes on with it.
 *
 * @throws PARAMS_FETCH_RUNNING (busy), PARAMS_FETCH_DAMAGED, PARAMS_NOT_WRITABLE, STORAGE_FULL, FETCH_…
 */
export async function fetchTrusted(files: readonly TrustedFile[], deps: FetchDeps): Promise<FetchedFile[]> {
  const { trusted: folder, stamps } = deps.places;
  await atFolder(folder, () => makeFolders(folder));
  const lock = await nativeCall(() =>
    loadNative().lockFile(join(folder, "padma-fetch.lock"), { wait: false }),
  );
  if (lock === null) throw running(folder);
  try {
    const digester = createDigester(stamps);
    const fetched: FetchedFile[] = [];
    for (const file of files.toSorted((a, b) => a.maxBytes - b.maxBytes))
      fetched.push(await atFolder(folder, () => fetchOne(file, digester, deps)));
    return fetched;
  } finally {
    lock.release();
  }
}

async function fetchOne(file: TrustedFile, digester: Digester, deps: FetchDeps): Promise<FetchedFile> {
  const path = join(deps.places.trusted, file.file);
  const there = await digestOf(path, file.file, digester, deps);
  if (there === file.digest) return fetchedFile(file, path, false);
  const part = `${path}.part`;
  // What an earlier run or another server left may be the bad piece: then everything comes once more.
  const { inOnePiece } = await downloadPart(file, part, deps);
  let found = await digestOf(part, file.file, digester, deps);
  if (found !== file.digest && !inOnePiece) {
    await rm(part, { force: true });
    await downloadPart(file, part, deps);
    found = await digestOf(part, file.file, digester, deps);
  }
  if (found !== file.digest) {
    await rm(part, { force: true });
    throw damaged(file, found ?? "none", deps.from);
  }
  await rename(part, path);
  await digester.renamed(part, path);
  return fetchedFile(file, path, true);
}

async function fetchedFile(
  { file, digest }: TrustedFile,
  path: string,
  fetched: boolean,
): Promise<FetchedFile> {
  return { file, path, bytes: (await stat(path)).size, digest, fetched };
}

function downloadPart(
  { file, cid, maxBytes }: TrustedFile,
  part: string,
  { from, signal, onProgress, freeBytes = freeBytesOf, patience }: FetchDeps,
): Promise<{ readonly inOnePiece: boolean }> {
  const base = from.endsWith("/") ? from : `${from}/`;
  return download({
    // The network's servers know CIDs; a folder that somebody serves has names.
    urls: [`${base}${cid}`, `${base}${file}`],
    part,
    maxBytes,
    signal,
    requireFree: async (bytes) => requireFree(dirname(part), bytes, await freeBytes(dirname(part))),
    onBytes: (done, total) => onProgress?.({ file, phase: "download", done, total }),
    ...(patience === undefined ? {} : { patience }),
  });
}

/** Undefined when there is no file. */
async function digestOf(
  path: string,
  file: string,
  digester: Digester,
  { onProgress }: FetchDeps,
): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    return await digester.digest(path, (done) => onProgress?.({ file, phase: "check", done, total: size }));
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function requireFree(folder: string, needed: number, free: number): void {
  if (free < needed) throw full(folder, { needed: formatBytes(needed), free: formatBytes(free) });
}

function full(folder: string, facts: Readonly<Record<string, string>>, cause?: unknown): PadmaError {
  return new PadmaError({
    code: "STORAGE_FULL",
    message: "not enough disk space for the parameters",
    facts: { folder, ...facts },
    next: "free some space, or set FIL_PROOFS_PARAMETER_CACHE to a folder on another disk",
    cause,
  });
}

/** Runs what writes to the folder; its system errors come out as PadmaErrors. */
async function atFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const reason = systemErrorCode(cause);
    if (reason === undefined || cause instanceof PadmaError) throw cause;
    if (reason === "ENOSPC" || reason === "EDQUOT") throw full(folder, { reason }, cause);
    throw new PadmaError({
      code: "PARAMS_NOT_WRITABLE",
      kind: "user",
      message: "cannot write to the folder for parameters",
      facts: { folder, reason },
      next: "set FIL_PROOFS_PARAMETER_CACHE to a folder that this user can write",
      cause,
    });
  }
}

function running(folder: string): PadmaError {
  return new PadmaError({
    code: "PARAMS_FETCH_RUNNING",
    kind: "busy",
    message: "another process fetches parameters into this folder",
    facts: { folder },
    next: "wait until it is done",
  });
}

function damaged({ file, digest }: TrustedFile, found: string, from: string): PadmaError {
  return new PadmaError({
    code: "PARAMS_FETCH_DAMAGED",
    message: `${basename(file)} came whole, and is not the network's: it was removed`,
    facts: { from, "expected digest": digest, "found digest": found },
    next: "name another server with --from",
  });
}
