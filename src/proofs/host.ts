/**
 * The Prover: each call runs in a child process, so that a panic, the out-of-memory killer or a segfault costs one
 * task. Cancelling is killing: the library has no other way to stop. Of a PC1 of several sectors the last one does it.
 */
import { isPadmaError, type PadmaError } from "../errors.ts";
import type { ProofsChild } from "./childProcess.ts";
import { cancelled, proofError } from "./failures.ts";
import { watchLayers } from "./layers.ts";
import { createPc1Batches, type Pc1BatchOptions } from "./pc1Batches.ts";
import { type ChildPool, createChildPool, type PoolOptions } from "./pool.ts";
import type { AggregateInput, Calls, GenerateInput, Method, SrsInput } from "./protocol.ts";
import type { CheckedPart, CheckInput, Prover, Running } from "./prover.ts";

const PANIC = "PROOF_PANIC";

export interface ChildProver extends Prover {
  /** A sector's files against its commitments; what is wrong with them is in the result. Reads only. */
  checkSector(input: CheckInput, running: Running): Promise<readonly CheckedPart[]>;
  /** Makes Groth16 parameters, on all cores (parameterGeneration.ts looks for memory and disk first). */
  generateParameters(input: GenerateInput, running: Running): Promise<void>;
  /** Many seal proofs as one (aggregates.ts finds the powers for it), verified before it is returned. */
  aggregateSeals(input: AggregateInput, running: Running): Promise<{ readonly aggregate: Uint8Array }>;
  /** Makes the powers that aggregates of a devnet need. */
  generateSrs(input: SrsInput, running: Running): Promise<void>;
}

export interface ProverOptions extends PoolOptions {
  /** Bytes that a child may come to hold: a C2 that needs more is refused (PROOF_NO_MEMORY) before it starts. */
  readonly memoryLimit?: number;
  /** How PC1 of a sector waits for others of its size; absent: not at all. */
  readonly pc1?: Pick<Pc1BatchOptions, "waitMs" | "most">;
}

/** A prover over child processes. `close()` it in a `finally`; it does not keep the process alive when idle. */
export function createProver(options: ProverOptions): ChildProver {
  return proverOver(createChildPool(options), options);
}

/** As `createProver`, over any children. @internal for tests and docs */
export function proverOver(
  pool: ChildPool,
  { memoryLimit, pc1 = { waitMs: 0 } }: Pick<ProverOptions, "memoryLimit" | "pc1"> = {},
): ChildProver {
  const limit = memoryLimit === undefined ? {} : { memoryLimit };
  const batches = createPc1Batches({
    ...pc1,
    call: async (sectors, signal) => (await run(pool, "pc1", { sectors }, { signal })).outcomes,
  });
  return {
    commP: (source, size, running) => run(pool, "commP", { source, size }, running),
    addPiece: (input, running) => run(pool, "addPiece", input, running),
    pc1: async (input, running) => {
      const watch = watchLayers(input, running.onProgress);
      running.signal.addEventListener("abort", watch.stop, { once: true }); // Its batch may go on.
      try {
        return await batches.pc1(input, running);
      } finally {
        watch.stop();
      }
    },
    pc1Gathering: batches,
    pc2: (input, running) => run(pool, "pc2", input, running),
    c1: async (input, running) => {
      await run(pool, "c1", input, running).catch(blameTheSector);
    },
    c2: async ({ parametersDir, ...sector }, running) => {
      const { proofs } = await run(pool, "c2", { sectors: [sector], ...limit }, running, parametersDir);
      return { proof: only(proofs) };
    },
    checkSector: (input, running) => run(pool, "checkSector", input, running),
    clearCache: async (cacheDir, sectorSize, running) => {
      await run(pool, "clearCache", { cacheDir, sectorSize }, running);
    },
    generateParameters: async (input, running) => {
      await run(pool, "generateParameters", input, running);
    },
    aggregateSeals: (input, running) => run(pool, "aggregateSeals", input, running),
    generateSrs: async (input, running) => {
      await run(pool, "generateSrs", input, running);
    },
    close: async () => {
      batches.close();
      await pool.close();
    },
  };
}

function only(proofs: readonly Uint8Array[]): Uint8Array {
  const [proof] = proofs;
  if (proof === undefined || proofs.length > 1) throw new Error(`${proofs.length} proofs of one sector`);
  return proof;
}

/** C1 reads nothing but the sector's files, so where it panics one of them is not what PC2 wrote (TreeC, p_aux …). */
function blameTheSector(error: unknown): never {
  if (!isPadmaError(error, PANIC)) throw error;
  const message = "the sector's files are damaged: the proof library cannot read them";
  throw proofError({ code: "PROOF_SECTOR_DAMAGED", message, facts: { reason: error.message } });
}

async function run<M extends Method>(
  pool: ChildPool,
  method: M,
  input: Calls[M]["input"],
  running: Running,
  parametersDir?: string,
): Promise<Calls[M]["output"]> {
  if (running.signal.aborted) throw cancelled(method);
  const child = await pool.take(parametersDir);
  const stop = killWhenAsked(child, method, running);
  try {
    const output = await child.call(method, input, running.onProgress);
    stop.throwIfStopped();
    if (hasPanicked(output)) await pool.retire(child);
    else pool.giveBack(child);
    return output;
  } catch (error) {
    // After a panic the library's settings may be poisoned, so only a plain refusal keeps the child.
    if (!stop.asked() && isPlainRefusal(error)) pool.giveBack(child);
    else await pool.retire(child);
    stop.throwIfStopped();
    throw pool.isClosed() ? cancelled(method) : error;
  } finally {
    stop.forget();
  }
}

/** Of several sectors one may have panicked: that spoils the process for the next call as much as a panic of all. */
function hasPanicked(output: Calls[Method]["output"]): boolean {
  if (output === null || !("outcomes" in output)) return false;
  return output.outcomes.some((outcome) => "failure" in outcome && outcome.failure.code === PANIC);
}

function isPlainRefusal(error: unknown): boolean {
  return isPadmaError(error) && !isPadmaError(error, PANIC, "PROOF_CHILD_CRASHED");
}

/** Kills the child when the signal is aborted, and remembers that. */
function killWhenAsked(child: ProofsChild, method: Method, { signal }: Running) {
  let reason: PadmaError | undefined;
  const onAbort = (): void => {
    reason ??= cancelled(method);
    child.kill();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort(); // It was, while the child started.
  return {
    asked: () => reason !== undefined,
    throwIfStopped(): void {
      if (reason !== undefined) throw reason;
    },
    forget: () => signal.removeEventListener("abort", onAbort),
  };
}
