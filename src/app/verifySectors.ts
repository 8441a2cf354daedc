/** `padma sectors verify`: a sector's files against what the store says of it. Reads only. */
import type { CheckedPart, FilePart } from "../proofs/prover.ts";
import { isCommittedCapacity, type Sector } from "../sealing/sector.ts";
import { getSector } from "../store/getSector.ts";
import { listSectors } from "../store/listSectors.ts";
import type { SectorNumber } from "../units.ts";
import { type App, openProver } from "./open.ts";
import type { CheckedFile, SectorCheck } from "./views.ts";

export interface VerifyOptions {
  /** Null: all sectors that are not removed. */
  readonly sector: SectorNumber | null;
  /** Hash everything again, not only look at lengths and roots. */
  readonly deep: boolean;
  readonly signal: AbortSignal;
  readonly onSector: (sector: SectorNumber) => void;
}

/** @throws SECTOR_UNKNOWN, PROOF_IO, PROOF_BACKEND */
export async function verifySectors(app: App, options: VerifyOptions): Promise<readonly SectorCheck[]> {
  const sectors = await chosen(app, options.sector);
  const prover = await openProver(app.env, app.log, app.repo.root, app.config.limits);
  try {
    const checks: SectorCheck[] = [];
    for (const sector of sectors) {
      options.onSector(sector.number);
      checks.push(await verifySector(app, prover, sector, options));
    }
    return checks;
  } finally {
    await prover.close();
  }
}

async function chosen({ store }: App, sector: SectorNumber | null): Promise<readonly Sector[]> {
  if (sector !== null) return [await getSector(store, sector)];
  const lines = (await listSectors(store)).filter(({ state }) => state !== "Removed");
  return Promise.all(lines.map(({ number }) => getSector(store, number)));
}

async function verifySector(
  { storage, proofs }: App,
  prover: Awaited<ReturnType<typeof openProver>>,
  sector: Sector,
  { deep, signal }: VerifyOptions,
): Promise<SectorCheck> {
  const { sectorSize, pieces, replica } = sector;
  const commD = await proofs.verifier.commD(sectorSize, pieces);
  const commR = replica?.commR ?? null;
  const { unsealed: unsealedPath, sealed: sealedPath, cache: cacheDir } = storage.paths(sector);
  const paths = { unsealedPath, sealedPath, cacheDir };
  // Nothing is in the sector yet.
  const found =
    pieces.length === 0
      ? []
      : await prover.checkSector({ sectorSize, ...paths, commD, commR, deep }, { signal });
  const needed = neededParts(sector);
  const files = found.map((part) => checked(part, needed, droppedParts(sector)));
  const ok = files.every(({ state }) => state === "right" || state === "absent");
  return { sector: sector.number, state: sector.state, ok, deep, files };
}

function checked(
  { part, state, detail }: CheckedPart,
  needed: ReadonlySet<FilePart>,
  dropped: ReadonlySet<FilePart>,
): CheckedFile {
  // FAIL: a Finalize that was cut, or that runs now, leaves a part of the layers or of a tree; the next one drops the rest.
  if (state === "wrong" && dropped.has(part)) return { part, state: "absent", detail: detail ?? null };
  const missing = state === "absent" && needed.has(part);
  return { part, state: missing ? "missing" : state, detail: detail ?? null };
}

/** What a sector earns with, for ever; and what C1 reads. */
const PROVING: readonly FilePart[] = ["sealed", "p_aux", "t_aux", "tree-r-last"];
const OPENING: readonly FilePart[] = ["tree-d", "layers", "tree-c"];

/** The parts that must be there: the replica once the store knows of it, and the rest of the cache until C1 has read it. */
function neededParts(sector: Sector): ReadonlySet<FilePart> {
  const { pieces, replica, state, step } = sector;
  const needed = new Set<FilePart>();
  if (pieces.length > 0 && !droppedParts(sector).has("unsealed")) needed.add("unsealed");
  if (replica === undefined) return needed;
  for (const part of PROVING) needed.add(part);
  const opens = state === "PreCommitting" || state === "PreCommitted" || step === "C1";
  if (opens) for (const part of OPENING) needed.add(part);
  return needed;
}

/** What Finalize drops before it says so: nobody reads it any more. */
function droppedParts(sector: Sector): ReadonlySet<FilePart> {
  if (sector.state !== "Proving" && sector.state !== "Removing") return new Set();
  return new Set([...OPENING, "decoded", ...(isCommittedCapacity(sector) ? (["unsealed"] as const) : [])]);
}
