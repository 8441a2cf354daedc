/** `padma commp FILE`: the piece commitment of a file, without a repo. */
import { open, stat } from "node:fs/promises";
import { hexToBytes } from "@noble/hashes/utils.js";
import { PadmaError, systemErrorCode } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Progress } from "../proofs/prover.ts";
import { paddedSizeFor, toUnpadded } from "../units.ts";
import { unsealedCid } from "../wire/cid.ts";
import { withTemporaryFolder } from "./temporaryFolder.ts";
import { type Environment, openProver } from "./open.ts";

export interface CommpOptions {
  readonly path: string;
  readonly env: Environment;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Commp {
  readonly commP: string;
  readonly cid: string;
  readonly paddedSize: number;
  readonly payloadSize: number;
}

/**
 * Zero-pads to the next 127·2ⁿ bytes. Memory does not grow with the file.
 * @throws DATA_UNREADABLE, FOLDER_NOT_WRITABLE, PROOF_…
 */
export async function commpOfFile(options: CommpOptions): Promise<Commp> {
  const payloadSize = await sizeOf(options.path);
  return withTemporaryFolder("commp", (folder) => commpIn(folder, payloadSize, options));
}

async function commpIn(
  folder: string,
  payloadSize: number,
  { path, env, log, signal, onProgress }: CommpOptions,
): Promise<Commp> {
  const prover = await openProver(env, log, folder);
  try {
    const size = toUnpadded(paddedSizeFor(payloadSize));
    const running = onProgress === undefined ? { signal } : { signal, onProgress };
    const piece = await prover.commP({ kind: "file", path }, size, running);
    return {
      commP: piece.commP,
      cid: unsealedCid(hexToBytes(piece.commP)).toString(),
      paddedSize: piece.size,
      payloadSize,
    };
  } finally {
    await prover.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  const found = await readable(path, () => stat(path));
  // Before it is opened: a pipe would wait for its writer.
  if (!found.isFile()) throw unusable(path, "it is not a file");
  if (found.size === 0) throw unusable(path, "it is empty");
  // Whether it can be read is told by opening it alone; the child's own error would be one of the proofs.
  await readable(path, async () => (await open(path)).close());
  return found.size;
}

async function readable<T>(path: string, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    throw unusable(path, systemErrorCode(error) ?? String(error), error);
  }
}

function unusable(path: string, reason: string, cause?: unknown): PadmaError {
  return new PadmaError({
    code: "DATA_UNREADABLE",
    kind: "user",
    message: "the file cannot be read",
    facts: { file: path, reason },
    next: "name a file with data that this user can read",
    cause,
  });
}
