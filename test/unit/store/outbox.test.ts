import { describe, expect, it } from "vitest";
import { createOutbox } from "../../../src/store/outbox.ts";
import { attoFil, epoch } from "../../../src/units.ts";
import { FAILED, move, PIECE_ADDED, pledgeOne, T0 } from "./sectors.ts";
import { tempStore } from "./tempStore.ts";

const message = (method: number) => ({
  to: "t05",
  method,
  params: new Uint8Array([0, 255, method]),
  value: attoFil(2n ** 80n),
});

async function opened() {
  const store = await tempStore();
  const outbox = createOutbox(store, () => T0);
  const sector = await pledgeOne(store, { deal: "self" });
  const first = await outbox.open("PublishDeals", sector.number, async () => message(4));
  return { store, outbox, sector, first };
}

const never = async () => {
  throw new Error("made again");
};

describe("outbox", () => {
  it("stores a message before it returns it, and finds it again whole, with the time since when it is open", async () => {
    const { outbox, sector, first } = await opened();
    expect(first).toMatchObject(message(4));
    expect(await outbox.open("PublishDeals", sector.number, never)).toStrictEqual({
      ...first,
      openSince: T0,
    });
  });

  it("finds it again after it was sent", async () => {
    const { outbox, sector, first } = await opened();
    await outbox.sent(first.uuid, "bafy-a");
    expect(await outbox.open("PublishDeals", sector.number, never)).toStrictEqual({
      ...first,
      openSince: T0,
    });
  });

  it("finds it again when the step comes back through a failure with the same pieces", async () => {
    const { store, outbox, sector, first } = await opened();
    const failed = await move(store, sector, FAILED);
    await move(store, failed, { kind: "SectorRetryPieces" });
    expect(await outbox.open("PublishDeals", sector.number, never)).toStrictEqual({
      ...first,
      openSince: T0,
    });
  });

  it("finds what went out by its CID, and by its purpose when it has had another CID since", async () => {
    const { outbox, sector, first } = await opened();
    await outbox.sent(first.uuid, "bafy-a");
    await outbox.sent(first.uuid, "bafy-b");
    for (const cid of ["bafy-a", "bafy-b"]) {
      expect(await outbox.find(cid, "PublishDeals", sector.number)).toMatchObject({ uuid: first.uuid });
    }
    expect(await outbox.find("bafy-a", "Commit", sector.number)).toBeUndefined();
  });

  it("says whether a message was decided on for what the sector is about now", async () => {
    const { outbox, sector } = await opened();
    expect(await outbox.isOpen("PublishDeals", sector.number)).toBe(true);
    expect(await outbox.isOpen("Commit", sector.number)).toBe(false);
    await outbox.close("PublishDeals", sector.number);
    expect(await outbox.isOpen("PublishDeals", sector.number)).toBe(false);
  });

  it("keeps the kinds apart", async () => {
    const { outbox, sector, first } = await opened();
    const other = await outbox.open("PreCommit", sector.number, async () => message(28));
    expect(other.uuid).not.toBe(first.uuid);
  });

  it("makes a new message once the old one is closed", async () => {
    const { outbox, sector, first } = await opened();
    await outbox.close("PublishDeals", sector.number);
    const second = await outbox.open("PublishDeals", sector.number, async () => message(5));
    expect(second).toMatchObject(message(5));
    expect(second.uuid).not.toBe(first.uuid);
  });

  it("makes a new message for the fillers, though nobody closed the pledge's", async () => {
    const store = await tempStore();
    const outbox = createOutbox(store, () => T0);
    const sector = await pledgeOne(store);
    const first = await outbox.open("PublishDeals", sector.number, async () => message(4));
    await move(store, sector, PIECE_ADDED);
    const second = await outbox.open("PublishDeals", sector.number, async () => message(4));
    expect(second.uuid).not.toBe(first.uuid);
  });

  it("makes a new precommit for a new ticket", async () => {
    const { store, outbox, sector } = await opened();
    const first = await outbox.open("PreCommit", sector.number, async () => message(28));
    const body = JSON.stringify({ ...sector, ticket: { epoch: epoch(1), value: "aa" } });
    await store.write((tx) =>
      tx.updateTable("sectors").set({ body }).where("number", "=", sector.number).execute(),
    );
    const second = await outbox.open("PreCommit", sector.number, async () => message(28));
    expect(second.uuid).not.toBe(first.uuid);
  });

  it("lets one of two runs that open at the same time win", async () => {
    const { outbox, sector } = await opened();
    const [a, b] = await Promise.all([
      outbox.open("Commit", sector.number, async () => message(34)),
      outbox.open("Commit", sector.number, async () => message(34)),
    ]);
    const found = [a, b].filter(({ openSince }) => openSince !== undefined);
    expect(found).toHaveLength(1);
    expect(a.uuid).toBe(b.uuid);
  });
});
