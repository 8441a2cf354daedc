/** `padma bench`: one phase of the proofs, timed, and beside it a peer where that is wanted. */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isPadmaError } from "../../errors.ts";
import { cacheFolder } from "../../proofs/environment.ts";
import { createParameters, type LocatedParameters } from "../../proofs/parameters.ts";
import { DEVNET_SEED } from "../../proofs/parameterSets.ts";
import { createVerifier } from "../../proofs/verifier.ts";
import { type PaddedSize, paddedSize, SECTOR_SIZES, toUnpadded } from "../../units.ts";
import { openProver } from "../open.ts";
import { generateParameters } from "../parameters.ts";
import { folderIn, withTemporaryFolder } from "../temporaryFolder.ts";
import { buildPeer } from "./buildPeer.ts";
import { bothAccept, sameResults } from "./equality.ts";
import { type Machine, machine } from "./machine.ts";
import { measure, planOf, type Run } from "./measure.ts";
import { type BenchOptions, requireFitting } from "./options.ts";
import { type BenchReport, type Facts, report } from "./report.ts";
import { placeResults } from "./results.ts";
import { type Runs, runsOf, type Subject } from "./runs.ts";
import {
  ourBackend,
  ourSide,
  type ProvingParameters,
  referenceSide,
  type ReferenceSide,
  type Side,
  type SideOptions,
} from "./sides.ts";
import { fillSectors, labelSector, openAll, openings, sealSector, writeData } from "./subject.ts";
import type { BenchPhase } from "./work.ts";

/** @throws what `requireFitting` finds, BENCH_NO_SPACE, BENCH_NO_SOURCES, BENCH_NOT_BUILT, PROOF_BACKEND (all user), PARAMS_…, PROOF_… */
export async function bench(options: BenchOptions): Promise<BenchReport> {
  const found = machine(); // The load before anything here adds to it.
  requireFitting(options);
  const { backend } = options;
  const env = backend === null ? options.env : { ...options.env, PADMA_BACKEND: backend };
  try {
    return await withTemporaryFolder("bench", (folder) => benchIn(folder, { ...options, env }, found));
  } catch (error) {
    options.signal.throwIfAborted(); // What was being done then is of no interest.
    throw error;
  }
}

async function benchIn(folder: string, options: BenchOptions, found: Machine): Promise<BenchReport> {
  const { phase, batch, coldParents } = options;
  const settings: SideOptions = {
    env: options.env,
    parentsDir: join(coldParents ? folder : cacheFolder(options.env), "parents"),
    temporaryFolder: await folderIn(folder, "processes"),
  };
  const backend = await ourBackend(settings); // What this CPU has not is refused first.
  const size = sizeOf(options);
  const place = await placeResults({ phase, size, batch, results: options.results });
  if (place?.insteadOf) options.onEvent({ what: "placed", place });
  const facts = { backend, machine: found, resultsIn: place?.folder ?? null };
  const run = async (results: string | null): Promise<BenchReport> => {
    const sides = await openSides(settings, options);
    const subject = await prepare(folder, options);
    const { parentsDir } = settings;
    const compared = sides.reference !== undefined;
    const runs = runsOf({ phase, size, subject, coldParents, parentsDir, results, compared });
    return measured(options, sides, runs, subject, facts);
  };
  return place === null ? run(null) : withTemporaryFolder("bench-results", run, place.folder);
}

async function measured(
  options: BenchOptions,
  sides: Sides,
  around: Runs,
  subject: Subject,
  found: Pick<Facts, "backend" | "machine" | "resultsIn">,
): Promise<BenchReport> {
  const { phase, batch, against, repeat, detail, coldParents, signal, onEvent } = options;
  const { reference, parameters } = sides;
  if (phase === "pc1" && !coldParents) await makeParents(reference, around);
  const plan = planOf(phase, repeat, coldParents);
  const onRun = (run: Run): void => onEvent({ what: "ran", run });
  const made = await measure(plan, sidesOf(sides), around, signal, onRun);
  if (reference !== undefined) onEvent({ what: "comparing" });
  const equal = await isEqual(phase, sides, made.runs, subject);
  const decodeMs = detail && parameters ? ((await reference?.decode(parameters.paramsPath)) ?? null) : null;
  const facts = { ...found, phase, size: sizeOf(options), batch, against, equal, decodeMs, detail };
  return report(facts, made);
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

async function prepare(folder: string, options: BenchOptions): Promise<Subject> {
  const subject: Subject = { file: join(folder, "data"), unsealed: [], openings: [] };
  const { phase } = options;
  if (phase === "params") return subject;
  if (phase === "commp" || phase === "addpiece") {
    await writeData(subject.file, toUnpadded(sizeOf(options)));
    return subject;
  }
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

/** The reference's parents file is made by its first PC1 on a machine: by one that is not measured. */
async function makeParents(reference: Side | undefined, runs: Runs): Promise<void> {
  if (reference === undefined) return;
  const peer = await reference.start();
  try {
    const work = await runs.begin("reference");
    await peer.run(work);
    await runs.end(work, false);
  } finally {
    await peer.end();
  }
}

/** Outside of the timed part; null where there is nobody to compare with. */
async function isEqual(
  phase: BenchPhase,
  sides: Sides,
  runs: readonly Run[],
  { openings: all }: Subject,
): Promise<boolean | null> {
  if (sides.reference === undefined) return null;
  return phase === "c2" ? bothAccept(runs, sidesOf(sides), all) : sameResults(runs);
}
