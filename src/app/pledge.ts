/** `pledge-sector`: records the work and returns; whoever drives does it. */
import { PadmaError } from "../errors.ts";
import { type Content, type DealMode, PLEDGE_SEED } from "../sealing/sector.ts";
import { phase1Bytes, phase2Bytes } from "../storage/sectorFiles.ts";
import { checkLimit, createSectors } from "../store/createSectors.ts";
import { runningDrivers } from "./drivers.ts";
import { type PaddedSize, type SectorNumber, toUnpadded } from "../units.ts";
import type { App } from "./open.ts";

export interface PledgeOptions {
  readonly count: number;
  readonly data:
    | { readonly kind: "random" }
    | { readonly kind: "zeros" }
    | { readonly kind: "file"; readonly path: string };
  readonly deal: DealMode;
  /** At most so many sectors between pledge and Proving; null: as configured. */
  readonly maxSealing: number | null;
}

export interface Pledged {
  readonly sectors: readonly SectorNumber[];
  /** Whether a process is there that will seal them. */
  readonly driver: boolean;
}

/** The store is locked while they are made (about half a millisecond each), and others wait ten seconds at most. */
const MAX_COUNT = 1000;

/**
 * Pledges sectors in Incoming, in one transaction.
 *
 * FAIL before it: a file's copy stays in storage/staged, and nothing is pledged; it is removed here where that can
 * still be done.
 * @throws PLEDGE_LIMIT (busy), DATA_TOO_LARGE, STORAGE_FULL, STORAGE_NOT_WRITABLE, and what reading the file meets.
 */
export async function pledge(app: App, options: PledgeOptions): Promise<Pledged> {
  if (options.count > MAX_COUNT) throw tooMany(options.count);
  const maxSealing = options.maxSealing ?? (app.config.sealing.maxSealing || null);
  // Asked again in the transaction; here it spares the copy of a large file.
  if (maxSealing !== null) await checkLimit(app.store.db, options.count, maxSealing);
  const chain = await app.chain();
  const { id, sectorSize, sealProof } = await chain.miner();
  // Numbers that the chain knows are never used again, whatever an older, restored store says.
  await chain.head();
  const atLeast = await chain.nextFreeNumber();
  await app.storage.requireFree(bytesFor(sectorSize, options.count));
  const pledged = await withContent(app, options, sectorSize, (content) =>
    createSectors(app.store, {
      miner: id,
      sectorSize,
      sealProof,
      atLeast,
      deal: options.deal,
      content,
      count: options.count,
      now: app.now(),
      maxSealing,
      retry: app.retry,
    }),
  );
  const drivers = await runningDrivers(app);
  return { sectors: pledged.map(({ number }) => number), driver: drivers.length > 0 };
}

/**
 * What a pledge takes at least, refused now rather than after hours of work: for each sector its data and its replica,
 * and once the layers and trees, which are dropped again sector by sector.
 */
function bytesFor(sectorSize: PaddedSize, count: number): number {
  return 2 * sectorSize * count + phase1Bytes(sectorSize) + phase2Bytes(sectorSize);
}

async function withContent<T>(
  app: App,
  { data, count }: PledgeOptions,
  sectorSize: PaddedSize,
  create: (content: Content) => Promise<T>,
): Promise<T> {
  if (data.kind === "zeros") return create({ kind: "zeros" });
  if (data.kind === "random") return create({ kind: "random", seed: PLEDGE_SEED });
  if (count > 1) throw oneFileOneSector(data.path);
  const { path, size } = await app.storage.stage(data.path, { maxBytes: toUnpadded(sectorSize) });
  try {
    return await create({ kind: "file", path, bytes: size });
  } catch (error) {
    await app.storage.unstage(path);
    throw error;
  }
}

function tooMany(count: number): PadmaError {
  return new PadmaError({
    code: "PLEDGE_COUNT",
    kind: "user",
    message: `${count} sectors are too many for one pledge`,
    next: `pledge at most ${MAX_COUNT} at a time`,
  });
}

function oneFileOneSector(path: string): PadmaError {
  return new PadmaError({
    code: "DATA_ONE_SECTOR",
    kind: "user",
    message: "a data file goes into one sector",
    facts: { file: path },
    next: "leave out --count, or pledge the file once for each sector",
  });
}
