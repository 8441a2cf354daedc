/** Whether both sides made the same thing. Outside of the timed part. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { loadNative, nativeCall } from "../../proofs/native.ts";
import type { Run } from "./measure.ts";
import type { Side } from "./sides.ts";
import { isOfLabels } from "./subject.ts";
import { c1File, type Digests, type Opening, pc1Files, type SideName, type Work } from "./work.ts";

/** Each file that must be the same on both sides, read once. */
export async function digestsOf(work: Work): Promise<Digests> {
  const digests = new Map<string, string>();
  for (const [name, path] of await filesOf(work)) {
    digests.set(name, (await nativeCall(() => loadNative().digestFile(path))).digest);
  }
  return digests;
}

type Files = readonly (readonly [name: string, path: string])[];

async function filesOf(work: Work): Promise<Files> {
  switch (work.phase) {
    case "commp":
    case "c2":
      return [];
    case "addpiece":
      return [["unsealed", work.unsealedPath]];
    case "pc1":
      return layerFiles(work);
    case "pc2":
      return replicaFiles(work);
    case "c1": // Byte for byte: C1 draws nothing at random.
      return [...work.openings.keys()].map((index) => [`${index}`, c1File(work.folder, index)]);
    case "params": {
      const { paramsFile, verifyingKeyFile } = loadNative().proofInfo(work.sectorSize);
      return [paramsFile, verifyingKeyFile].map((name) => [name, join(work.folder, name)]);
    }
  }
}

/** TreeD and the layers. */
async function layerFiles({ sectors, folder }: Extract<Work, { phase: "pc1" }>): Promise<Files> {
  const files: (readonly [string, string])[] = [];
  for (const index of sectors.keys()) {
    const { cacheDir } = pc1Files(folder, index);
    const names = (await readdir(cacheDir)).filter(isOfLabels);
    files.push(...names.map((name) => [`${index}/${name}`, join(cacheDir, name)] as const));
  }
  return files;
}

/** The replica and its trees. `t_aux` names its folder, so it cannot be the same here. */
async function replicaFiles({ cacheDir, sealedPath }: Extract<Work, { phase: "pc2" }>): Promise<Files> {
  const names = (await readdir(cacheDir)).filter(
    (name) => name === "p_aux" || /tree-(?:c|r-last)/.test(name),
  );
  return [...names.map((name) => [name, join(cacheDir, name)] as const), ["replica", sealedPath]];
}

/** The last run of a side. */
function lastOf(runs: readonly Run[], side: SideName): Run {
  const found = runs.findLast((run) => run.side === side);
  if (found === undefined) throw new Error(`${side} has not run`);
  return found;
}

/** Commitments and files of the last runs. */
export function sameResults(runs: readonly Run[]): boolean {
  const [ours, theirs] = [lastOf(runs, "ours"), lastOf(runs, "reference")];
  const answers = [ours, theirs].map(({ outcome: { commitments, commR } }) => [commitments, commR]);
  if (JSON.stringify(answers[0]) !== JSON.stringify(answers[1])) return false;
  const [own, other] = [ours.files, theirs.files];
  if (own === null || other === null) throw new Error("the last runs left no digests");
  return own.size === other.size && [...own].every(([name, digest]) => other.get(name) === digest);
}

/** Proofs are random; so the last ones of each side must be accepted by both verifiers. */
export async function bothAccept(
  runs: readonly Run[],
  sides: readonly Side[],
  all: readonly Opening[],
): Promise<boolean> {
  for (const { name } of sides) {
    const { proofs } = lastOf(runs, name).outcome;
    for (const [index, opening] of all.entries()) {
      const proof = proofs[index];
      if (proof === undefined) return false;
      for (const side of sides) if (!(await side.verify(opening, proof))) return false;
    }
  }
  return true;
}
