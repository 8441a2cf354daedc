/**
 * A peer of `padma bench` in a process of its own: the reference library (`crates/padma-reference`), or for CommP alone
 * `test/bench/go-commp`. One JSON request a line, one reply a line. It lives as long as its stdin.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PadmaError } from "../errors.ts";
import { CHILD_FOLDER } from "./protocol.ts";

/** Who seals what; 32-byte values are hex. */
export interface ReplicaFacts {
  readonly sectorSize: number;
  readonly proverId: string;
  readonly sectorNumber: number;
  readonly ticket: string;
}

/** A replica and what it is proven with. */
export interface SealedFacts extends ReplicaFacts {
  readonly seed: string;
  readonly commR: string;
  readonly commD: string;
}

/** `crates/padma-reference/src/request.rs` says what each of them does. */
export type ReferenceRequest =
  | { readonly call: "ready" }
  | { readonly call: "commP"; readonly file: string; readonly size: number }
  | {
      readonly call: "addPiece";
      readonly file: string;
      readonly size: number;
      readonly unsealed: string;
    }
  | {
      readonly call: "pc1";
      readonly sectors: readonly (ReplicaFacts & {
        readonly pieces: readonly { readonly commP: string; readonly size: number }[];
        readonly unsealed: string;
        readonly replica: string;
        readonly cache: string;
      })[];
    }
  | {
      readonly call: "pc2";
      readonly sectorSize: number;
      readonly unsealed: string;
      readonly replica: string;
      readonly cache: string;
      /** The file that padma's PC1 wrote. */
      readonly phase1: string;
    }
  | (SealedFacts & {
      readonly call: "c1";
      readonly pieces: readonly { readonly commP: string; readonly size: number }[];
      readonly replica: string;
      readonly cache: string;
      readonly output: string;
    })
  | (SealedFacts & { readonly call: "c2"; readonly c1: string })
  | (SealedFacts & { readonly call: "verify"; readonly proof: string })
  | { readonly call: "decode"; readonly file: string }
  | {
      readonly call: "parameters";
      readonly sectorSize: number;
      readonly seed: string;
      readonly folder: string;
    };

export interface ReferenceReply {
  /** Hex. */
  readonly commR?: string;
  /** Hex. */
  readonly proof?: string;
  readonly valid?: boolean;
  /** CommP, or CommD of each sector; hex. */
  readonly commitments?: readonly string[];
  /** Milliseconds of parts of the call. */
  readonly phases?: Readonly<Record<string, number>>;
}

export interface ReferenceProcess {
  readonly pid: number;
  /** One call at a time. Rejects with PROOF_REFERENCE_FAILED, PROOF_REFERENCE_CRASHED. */
  call(request: ReferenceRequest): Promise<ReferenceReply>;
  kill(): void;
  /** Settles when the process is gone and its folder is removed. */
  readonly gone: Promise<void>;
}

export interface ReferenceOptions {
  readonly program: string;
  readonly environment: (cwd: string) => Record<string, string>;
  /** Where its empty working directory is made: the library reads a configuration file from the current one. */
  readonly temporaryFolder: string;
}

/** Starts it. Rejects with PROOF_REFERENCE_CRASHED when the program cannot run. */
export async function startReference(options: ReferenceOptions): Promise<ReferenceProcess> {
  const cwd = await mkdtemp(join(options.temporaryFolder, CHILD_FOLDER));
  const child = spawn(options.program, { cwd, env: options.environment(cwd) });
  const process = referenceProcess(child, () => rm(cwd, { recursive: true, force: true }));
  await process.call({ call: "ready" });
  return process;
}

function referenceProcess(
  child: ChildProcessWithoutNullStreams,
  cleanUp: () => Promise<void>,
): ReferenceProcess {
  let waiting: PromiseWithResolvers<string> | undefined;
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  createInterface({ input: child.stdout }).on("line", (line) => waiting?.resolve(line));
  child.stdin.on("error", () => {}); // It is gone: `ended` tells.
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  void ended.then((how) => waiting?.reject(crashed(how, complaints)));
  return {
    pid: child.pid ?? 0,
    async call(request) {
      waiting = Promise.withResolvers();
      // Nobody may be waiting any more when it ends; that is no unhandled rejection.
      waiting.promise.catch(() => {});
      if (child.exitCode !== null || child.pid === undefined) throw crashed(await ended, complaints);
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return readReply(request, await waiting.promise);
    },
    kill: () => void child.kill("SIGKILL"),
    gone: ended.then(cleanUp),
  };
}

function readReply(request: ReferenceRequest, line: string): ReferenceReply {
  const reply = JSON.parse(line) as { readonly done: ReferenceReply } | { readonly failed: string };
  if ("done" in reply) return reply.done;
  throw new PadmaError({
    code: "PROOF_REFERENCE_FAILED",
    message: `the peer could not do ${request.call}`,
    facts: { reason: reply.failed },
  });
}

function crashed(how: string, complaints: string): PadmaError {
  return new PadmaError({
    code: "PROOF_REFERENCE_CRASHED",
    message: "the peer's process ended",
    facts: { end: how, ...(complaints === "" ? {} : { "last lines": complaints.trim() }) },
    next: how === "SIGKILL" ? "look for the out-of-memory killer (`dmesg`)" : "run the bench again",
  });
}
