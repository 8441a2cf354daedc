/** `padma bench`: one phase of the proofs, timed, and beside it the reference library where that is wanted. */
import { createReadStream, existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isPadmaError, PadmaError } from "../../errors.ts";
import { makeFolder } from "../../folders.ts";
import type { Log } from "../../log.ts";
import { cacheFolder } from "../../proofs/environment.ts";
import { createParameters, type LocatedParameters } from "../../proofs/parameters.ts";
import { DEVNET_SEED } from "../../proofs/parameterSets.ts";
import { createVerifier } from "../../proofs/verifier.ts";
import { type PaddedSize, paddedSize, SECTOR_SIZES, type SectorSizeName } from "../../units.ts";
import { type Environment, openProver } from "../open.ts";
import { generateParameters } from "../parameters.ts";
import { folderIn, withTemporaryFolder } from "../temporaryFolder.ts";
import { buildReference } from "./buildReference.ts";
import { bothAccept, sameOpenings, sameParameters, sameReplicas } from "./equality.ts";
import { type Machine, machine } from "./machine.ts";
import { measure, planOf, type Run } from "./measure.ts";
import { type BenchReport, report } from "./report.ts";
import {
  ourBackend,
  ourSide,
  type ProvingParameters,
  referenceSide,
  type ReferenceSide,
  type Side,
  type SideOptions,
} from "./sides.ts";
import { labelSector, linkLabels, openAll, openings, sealSector } from "./subject.ts";
import type { BenchPhase, LabelledSector, Opening, SideName, Work } from "./work.ts";

/** What is being done; the runs themselves come as they end. */
export type BenchEvent =
  | { readonly what: "building" | "generating" | "sealing" | "comparing" }
  | { readonly what: "ran"; readonly run: Run };

export interface BenchOptions {
  readonly phase: BenchPhase;
  readonly size: SectorSizeName;
  /** Proofs a run. */
  readonly batch: number;
  /** Instead of the best that this CPU has. */
  readonly backend: string | null;
  readonly against: "reference" | null;
  /** Null: as many as the phase needs. */
  readonly repeat: number | null;
  /** Parts of a run too. */
  readonly detail: boolean;
  readonly env: Environment;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly onEvent: (event: BenchEvent) => void;
}

/** These phases' results are written here where it is, so that no flush of a disk is in the figures. */
const MEMORY = "/dev/shm";
const IN_MEMORY: ReadonlySet<BenchPhase> = new Set(["pc2", "c1"]);

/** @throws BENCH_BATCH, BENCH_NO_SOURCES, BENCH_NOT_BUILT, PROOF_BACKEND (all user), PARAMS_…, PROOF_… */
export async function bench(options: BenchOptions): Promise<BenchReport> {
  const found = machine(); // The load before anything here adds to it.
  if (options.batch > 1 && !BATCHED.has(options.phase)) throw noBatch(options.phase);
  const { backend } = options;
  const env = backend === null ? options.env : { ...options.env, PADMA_BACKEND: backend };
  try {
    return await withTemporaryFolder("bench", (folder) => benchIn(folder, { ...options, env }, found));
  } catch (error) {
    options.signal.throwIfAborted(); // What was being done then is of no interest.
    throw error;
  }
}

/** Phases of which a run does several proofs at a time. */
const BATCHED: ReadonlySet<BenchPhase> = new Set(["c1", "c2"]);

function noBatch(phase: BenchPhase): PadmaError {
  return new PadmaError({
    code: "BENCH_BATCH",
    kind: "user",
    message:
      phase === "params" ? "parameters are made one set at a time" : `${phase} is of one sector at a time`,
    next: "leave --batch out",
  });
}

async function benchIn(folder: string, options: BenchOptions, found: Machine): Promise<BenchReport> {
  const { phase, batch, repeat, detail, signal, onEvent } = options;
  const settings: SideOptions = {
    env: options.env,
    parentsDir: join(cacheFolder(options.env), "parents"),
    temporaryFolder: await folderIn(folder, "processes"),
  };
  const backend = await ourBackend(settings); // What this CPU has not is refused first.
  const sides = await openSides(settings, options);
  const subject = await prepare(folder, options);
  const resultsIn = IN_MEMORY.has(phase) && existsSync(MEMORY) ? MEMORY : tmpdir();
  return withTemporaryFolder(
    "bench-results",
    async (results) => {
      const work = workOf(options, subject, results);
      const onRun = (run: Run): void => onEvent({ what: "ran", run });
      const measured = await measure(planOf(phase, repeat), sidesOf(sides), work, signal, onRun);
      const compared = await compare(options, sides, measured.runs, subject);
      const facts = { phase, size: sizeOf(options), batch, backend, machine: found, detail };
      return report({ ...facts, ...compared }, measured);
    },
    resultsIn,
  );
}

