/**
 * Messages that were decided on. A message is stored before it is pushed and found again after a crash: the same
 * uuid goes to the chain, which returns the message that it already has.
 *
 * A message is found by its kind, its sector and its **purpose**: what it stands for in the sector's row (the pieces
 * of a publish, ticket and CommR of a precommit, the proof of a commit). While the purpose is the same, a step that
 * runs again, even by way of a failure state, pushes the same message. A new purpose (another ticket, the fillers
 * after the pledge) makes a new message without anybody's help; a receipt that failed is closed by the step.
 */
import { randomUUID } from "node:crypto";
import type { OutgoingMessage } from "../chain/chain.ts";
import type { Sector } from "../sealing/sector.ts";
import { attoFil, millis, type Millis, type SectorNumber } from "../units.ts";
import { unknownSector } from "./advanceSector.ts";
import type { Store } from "./open.ts";
import type { MessagesTable, Reader, Writer } from "./schema.ts";
import { fromRow } from "./sectorRow.ts";

export type MessageKind = "MarketBalance" | "PublishDeals" | "PreCommit" | "Commit";
type Content = Omit<OutgoingMessage, "uuid">;

export interface Outbox {
  /** The message already open for this purpose, or a new one from `make`, stored before it is returned. */
  open(kind: MessageKind, sector: SectorNumber, make: () => Promise<Content>): Promise<OutgoingMessage>;
  /** Whether a message was decided on for this purpose: it may be on its way, even if nobody noted its CID. */
  isOpen(kind: MessageKind, sector: SectorNumber): Promise<boolean>;
  /**
   * What went out under a CID, to be pushed again; where it has had another CID since, what is open for the purpose.
   * Undefined for one that this store never sent.
   */
  find(cid: string, kind: MessageKind, sector: SectorNumber): Promise<OutgoingMessage | undefined>;
  /** The chain has it, under this CID. */
  sent(uuid: string, cid: string): Promise<void>;
  /** What was open for the sector failed or no longer holds: the next `open` makes a new message. */
  close(kind: MessageKind, sector: SectorNumber): Promise<void>;
}

export function createOutbox(store: Store, now: () => Millis): Outbox {
  return {
    open: (kind, sector, make) => openMessage(store, kind, sector, make, now),
    isOpen: async (kind, sector) =>
      (await findOpen(store.db, store.file, kind, sector)).message !== undefined,
    find: async (cid, kind, sector) => {
      const row = await store.db.selectFrom("messages").selectAll().where("cid", "=", cid).executeTakeFirst();
      if (row !== undefined) return outgoing(row);
      return (await findOpen(store.db, store.file, kind, sector)).message;
    },
    sent: async (uuid, cid) => {
      await store.write((tx) =>
        tx.updateTable("messages").set({ cid, pushed_at: now() }).where("uuid", "=", uuid).execute(),
      );
    },
    close: async (kind, sector) => {
      await store.write((tx) => closeMessage(tx, kind, sector));
    },
  };
}

/** `make` asks the chain, so it runs outside any transaction; whoever stores first wins, and the other's is dropped. */
async function openMessage(
  store: Store,
  kind: MessageKind,
  sector: SectorNumber,
  make: () => Promise<Content>,
  now: () => Millis,
): Promise<OutgoingMessage> {
  const known = await findOpen(store.db, store.file, kind, sector);
  if (known.message !== undefined) return known.message;
  const made = await make();
  return store.write(async (tx) => {
    const { message, purpose } = await findOpen(tx, store.file, kind, sector);
    if (message !== undefined) return message;
    const fresh: OutgoingMessage = { uuid: randomUUID(), ...made };
    await closeMessage(tx, kind, sector);
    await insert(tx, kind, sector, fresh, purpose, now());
    return fresh;
  });
}

async function findOpen(
  db: Reader,
  file: string,
  kind: MessageKind,
  sector: SectorNumber,
): Promise<{ message: OutgoingMessage | undefined; purpose: string }> {
  const row = await db.selectFrom("sectors").selectAll().where("number", "=", sector).executeTakeFirst();
  if (row === undefined) throw unknownSector(sector);
  const purpose = purposeOf(kind, fromRow(file, row));
  const message = await db
    .selectFrom("open_messages")
    .innerJoin("messages", "messages.uuid", "open_messages.uuid")
    .selectAll("messages")
    .where("open_messages.sector", "=", sector)
    .where("open_messages.kind", "=", kind)
    .where("open_messages.purpose", "=", purpose)
    .executeTakeFirst();
  return { message: message === undefined ? undefined : outgoing(message), purpose };
}

function purposeOf(kind: MessageKind, sector: Sector): string {
  switch (kind) {
    // One goes before the other, for the same deals.
    case "MarketBalance":
    case "PublishDeals": {
      const pieces = (sector.drafts ?? []).map(({ size, commP }) => ({ size, commP }));
      return JSON.stringify({ after: sector.pieces.length, pieces });
    }
    case "PreCommit":
      return JSON.stringify({ ticket: sector.ticket, commR: sector.replica?.commR });
    case "Commit":
      return JSON.stringify({ proof: sector.proof });
  }
}

async function insert(
  tx: Writer,
  kind: MessageKind,
  sector: SectorNumber,
  { uuid, to, method, params, value }: OutgoingMessage,
  purpose: string,
  now: Millis,
): Promise<void> {
  await tx
    .insertInto("messages")
    .values({
      uuid,
      kind,
      sectors: JSON.stringify([sector]),
      to_address: to,
      method,
      params_hex: Buffer.from(params).toString("hex"),
      value: value.toString(),
      created_at: now,
      cid: null,
      pushed_at: null,
    })
    .execute();
  await tx.insertInto("open_messages").values({ sector, kind, purpose, uuid }).execute();
}

function outgoing(row: MessagesTable): OutgoingMessage {
  return {
    uuid: row.uuid,
    to: row.to_address,
    method: row.method,
    params: new Uint8Array(Buffer.from(row.params_hex, "hex")),
    value: attoFil(BigInt(row.value)),
    openSince: millis(row.created_at),
  };
}

async function closeMessage(tx: Writer, kind: MessageKind, sector: SectorNumber): Promise<void> {
  await tx.deleteFrom("open_messages").where("sector", "=", sector).where("kind", "=", kind).execute();
}
