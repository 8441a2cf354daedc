/** `pledge-sector`: records the work and returns; whoever drives does it. */
import { PadmaError } from "../errors.ts";
import { type Content, type DealMode, PLEDGE_SEED } from "../sealing/sector.ts";
import { phase1Bytes, phase2Bytes } from "../storage/sectorFiles.ts";
import { checkLimit, createSectors } from "../store/createSectors.ts";
import { summary } from "../store/summary.ts";
import { runningDrivers } from "./drivers.ts";
import { requireFunds } from "./funds.ts";
import { requireLifetime } from "./lifetime.ts";
import { preflight } from "./preflight.ts";
import { requireSpacetimeProven } from "./spacetime.ts";
import { type PaddedSize, type SectorNumber, toUnpadded } from "../units.ts";
import type { App } from "./open.ts";

export type PledgeData =
  | { readonly kind: "random" }
  | { readonly kind: "zeros" }
  | { readonly kind: "file"; readonly path: string };

export interface PledgeOptions {
  readonly count: number;
  /** Null: random data on a devnet; zeros on a network that others make, where data without a client is of no use. */
  readonly data: PledgeData | null;
  /** Null: a deal with ourselves on a devnet, none on a network that others make. */
  readonly deal: DealMode | null;
  /** At most so many sectors between pledge and Proving; null: as configured. */
  readonly maxSealing: number | null;
  /** A person says that something else proves this miner's sectors; also once and for all in the configuration. */
  readonly provenElsewhere?: boolean;
}

export interface Pledged {
  readonly sectors: readonly SectorNumber[];
  /** Zeros without a deal. */
  readonly committedCapacity: boolean;
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
 * Whatever would only be found out after hours is looked at before: money, the lifetime, the disk, and, where a mistake
 * costs money, everything that a driver needs.
 * @throws PLEDGE_LIMIT (busy), SPACETIME_NOT_PROVEN, FUNDS_MISSING, LIFETIME_NOT_ALLOWED, DATA_TOO_LARGE, STORAGE_FULL,
 * STORAGE_NOT_WRITABLE, what `preflight` throws, and what reading the file meets.
 */
export async function pledge(app: App, options: PledgeOptions): Promise<Pledged> {
  if (options.count > MAX_COUNT) throw tooMany(options.count);
  const maxSealing = options.maxSealing ?? (app.config.sealing.maxSealing || null);
  // Asked again in the transaction; here it spares the copy of a large file.
  if (maxSealing !== null) await checkLimit(app.store.db, options.count, maxSealing);
  const chain = await app.chain();
  const { content: data, deal } = chosen(app, options);
  requireSpacetimeProven(
    chain.network,
    options.provenElsewhere === true || app.config.network.provenElsewhere,
  );
  requireLifetime(chain.network, app.config.sealing.lifetimeEpochs);
  if (chain.network.kind === "lotus") await preflight(app);
  const { id, sectorSize, sealProof } = await chain.miner();
  // Numbers that the chain knows are never used again, whatever an older, restored store says.
  await chain.head();
  const atLeast = await chain.nextFreeNumber();
  await requireFunds(chain, { count: options.count, deal, underWay: await summary(app.store) });
  await app.storage.requireFree(bytesFor(sectorSize, options.count));
  const pledged = await withContent(app, data, options.count, sectorSize, (content) =>
    createSectors(app.store, {
      miner: id,
      sectorSize,
      sealProof,
      atLeast,
      deal,
      content,
      count: options.count,
      now: app.now(),
      maxSealing,
      retry: app.retry,
    }),
  );
  const drivers = await runningDrivers(app);
  const committedCapacity = data.kind === "zeros" && deal === "none";
  return { sectors: pledged.map(({ number }) => number), committedCapacity, driver: drivers.length > 0 };
}

/**
 * What a pledge takes at least, refused now rather than after hours of work: for each sector its data and its replica,
 * and once the layers and trees, which are dropped again sector by sector.
 */
function bytesFor(sectorSize: PaddedSize, count: number): number {
  return 2 * sectorSize * count + phase1Bytes(sectorSize) + phase2Bytes(sectorSize);
}

function chosen(app: App, { data, deal }: PledgeOptions): { content: PledgeData; deal: DealMode } {
  const isDevnet = app.network.kind === "devnet";
  return {
    content: data ?? { kind: isDevnet ? "random" : "zeros" },
    deal: deal ?? (isDevnet ? "self" : "none"),
  };
}

async function withContent<T>(
  app: App,
  data: PledgeData,
  count: number,
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
