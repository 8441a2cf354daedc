/** `padma bench`: one phase of the proofs, timed, and beside it a peer where that is wanted. */
import { createReadStream, existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isPadmaError, PadmaError } from "../../errors.ts";
import { makeFolder, makeFolders } from "../../folders.ts";
import type { Log } from "../../log.ts";
import { cacheFolder } from "../../proofs/environment.ts";
import { createParameters, type LocatedParameters } from "../../proofs/parameters.ts";
import { DEVNET_SEED } from "../../proofs/parameterSets.ts";
import { createVerifier } from "../../proofs/verifier.ts";
import { type PaddedSize, paddedSize, SECTOR_SIZES, type SectorSizeName, toUnpadded } from "../../units.ts";
import { type Environment, openProver } from "../open.ts";
import { generateParameters } from "../parameters.ts";
import { folderIn, withTemporaryFolder } from "../temporaryFolder.ts";
import { buildPeer } from "./buildPeer.ts";
import {
  bothAccept,
  sameCommitments,
  sameLayers,
  sameOpenings,
  sameParameters,
  sameReplicas,
} from "./equality.ts";
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
import { fillSectors, labelSector, linkLabels, openAll, openings, sealSector, writeData } from "./subject.ts";
import {
  type BenchPhase,
  type LabelledSector,
  type Opening,
  pc1Files,
  type PeerName,
  type SideName,
  type UnsealedSector,
  type Work,
} from "./work.ts";

/** What is being done; the runs themselves come as they end. */
export type BenchEvent =
  | { readonly what: "building" | "generating" | "sealing" | "comparing" }
  | { readonly what: "ran"; readonly run: Run };

export interface BenchOptions {
  readonly phase: BenchPhase;
  readonly size: SectorSizeName;
  /** Proofs or sectors a run. */
  readonly batch: number;
  /** Instead of the best that this CPU has. */
  readonly backend: string | null;
  readonly against: PeerName | null;
  /** Null: as many as the phase needs. */
  readonly repeat: number | null;
  /** Of PC1: each run in a new process, the reference's without its parents file. */
  readonly coldParents: boolean;
  /** Parts of a run too. */
  readonly detail: boolean;
  readonly env: Environment;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly onEvent: (event: BenchEvent) => void;
}

/** These phases' results are written here where it is, so that no flush of a disk is in the figures. */
const MEMORY = "/dev/shm";
const IN_MEMORY: ReadonlySet<BenchPhase> = new Set(["pc1", "pc2", "c1"]);

/** @throws BENCH_BATCH, BENCH_PEER, BENCH_NO_PARENTS, BENCH_NO_SOURCES, BENCH_NOT_BUILT, PROOF_BACKEND (all user), PARAMS_…, PROOF_… */
export async function bench(options: BenchOptions): Promise<BenchReport> {
  const found = machine(); // The load before anything here adds to it.
  if (options.batch > 1 && !BATCHED.has(options.phase)) throw noBatch(options.phase);
  requirePeer(options.phase, options.against);
  if (options.coldParents && options.phase !== "pc1") throw noParents(options.phase);
  const { backend } = options;
  const env = backend === null ? options.env : { ...options.env, PADMA_BACKEND: backend };
  try {
    return await withTemporaryFolder("bench", (folder) => benchIn(folder, { ...options, env }, found));
  } catch (error) {
    options.signal.throwIfAborted(); // What was being done then is of no interest.
    throw error;
  }
}

/** Phases of which a run does several sectors or proofs at a time. */
const BATCHED: ReadonlySet<BenchPhase> = new Set(["pc1", "c1", "c2"]);

function noBatch(phase: BenchPhase): PadmaError {
  const reasons: Partial<Record<BenchPhase, string>> = {
    params: "parameters are made one set at a time",
    commp: "CommP is of one piece at a time",
  };
  return new PadmaError({
    code: "BENCH_BATCH",
    kind: "user",
    message: reasons[phase] ?? `${phase} is of one sector at a time`,
    next: "leave --batch out",
  });
}

/** @throws BENCH_PEER (user): the peer has nothing to compare this phase with. */
export function requirePeer(phase: BenchPhase | "all", against: PeerName | null): void {
  if (against !== "hashhash" || phase === "commp") return;
  throw new PadmaError({
    code: "BENCH_PEER",
    kind: "user",
    message: `go-fil-commp-hashhash computes CommP alone, not ${phase}`,
    next: "measure commp against it, or --against reference",
  });
}

function noParents(phase: BenchPhase): PadmaError {
  return new PadmaError({
    code: "BENCH_NO_PARENTS",
    kind: "user",
    message: `${phase} has no parents`,
    next: "leave --cold-parents out, or measure pc1",
  });
}

