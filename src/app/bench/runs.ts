/** What each run does, and what becomes of the files that it made. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, makeFolders } from "../../folders.ts";
import { DEVNET_SEED } from "../../proofs/parameterSets.ts";
import { type PaddedSize, toUnpadded } from "../../units.ts";
import { digestsOf } from "./equality.ts";
import { linkLabels } from "./subject.ts";
import {
  type BenchPhase,
  type Digests,
  type LabelledSector,
  type Opening,
  pc1Files,
  type SideName,
  type UnsealedSector,
  type Work,
} from "./work.ts";

/** What the runs work on. */
export interface Subject {
  /** CommP and AddPiece: data that fills a sector. */
  readonly file: string;
  /** PC1: as many sectors as a batch has. */
  readonly unsealed: readonly UnsealedSector[];
  /** C1 and C2: a sealed sector at as many seeds as a batch has proofs; for C2 with C1's results. */
  readonly openings: readonly Opening[];
  /** PC2. */
  readonly labelled?: LabelledSector;
}

export interface RunsOptions {
  readonly phase: BenchPhase;
  readonly size: PaddedSize;
  readonly subject: Subject;
  /** Before each run of PC1 the reference's file of parents goes. */
  readonly coldParents: boolean;
  readonly parentsDir: string;
  /** Where the results go; null for a phase that has none. */
  readonly results: string | null;
  /** Whether the sides are compared. */
  readonly compared: boolean;
}

/** What is done around a run, outside of its time. */
export interface Runs {
  begin(side: SideName): Promise<Work>;
  /**
   * Layers, replicas and parameters are large: they go before the next run begins, of either side. The last ones of a
   * side leave their digests.
   */
  end(work: Work, last: boolean): Promise<Digests | null>;
}

/** FAIL in the middle of a run: what it wrote stays in the results' folder, which its owner removes. */
export function runsOf(options: RunsOptions): Runs {
  const { compared, results } = options;
  return {
    begin: (side) => workOf(options, results === null ? null : join(results, side)),
    async end(work, last) {
      const digests = compared && last ? await digestsOf(work) : null;
      const folder = "folder" in work ? work.folder : null;
      if (folder !== null) await rm(folder, { recursive: true, force: true });
      return digests;
    },
  };
}

async function workOf(options: RunsOptions, folder: string | null): Promise<Work> {
  const { phase, size, subject, coldParents, parentsDir } = options;
  if (phase === "commp") return { phase, file: subject.file, size: toUnpadded(size) };
  if (phase === "c2") return { phase, openings: subject.openings };
  if (folder === null) throw new Error(`${phase} has no folder for its results`);
  switch (phase) {
    case "addpiece": {
      await makeFolder(folder);
      const [file, unsealedPath] = [subject.file, join(folder, "unsealed")];
      return { phase, file, size: toUnpadded(size), sectorSize: size, folder, unsealedPath };
    }
    case "pc1":
      if (coldParents) await rm(parentsDir, { recursive: true, force: true });
      for (const place of subject.unsealed.keys()) await makeFolders(pc1Files(folder, place).cacheDir);
      return { phase, sectors: subject.unsealed, folder };
    case "pc2": {
      const { labelled: sector } = subject;
      if (sector === undefined) throw new Error("PC2 has no labels");
      await makeFolder(folder);
      const cacheDir = join(folder, "cache");
      await linkLabels(sector, cacheDir);
      return { phase, sector, folder, cacheDir, sealedPath: join(folder, "sealed") };
    }
    case "c1":
      await makeFolder(folder);
      return { phase, openings: subject.openings, folder };
    case "params":
      return { phase, sectorSize: size, seed: DEVNET_SEED, folder };
  }
}
