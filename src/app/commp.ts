/** `padma commp FILE`: the piece commitment of a file, without a repo. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hexToBytes } from "@noble/hashes/utils.js";
import { PadmaError, systemErrorCode } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Progress } from "../proofs/prover.ts";
import { paddedSizeFor, toUnpadded } from "../units.ts";
import { unsealedCid } from "../wire/cid.ts";
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

/** Zero-pads to the next 127·2ⁿ bytes. Memory does not grow with the file. */
export async function commpOfFile({ path, env, log, signal, onProgress }: CommpOptions): Promise<Commp> {
  const payloadSize = await sizeOf(path);
  const folder = await mkdtemp(join(tmpdir(), "padma-commp-"));
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
    await rm(folder, { recursive: true, force: true });
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    const { size, isFile } = await stat(path).then((found) => ({ size: found.size, isFile: found.isFile() }));
    if (isFile && size > 0) return size;
    throw unusable(path, isFile ? "it is empty" : "it is not a file");
  } catch (error) {
    if (error instanceof PadmaError) throw error;
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
