/** Whether both sides made the same thing. Runs after the timed part. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadNative, nativeCall } from "../../proofs/native.ts";
import type { PaddedSize } from "../../units.ts";
import type { Run } from "./measure.ts";
import type { Side } from "./sides.ts";
import { c1File, type Opening, pc1Files, type SideName, type Work } from "./work.ts";

/** The last run of a side. */
function lastOf(runs: readonly Run[], side: SideName): Run {
  const found = runs.findLast((run) => run.side === side);
  if (found === undefined) throw new Error(`${side} has not run`);
  return found;
}

/** CommR, the replica and its trees by their digests. `t_aux` names its folder, so it cannot be the same here. */
export async function sameReplicas(runs: readonly Run[]): Promise<boolean> {
  const [ours, theirs] = [lastOf(runs, "ours"), lastOf(runs, "reference")];
  if (ours.work.phase !== "pc2" || theirs.work.phase !== "pc2") throw new Error("these are no runs of PC2");
  if (ours.outcome.commR !== theirs.outcome.commR) return false;
  const [own, other] = [await replicaFiles(ours.work), await replicaFiles(theirs.work)];
  return own.size === other.size && [...own].every(([name, digest]) => other.get(name) === digest);
}

async function replicaFiles({ cacheDir, sealedPath }: Extract<Work, { phase: "pc2" }>) {
  const names = (await readdir(cacheDir)).filter(
    (name) => name === "p_aux" || /tree-(?:c|r-last)/.test(name),
  );
  const files = new Map(names.map((name) => [name, join(cacheDir, name)])).set("replica", sealedPath);
  const digests = new Map<string, string>();
  for (const [name, path] of files) digests.set(name, await digestOf(path));
  return digests;
}

const digestOf = async (path: string): Promise<string> =>
  (await nativeCall(() => loadNative().digestFile(path))).digest;

/** Byte for byte: C1 draws nothing at random. */
export async function sameOpenings(runs: readonly Run[]): Promise<boolean> {
  const [ours, theirs] = [lastOf(runs, "ours").work, lastOf(runs, "reference").work];
  if (ours.phase !== "c1" || theirs.phase !== "c1") throw new Error("these are no runs of C1");
  for (const index of ours.openings.keys()) {
    const files = [ours, theirs].map(({ folder }) => readFile(c1File(folder, index)));
    const [own, other] = await Promise.all(files);
    if (own === undefined || other === undefined || !own.equals(other)) return false;
  }
  return true;
}

/** CommP or CommD of the last runs. */
export function sameCommitments(runs: readonly Run[]): boolean {
  const [ours, theirs] = (["ours", "reference"] as const).map(
    (side) => lastOf(runs, side).outcome.commitments,
  );
  return JSON.stringify(ours) === JSON.stringify(theirs);
}

/** TreeD and the layers by their digests, and CommD. */
export async function sameLayers(runs: readonly Run[]): Promise<boolean> {
  const [ours, theirs] = [lastOf(runs, "ours").work, lastOf(runs, "reference").work];
  if (ours.phase !== "pc1" || theirs.phase !== "pc1") throw new Error("these are no runs of PC1");
  for (const index of ours.sectors.keys()) {
    const [own, other] = [ours, theirs].map(({ folder }) => pc1Files(folder, index).cacheDir);
    if (own === undefined || other === undefined) return false;
    const names = await readdir(other);
    if (names.length === 0) return false;
    for (const name of names) {
      if (!(await sameDigest(join(own, name), join(other, name)))) return false;
    }
  }
  return sameCommitments(runs);
}

async function sameDigest(one: string, other: string): Promise<boolean> {
  const native = loadNative();
  const digests = [one, other].map(async (path) => (await nativeCall(() => native.digestFile(path))).digest);
  const [first, second] = await Promise.all(digests);
  return first === second;
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

/** The `.params` and the `.vk` by their digests. */
export async function sameParameters(runs: readonly Run[], size: PaddedSize): Promise<boolean> {
  const { paramsFile, verifyingKeyFile } = loadNative().proofInfo(size);
  for (const name of [paramsFile, verifyingKeyFile]) {
    const [own, other] = [lastOf(runs, "ours").work, lastOf(runs, "reference").work];
    if (own.phase !== "params" || other.phase !== "params")
      throw new Error("these are no runs of the generator");
    if (!(await sameDigest(join(own.folder, name), join(other.folder, name)))) return false;
  }
  return true;
}