async function benchIn(folder: string, options: BenchOptions, found: Machine): Promise<BenchReport> {
  const { phase, batch, against, repeat, detail, coldParents, signal, onEvent } = options;
  const settings: SideOptions = {
    env: options.env,
    parentsDir: join(options.coldParents ? folder : cacheFolder(options.env), "parents"),
    temporaryFolder: await folderIn(folder, "processes"),
  };
  const backend = await ourBackend(settings); // What this CPU has not is refused first.
  const sides = await openSides(settings, options);
  const subject = await prepare(folder, options);
  const resultsIn = IN_MEMORY.has(phase) && existsSync(MEMORY) ? MEMORY : tmpdir();
  return withTemporaryFolder(
    "bench-results",
    async (results) => {
      const work = workOf(options, subject, settings.parentsDir, results);
      const onRun = (run: Run): void => onEvent({ what: "ran", run });
      if (phase === "pc1" && !coldParents) await makeParents(sides.reference, work);
      const plan = planOf(phase, repeat, coldParents);
      const measured = await measure(plan, sidesOf(sides), work, signal, onRun);
      const compared = await compare(options, sides, measured.runs, subject);
      const facts = { phase, size: sizeOf(options), batch, against, backend, machine: found, detail };
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
  const program = against === null ? undefined : await buildPeer(against, env, signal);
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
  /** CommP: data that fills a sector. */
  readonly file: string;
  /** PC1: as many sectors as a batch has. */
  readonly unsealed: readonly UnsealedSector[];
  /** C1 and C2: a sealed sector at as many seeds as a batch has proofs; for C2 with C1's results. */
  readonly openings: readonly Opening[];
  /** PC2. */
  readonly labelled?: LabelledSector;
}

async function prepare(folder: string, options: BenchOptions): Promise<Subject> {
  const subject: Subject = { file: join(folder, "data"), unsealed: [], openings: [] };
  if (options.phase === "commp") await writeData(subject.file, toUnpadded(sizeOf(options)));
  if (options.phase === "commp" || options.phase === "params") return subject;
  return { ...subject, ...(await prepareSector(folder, options)) };
}

async function prepareSector(folder: string, options: BenchOptions): Promise<Partial<Subject>> {
  const { phase, batch, env, log, signal, onEvent } = options;
  onEvent({ what: "sealing" });
  const prover = await openProver(env, log, folder);
  try {
    if (phase === "pc1") {
      return { unsealed: await fillSectors(prover, sizeOf(options), batch, folder, { signal }) };
    }
    if (phase === "pc2") {
      return { labelled: await labelSector(prover, sizeOf(options), folder, { signal }) };
    }
    const sector = await sealSector(prover, sizeOf(options), folder, { signal });
    const all = openings(sector, batch, folder);
    if (phase === "c2") await openAll(prover, all, { signal });
    return { openings: all };
  } finally {
    await prover.close();
  }
}

type WorkOf = (side: SideName, index: number) => Promise<Work>;

/** What each run does. What the run before made goes first: layers, replicas and parameters are large. */
function workOf(options: BenchOptions, subject: Subject, parentsDir: string, results: string): WorkOf {
  const { phase } = options;
  const sectorSize = sizeOf(options);
  const folderOf = async (side: SideName, index: number): Promise<string> => {
    for (const old of phase === "c1" ? [] : [index - 1, index]) {
      await rm(join(results, `${side}-${old}`), { recursive: true, force: true });
    }
    return join(results, `${side}-${index}`);
  };
  return async (side, index) => {
    const folder = await folderOf(side, index);
    switch (phase) {
      case "commp":
        return { phase, file: subject.file, size: toUnpadded(sectorSize) };
      case "pc1":
        if (options.coldParents) await rm(parentsDir, { recursive: true, force: true });
        for (const place of subject.unsealed.keys()) await makeFolders(pc1Files(folder, place).cacheDir);
        return { phase, sectors: subject.unsealed, folder };
      case "pc2": {
        const { labelled: sector } = subject;
        if (sector === undefined) throw new Error("PC2 has no labels");
        await makeFolder(folder);
        const cacheDir = join(folder, "cache");
        await linkLabels(sector, cacheDir);
        return { phase, sector, cacheDir, sealedPath: join(folder, "sealed") };
      }
      case "c1":
        await makeFolder(folder);
        return { phase, openings: subject.openings, folder };
      case "c2":
        return { phase, openings: subject.openings };
      case "params":
        return { phase, sectorSize, seed: DEVNET_SEED, folder };
    }
  };
}

/** The reference's parents file is made by its first PC1 on a machine: by one that is not measured. */
async function makeParents(reference: Side | undefined, work: WorkOf): Promise<void> {
  if (reference === undefined) return;
  const peer = await reference.start();
  try {
    await peer.run(await work("reference", 0));
  } finally {
    await peer.end();
  }
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
    case "commp":
      return { equal: sameCommitments(runs), decodeMs };
    case "pc1":
      return { equal: await sameLayers(runs), decodeMs };
    case "c1":
      return { equal: await sameOpenings(runs), decodeMs };
    case "c2":
      return { equal: await bothAccept(runs, sidesOf(sides), all), decodeMs };
    case "params":
      return { equal: await sameParameters(runs, paddedSize(SECTOR_SIZES[options.size])), decodeMs };
  }
}
