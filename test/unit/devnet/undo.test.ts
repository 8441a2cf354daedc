import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../../../src/chain/devnet/database.ts";
import { undoHead } from "../../../src/chain/devnet/fork.ts";
import { TipSets } from "../../../src/chain/devnet/tipsets.ts";
import { epoch, sectorNumber } from "../../../src/units.ts";
import { addBalanceParams } from "../../../src/wire/params/addBalance.ts";
import { inconsistencies } from "./consistency.ts";
import { testDevnet } from "./harness.ts";
import {
  marketMessage,
  MINER_ADDRESS,
  preCommitInfo,
  preCommitMessage,
  proveMessage,
  selfMiner,
  sendMessage,
} from "./messages.ts";

/** Everything that belongs to the chain (the clock and the arrivals of messages do not go back). */
function snapshot(path: string) {
  const file = new DatabaseSync(path, { readOnly: true });
  const rows = (sql: string) => file.prepare(sql).all();
  const all = {
    state: rows("select key, value from state order by key"),
    tipsets: rows("select * from tipsets order by epoch"),
    receipts: rows("select * from receipts order by cid"),
    included: rows("select cid, included from messages where included is not null order by seq"),
  };
  file.close();
  return all;
}

const FINALITY = 100_000;
const undoTipset = (database: Database, finality: number) =>
  database.write(() => undoHead(database, finality));

describe("undoing tipsets", () => {
  it("brings back every byte of the state before, one tipset after the other, down to genesis", async () => {
    const { chain, path } = await testDevnet({ preCommitChallengeDelay: 2, finality: FINALITY });
    const snapshots = [snapshot(path)];
    const step = async () => {
      await chain.advance(1);
      snapshots.push(snapshot(path));
    };
    const two = [0, 1].map((n) => preCommitInfo(epoch(1), { sectorNumber: sectorNumber(n) }));
    await chain.push(preCommitMessage(...two));
    await chain.push(sendMessage(MINER_ADDRESS, 3n));
    await step();
    await chain.push(marketMessage(2, addBalanceParams.encode(selfMiner), 9n));
    for (let i = 0; i < 4; i += 1) await step();
    await chain.push(proveMessage([{ number: 0 }]));
    await chain.push(proveMessage([{ number: 0 }])); // fails
    for (let i = 0; i < 3; i += 1) await step();
    expect(await chain.sector(sectorNumber(0))).not.toBeNull();
    await chain.advance(90_000); // the other precommit expires
    await chain.close();

    const database = openDatabase(path);
    const tipsets = new TipSets(database);
    while (tipsets.head().header.height > 8) undoTipset(database, FINALITY);
    for (const before of snapshots.toReversed()) {
      expect(snapshot(path)).toEqual(before);
      if (tipsets.head().header.height > 0) undoTipset(database, FINALITY);
    }
    expect(() => undoTipset(database, FINALITY)).toThrow(expect.objectContaining({ code: "CHAIN_FINAL" }));
    database.close();
  });

  it("lets the chain grow again over the same messages", async () => {
    const { chain, path } = await testDevnet();
    const { cid } = await chain.push(sendMessage(MINER_ADDRESS, 3n));
    for (let i = 0; i < 3; i += 1) await chain.advance(1);
    const database = openDatabase(path);
    for (let i = 0; i < 3; i += 1) undoTipset(database, 900);
    database.close();
    expect(await chain.lookup([cid])).toEqual(new Map());
    expect((await chain.head()).epoch).toBe(3);
    expect((await chain.lookup([cid])).get(cid)).toMatchObject({ epoch: 1, exitCode: 0 });
    expect(inconsistencies(path)).toEqual([]);
  });

  it("is possible for as many epochs as it takes to be final, and no longer kept", async () => {
    const { chain, path } = await testDevnet({ finality: 5 });
    for (let i = 0; i < 4; i += 1)
      await chain.push(sendMessage(MINER_ADDRESS, 3n)).then(async () => chain.advance(2));
    const undos = () => {
      const file = new DatabaseSync(path, { readOnly: true });
      const found = file.prepare("select distinct epoch from undo order by epoch").all();
      file.close();
      return found.map((row) => row["epoch"]);
    };
    expect(undos()).toEqual([4, 6, 8]);
    await chain.advance(100);
    expect(undos()).toEqual([]);
    await chain.close();
    const database = openDatabase(path);
    undoTipset(database, 5);
    expect(() => undoTipset(database, 5)).toThrow(expect.objectContaining({ code: "CHAIN_FINAL" }));
    database.close();
  });
});
