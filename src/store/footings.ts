/**
 * The tipsets that sectors stand on: those of their messages that count, and of their seeds. The highest of them is the
 * head that was followed last, as far as anything depends on it: while it is canonical, all below it are. What is final
 * is forgotten.
 */
import type { Footing } from "../sealing/sector.ts";
import { epoch, type Epoch, sectorNumber, type SectorNumber } from "../units.ts";
import { parseStored } from "./damaged.ts";
import type { Store } from "./open.ts";
import type { Writer } from "./schema.ts";

export interface StoredTipset {
  readonly epoch: Epoch;
  /** CIDs of its blocks. */
  readonly key: readonly string[];
}

export interface StoredFooting {
  readonly what: Footing;
  /** Of the message or the seed; above the tipset's where that epoch is a null round. */
  readonly epoch: Epoch;
  readonly tipset: StoredTipset;
}

/** Inside the transaction of the move that gives the footing; another one of the same kind is replaced. */
export async function setFooting(
  tx: Writer,
  sector: SectorNumber,
  { what, epoch: at, tipset }: StoredFooting,
): Promise<void> {
  const row = { epoch: at, tipset_epoch: tipset.epoch, tipset_key: JSON.stringify(tipset.key) };
  await tx
    .insertInto("footings")
    .values({ sector, what, ...row })
    .onConflict((conflict) => conflict.columns(["sector", "what"]).doUpdateSet(row))
    .execute();
}

/** The footings of a sector at tipsets from this epoch on are gone. */
export async function dropFootings(tx: Writer, sector: SectorNumber, from: Epoch): Promise<void> {
  await tx.deleteFrom("footings").where("sector", "=", sector).where("tipset_epoch", ">=", from).execute();
}

/** Null when no sector stands on anything that is not final. */
export async function highestTipset(store: Store): Promise<StoredTipset | null> {
  const row = await store.db
    .selectFrom("footings")
    .select(["tipset_epoch", "tipset_key"])
    .orderBy("tipset_epoch", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : tipset(store, row);
}

/** Each tipset that sectors stand on, once, ascending. */
export async function footingTipsets(store: Store): Promise<readonly StoredTipset[]> {
  const rows = await store.db
    .selectFrom("footings")
    .select(["tipset_epoch", "tipset_key"])
    .distinct()
    .orderBy("tipset_epoch")
    .execute();
  return rows.map((row) => tipset(store, row));
}

/** What stands on tipsets from this epoch on: for each sector its footings with their epochs. */
export async function footingsFrom(
  store: Store,
  from: Epoch,
): Promise<ReadonlyMap<SectorNumber, ReadonlyMap<Footing, Epoch>>> {
  const rows = await store.db
    .selectFrom("footings")
    .select(["sector", "what", "epoch"])
    .where("tipset_epoch", ">=", from)
    .orderBy("sector")
    .execute();
  const found = new Map<SectorNumber, Map<Footing, Epoch>>();
  for (const { sector, what, epoch: at } of rows) {
    const number = sectorNumber(sector);
    found.set(number, (found.get(number) ?? new Map<Footing, Epoch>()).set(what, epoch(at)));
  }
  return found;
}

/** Looks before it takes the write lock: most heads make nothing final. */
export async function forgetFinal(store: Store, below: Epoch): Promise<void> {
  const final = await store.db
    .selectFrom("footings")
    .select("sector")
    .where("tipset_epoch", "<", below)
    .limit(1)
    .executeTakeFirst();
  if (final === undefined) return;
  await store.write((tx) => tx.deleteFrom("footings").where("tipset_epoch", "<", below).execute());
}

function tipset(
  store: Store,
  { tipset_epoch: at, tipset_key: key }: { readonly tipset_epoch: number; readonly tipset_key: string },
): StoredTipset {
  return { epoch: epoch(at), key: parseStored(store.file, "the key of a tipset", key) as readonly string[] };
}
