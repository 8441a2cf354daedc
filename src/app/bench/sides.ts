/** The two sides of a comparison: padma's own proofs process as users run it, and the peer's. */
import { mkdir } from "node:fs/promises";
import { type ProofsChild, startChild } from "../../proofs/childProcess.ts";
import { childEnvironment } from "../../proofs/environment.ts";
import { proofError } from "../../proofs/failures.ts";
import { loadNative } from "../../proofs/native.ts";
import {
  type ReferenceProcess,
  type ReferenceReply,
  type ReferenceRequest,
  type ReplicaFacts,
  type SealedFacts,
  startReference,
} from "../../proofs/reference.ts";
import type { ReplicaIdentity, Verifier } from "../../proofs/prover.ts";
import type { Environment } from "../open.ts";
import {
  c1File,
  type Opening,
  type Outcome,
  pc1Files,
  type SideName,
  type UnsealedSector,
  type Work,
} from "./work.ts";

/** One process of a side, up and ready for its first call. */
export interface Peer {
  readonly pid: number;
  run(work: Work): Promise<Outcome>;
  /** Ends the process, in the middle of a run too; resolves when it is gone. */
  end(): Promise<void>;
}

export interface Side {
  readonly name: SideName;
  start(): Promise<Peer>;
  /** Whether the side's own verifier accepts a proof. */
  verify(opening: Opening, proof: Uint8Array): Promise<boolean>;
}

export interface SideOptions {
  readonly env: Environment;
  /** The reference's files of SDR parents. */
  readonly parentsDir: string;
  /** Empty working directories of the processes are made in it. */
  readonly temporaryFolder: string;
  /** For C2. */
  readonly parameters?: ProvingParameters;
}

export interface ProvingParameters {
  readonly dir: string;
  readonly paramsPath: string;
  readonly verifyingKey: Uint8Array;
}

const NOTHING: Outcome = { proofs: [], commitments: [], parts: {} };

/** The same for both: the same parameters, the same threads, nothing inherited by chance. */
const environment =
  ({ env, parentsDir, parameters }: SideOptions) =>
  (cwd: string): Record<string, string> =>
    childEnvironment(env, { parentsDir, parametersDir: parameters?.dir ?? cwd });

function startOurs(options: SideOptions): Promise<ProofsChild> {
  const { temporaryFolder } = options;
  return startChild({ environment: environment(options), temporaryFolder, log: () => {} });
}

/** The arithmetic that our side's processes use. Rejects with PROOF_BACKEND when this CPU has not what was asked for. */
export async function ourBackend(options: SideOptions): Promise<string> {
  const child = await startOurs(options);
  try {
    return (await child.call("about", null)).backend;
  } finally {
    await end(child);
  }
}

export function ourSide(options: SideOptions, verifier: Verifier): Side {
  return {
    name: "ours",
    async start() {
      const child = await startOurs(options);
      await child.call("about", null); // Up, with the native module loaded.
      return { pid: child.pid, run: (work) => ourRun(child, work), end: () => end(child) };
    },
    async verify({ sector, seed }, proof) {
      const { identity, commD, commR } = sector;
      const { verifyingKey = new Uint8Array() } = options.parameters ?? {};
      const claim = { ...identity, commD, commR, seed, proof };
      return (await verifier.verifySeals(verifyingKey, [claim])).every(Boolean);
    },
  };
}

async function end(child: Pick<ProofsChild, "kill"> & { readonly gone: Promise<unknown> }): Promise<void> {
  child.kill();
  await child.gone;
}

async function ourRun(child: ProofsChild, work: Work): Promise<Outcome> {
  switch (work.phase) {
    case "commp": {
      const source = { kind: "file", path: work.file } as const;
      const { commP } = await child.call("commP", { source, size: work.size });
      return { ...NOTHING, commitments: [commP] };
    }
    case "addpiece": {
      const { file, size, sectorSize, unsealedPath } = work;
      const source = { kind: "file", path: file } as const;
      const piece = await child.call("addPiece", { sectorSize, source, size, existing: [], unsealedPath });
      return { ...NOTHING, commitments: [piece.commP] };
    }
    case "pc1":
      return { ...NOTHING, commitments: await ourLayers(child, work.sectors, work.folder) };
    case "pc2": {
      const { sector, cacheDir, sealedPath } = work;
      const { identity, ...files } = sector;
      const { commR } = await child.call("pc2", { ...identity, ...files, cacheDir, sealedPath });
      return { ...NOTHING, commR };
    }
    case "c1":
      for (const [index, { sector, seed }] of work.openings.entries()) {
        const { identity, ...files } = sector;
        await child.call("c1", { ...identity, ...files, seed, outputPath: c1File(work.folder, index) });
      }
      return NOTHING;
    case "c2":
      return ourProofs(child, work.openings);
    case "params": {
      const { sectorSize, seed, folder } = work;
      await child.call("generateParameters", { circuit: "porep", sectorSize, seed, folder });
      return NOTHING;
    }
  }
}