interface Sides {
  readonly ours: Side;
  readonly reference: ReferenceSide | undefined;
  readonly parameters: ProvingParameters | undefined;
}

/** Ours first: it is the first to run in each round. */
const sidesOf = ({ ours, reference }: Sides): Side[] =>
  reference === undefined ? [ours] : [ours, reference];

const sizeOf = ({ size }: BenchOptions): PaddedSize => paddedSize(SECTOR_SIZES[size]);

async function openSides(settings: SideOptions, options: BenchOptions): Promise<Sides> {
  const { phase, against, env, signal, onEvent } = options;
  if (against !== null) onEvent({ what: "building" });
  const program = against === null ? undefined : await buildReference(env, signal);
  const parameters = phase === "c2" ? await provingParameters(options) : undefined;
  const full = parameters === undefined ? settings : { ...settings, parameters };
  return {
    ours: ourSide(full, createVerifier()),
    reference: program === undefined ? undefined : referenceSide(full, program),
    parameters,
  };
}

/** The set that a devnet would prove with, made now where there is none; in the page cache afterwards. */
async function provingParameters(options: BenchOptions): Promise<ProvingParameters> {
  const { dir, paramsPath, verifyingKeyPath } = await located(options);
  await pipeline(createReadStream(paramsPath), new Writable({ write: (_chunk, _encoding, done) => done() }));
  return { dir, paramsPath, verifyingKey: await readFile(verifyingKeyPath) };
}

async function located(options: BenchOptions): Promise<LocatedParameters> {
  const { size, env, log, signal, onEvent } = options;
  const locate = (): Promise<LocatedParameters> =>
    createParameters(env).locate(sizeOf(options), { allowGenerated: true, seed: DEVNET_SEED });
  try {
    return await locate();
  } catch (error) {
    if (!isPadmaError(error, "PARAMS_MISSING")) throw error;
    onEvent({ what: "generating" });
    await generateParameters({ circuit: "porep", sectorSize: size, seed: DEVNET_SEED, env, log, signal });
    return locate();
  }
}

/** What the runs work on. */
interface Subject {
  /** C1 and C2: a sealed sector at as many seeds as a batch has proofs; for C2 with C1's results. */
  readonly openings: readonly Opening[];
  /** PC2. */
  readonly labelled?: LabelledSector;
}

async function prepare(folder: string, options: BenchOptions): Promise<Subject> {
  const { phase, batch, env, log, signal, onEvent } = options;
  if (phase === "params") return { openings: [] };
  onEvent({ what: "sealing" });
  const prover = await openProver(env, log, folder);
  try {
    if (phase === "pc2") {
      return { openings: [], labelled: await labelSector(prover, sizeOf(options), folder, { signal }) };
    }
    const sector = await sealSector(prover, sizeOf(options), folder, { signal });
    const all = openings(sector, batch, folder);
    if (phase === "c2") await openAll(prover, all, { signal });
    return { openings: all };
  } finally {
    await prover.close();
  }
}

/** What each run does. What the run before made goes first: parameters and replicas are large. */
function workOf(options: BenchOptions, subject: Subject, results: string) {
  const { phase } = options;
  return async (side: SideName, index: number): Promise<Work> => {
    const folder = join(results, `${side}-${index}`);
    if (phase === "c2") return { phase, openings: subject.openings };
    if (phase === "c1") {
      await makeFolder(folder);
      return { phase, openings: subject.openings, folder };
    }
    if (index > 0) await rm(join(results, `${side}-${index - 1}`), { recursive: true });
    if (phase === "params") return { phase, sectorSize: sizeOf(options), seed: DEVNET_SEED, folder };
    const { labelled: sector } = subject;
    if (sector === undefined) throw new Error("PC2 has no labels");
    await makeFolder(folder);
    const cacheDir = join(folder, "cache");
    await linkLabels(sector, cacheDir);
    return { phase, sector, cacheDir, sealedPath: join(folder, "sealed") };
  };
}

/** Outside of the timed part. */
async function compare(
  { phase, detail, onEvent, ...options }: BenchOptions,
  sides: Sides,
  runs: readonly Run[],
  { openings: all }: Subject,
): Promise<{ readonly equal: boolean | null; readonly decodeMs: number | null }> {
  const { reference, parameters } = sides;
  if (reference === undefined) return { equal: null, decodeMs: null };
  onEvent({ what: "comparing" });
  const decodeMs = detail && parameters ? await reference.decode(parameters.paramsPath) : null;
  switch (phase) {
    case "pc2":
      return { equal: await sameReplicas(runs), decodeMs };
    case "c1":
      return { equal: await sameOpenings(runs), decodeMs };
    case "c2":
      return { equal: await bothAccept(runs, sidesOf(sides), all), decodeMs };
    case "params":
      return { equal: await sameParameters(runs, paddedSize(SECTOR_SIZES[options.size])), decodeMs };
  }
}
