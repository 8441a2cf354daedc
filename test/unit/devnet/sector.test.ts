import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/chain/devnet/database.ts";
import { ranges, type SectorState, slots } from "../../../src/chain/devnet/slots.ts";
import { writeState } from "../../../src/chain/devnet/stateRows.ts";
import { actorId, attoFil, epoch, sectorNumber } from "../../../src/units.ts";
import { encodeCbor } from "../../../src/wire/cbor.ts";
import { testDevnet } from "./harness.ts";
import { COMM_R, land, preCommitted, proveMessage, ZERO_COMM_D_2KIB } from "./messages.ts";

const SECTOR: SectorState = {
  number: sectorNumber(0),
  sealProof: 5,
  sealedCid: COMM_R.toString(),
  activation: epoch(12),
  expiration: epoch(700_000),
  dealWeight: 0n,
  initialPledge: attoFil(59_604_643_840n),
};

describe("a sector's way onto the chain", () => {
  it("gains power once its proof has landed", async () => {
    const { chain, verifier } = await testDevnet();
    const number = sectorNumber(0);
    const preCommit = await preCommitted(chain);
    expect(await chain.preCommit(number)).toMatchObject({
      number,
      epoch: preCommit.epoch,
      unsealedCid: null,
    });
    expect(await chain.sector(number)).toBeNull();
    const commit = await land(chain, proveMessage([{ number: 0 }]));
    expect(commit).toMatchObject({ exitCode: 0, error: null });
    expect(await chain.sector(number)).toMatchObject({ number, sealProof: 5, activation: commit.epoch });
    expect(await chain.preCommit(number)).toBeNull();
    expect(await chain.power()).toMatchObject({
      minerRaw: 2048n,
      totalQualityAdjusted: 2048n,
      hasMinPower: true,
    });
    expect(verifier.asked).toHaveLength(1);
    expect(verifier.asked[0]).toMatchObject({ commD: ZERO_COMM_D_2KIB, miner: 1000, number: 0 });
  });

  it.each([1, 24, 256, 66_000])("is listed among %d", async (count) => {
    const { chain, path } = await testDevnet();
    const { first, field } = ranges.sectors(actorId(1000));
    const changes = Array.from({ length: count }, (_, n): [string, Uint8Array] => {
      const { key } = slots.sector(actorId(1000), sectorNumber(n));
      return [key, encodeCbor(field.toCbor({ ...SECTOR, number: sectorNumber(n) }))];
    });
    expect(changes[0]?.[0].startsWith(first)).toBe(true);
    const database = openDatabase(path);
    database.write(() => writeState(database, new Map(changes)));
    database.close();
    const listed = await chain.sectors();
    expect(listed.map((sector) => sector.number)).toEqual(changes.map((_, n) => n));
    expect(listed.at(-1)).toEqual(await chain.sector(sectorNumber(count - 1)));
  });
});