/** A batch is one call: its layers are made side by side. */
async function ourLayers(
  child: ProofsChild,
  sectors: readonly UnsealedSector[],
  folder: string,
): Promise<readonly string[]> {
  const inputs = sectors.map(({ identity, ...files }, index) => ({
    ...identity,
    ...files,
    ...pc1Files(folder, index),
  }));
  const { outcomes } = await child.call("pc1", { sectors: inputs });
  return outcomes.map((outcome) => {
    if ("failure" in outcome) throw proofError(outcome.failure);
    return outcome.commD;
  });
}

/** A batch is one call: its proofs share a pass over the parameters. */
async function ourProofs(child: ProofsChild, openings: readonly Opening[]): Promise<Outcome> {
  const sectors = openings.map(({ sector: { identity, commD, commR }, seed, c1Path }) => ({
    ...identity,
    commD,
    commR,
    seed,
    c1Path,
  }));
  const { proofs, phases } = await child.call("c2", { sectors });
  return { ...NOTHING, proofs, parts: phases };
}

/** A batch's proofs in order, and the sums of its parts. */
function joined(outcomes: readonly Outcome[]): Outcome {
  const parts: Record<string, number> = {};
  for (const outcome of outcomes) {
    for (const [name, ms] of Object.entries(outcome.parts)) parts[name] = (parts[name] ?? 0) + ms;
  }
  return { ...NOTHING, proofs: outcomes.flatMap(({ proofs }) => proofs), parts };
}

export interface ReferenceSide extends Side {
  /** Milliseconds to read every point of a `.params`, which the library does within each proof. */
  decode(paramsPath: string): Promise<number | null>;
}

/** `program`: the file that buildPeer.ts made. */
export function referenceSide(options: SideOptions, program: string): ReferenceSide {
  const { temporaryFolder } = options;
  const start = (): Promise<ReferenceProcess> =>
    startReference({ program, environment: environment(options), temporaryFolder });
  const ask = async (request: ReferenceRequest): Promise<ReferenceReply> => {
    const process = await start();
    try {
      return await process.call(request);
    } finally {
      await end(process);
    }
  };
  return {
    name: "reference",
    async start() {
      const process = await start();
      return { pid: process.pid, run: (work) => referenceRun(process, work), end: () => end(process) };
    },
    async verify(opening, proof) {
      const hex = Buffer.from(proof).toString("hex");
      return (await ask({ call: "verify", ...facts(opening), proof: hex })).valid === true;
    },
    decode: async (file) => (await ask({ call: "decode", file })).phases?.["decode"] ?? null,
  };
}

function replica({ sectorSize, miner, number, ticket }: ReplicaIdentity): ReplicaFacts {
  const proverId = Buffer.from(loadNative().proverId(miner)).toString("hex");
  return { sectorSize, proverId, sectorNumber: number, ticket };
}

function facts({ sector: { identity, commR, commD }, seed }: Opening): SealedFacts {
  return { ...replica(identity), seed, commR, commD };
}

async function referenceRun(process: ReferenceProcess, work: Work): Promise<Outcome> {
  switch (work.phase) {
    case "commp": {
      const { commitments = [] } = await process.call({ call: "commP", file: work.file, size: work.size });
      return { ...NOTHING, commitments };
    }
    case "addpiece": {
      const { file, size, unsealedPath: unsealed } = work;
      const { commitments = [] } = await process.call({ call: "addPiece", file, size, unsealed });
      return { ...NOTHING, commitments };
    }
    case "pc1": {
      const sectors = work.sectors.map(({ identity, pieces, unsealedPath: unsealed }, index) => {
        const { cacheDir: cache, sealedPath: sealed } = pc1Files(work.folder, index);
        return { ...replica(identity), pieces, unsealed, replica: sealed, cache };
      });
      const { commitments = [] } = await process.call({ call: "pc1", sectors });
      return { ...NOTHING, commitments };
    }
    case "pc2": {
      const { sector, cacheDir: cache, sealedPath: replica } = work;
      const { unsealedPath: unsealed, phase1Path: phase1, identity } = sector;
      const { sectorSize } = identity;
      const reply = await process.call({ call: "pc2", sectorSize, unsealed, replica, cache, phase1 });
      return { ...NOTHING, commR: reply.commR ?? "" };
    }
    case "c1":
      for (const [index, opening] of work.openings.entries()) {
        const { pieces, sealedPath: replica, cacheDir: cache } = opening.sector;
        const output = c1File(work.folder, index);
        await process.call({ call: "c1", ...facts(opening), pieces, replica, cache, output });
      }
      return NOTHING;
    case "c2":
      return referenceProofs(process, work.openings);
    case "params": {
      const { sectorSize, seed, folder } = work;
      await mkdir(folder);
      await process.call({ call: "parameters", sectorSize, seed, folder });
      return NOTHING;
    }
  }
}

async function referenceProofs(process: ReferenceProcess, openings: readonly Opening[]): Promise<Outcome> {
  const made: Outcome[] = [];
  for (const opening of openings) {
    const { proof = "", phases } = await process.call({
      call: "c2",
      ...facts(opening),
      c1: opening.c1Path,
    });
    made.push({ ...NOTHING, proofs: [Buffer.from(proof, "hex")], parts: phases ?? {} });
  }
  return joined(made);
}
