import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { decodeHeader } from "../../../src/chain/devnet/block.ts";
import { epoch, sectorNumber } from "../../../src/units.ts";
import { inconsistencies } from "./consistency.ts";
import { testDevnet } from "./harness.ts";
import {
  land,
  MINER_ADDRESS,
  preCommitInfo,
  preCommitMessage,
  preCommitted,
  proveMessage,
  sendMessage,
} from "./messages.ts";

const NEXT = { message: "any", sector: null, count: 1 } as const;
const preCommitOf = (number: number) =>
  preCommitMessage(preCommitInfo(epoch(1), { sectorNumber: sectorNumber(number) }));

describe("a fault", () => {
  it("drops a message, which lands as the same one once it is pushed again; those after it wait for it", async () => {
    const { chain } = await testDevnet();
    await chain.addFault({ kind: "drop", ...NEXT });
    const message = preCommitOf(0);
    const { cid } = await chain.push(message);
    const later = await chain.push(sendMessage(MINER_ADDRESS, 3n));
    await chain.advance(5);
    expect(await chain.lookup([cid, later.cid])).toEqual(new Map());
    expect(await chain.push(message)).toEqual({ cid });
    await chain.advance(2);
    const found = await chain.lookup([cid, later.cid]);
    expect(found.get(cid)).toMatchObject({ epoch: 6, exitCode: 0 });
    expect(found.get(later.cid)).toMatchObject({ epoch: 6, exitCode: 0 });
  });

  it("drops what a reorg put back into the pool", async () => {
    const { chain } = await testDevnet();
    const message = preCommitOf(0);
    const { cid } = await land(chain, message);
    await chain.addFault({ kind: "drop", ...NEXT });
    await chain.reorg(2);
    await chain.advance(5);
    expect(await chain.lookup([cid])).toEqual(new Map());
    await chain.push(message);
    await chain.advance(2);
    expect((await chain.lookup([cid])).get(cid)).toMatchObject({ exitCode: 0 });
  });

  it("delays a message, and those after it", async () => {
    const { chain, path } = await testDevnet();
    await chain.addFault({ kind: "delay", epochs: 7, ...NEXT });
    const cids: string[] = [];
    for (const value of [1n, 2n]) cids.push((await chain.push(sendMessage(MINER_ADDRESS, value))).cid);
    await chain.advance(30);
    const landed = [...(await chain.lookup(cids)).values()];
    expect(landed.map((one) => one.epoch)).toEqual([8, 8]);
    expect((await chain.status()).tipsets).toBeLessThan(7);
    expect(inconsistencies(path).filter((what) => !what.includes(cids[1] ?? ""))).toEqual([]);
  });

  it("replaces a message: another CID lands, and is found under the one that was pushed", async () => {
    const { chain, reopen, path } = await testDevnet();
    await chain.addFault({ kind: "replace", message: "any", sector: null, count: 2 });
    const message = preCommitOf(0);
    const { cid } = await chain.push(message);
    await reopen().advance(2);
    const landed = (await chain.lookup([cid])).get(cid);
    expect(landed).toMatchObject({ epoch: 1, exitCode: 0 });
    expect(landed?.cid).not.toBe(cid);
    expect(await chain.preCommit(sectorNumber(0))).not.toBeNull();
    expect((await chain.lookup([landed?.cid ?? ""])).size).toBe(1);
    expect(await chain.push(message)).toEqual({ cid: landed?.cid });
    expect(inconsistencies(path)).toEqual([]);
  });

  it("fails a message with the exit code that was asked for, and charges its gas", async () => {
    const { chain, path } = await testDevnet();
    for (const exitCode of [6, 7, 19]) await chain.addFault({ kind: "fail", exitCode, ...NEXT });
    const { worker: before } = await chain.balances();
    const codes = [];
    for (const n of [0, 1, 2]) codes.push((await land(chain, preCommitOf(n))).exitCode);
    expect(codes).toEqual([6, 7, 19]);
    expect(await chain.isAllocated(sectorNumber(0))).toBe(false);
    expect((await chain.balances()).worker).toBeLessThan(before);
    expect(await land(chain, preCommitOf(0))).toMatchObject({ exitCode: 0 });
    expect(inconsistencies(path)).toEqual([]);
  });

  it("meets only messages of its kind and sector, so many as it was given for", async () => {
    const { chain } = await testDevnet();
    await preCommitted(chain, { sectorNumber: sectorNumber(4) });
    const subject = { message: "precommit", sector: 2, count: 1 } as const;
    const { id, does } = await chain.addFault({ kind: "fail", exitCode: 20, ...subject });
    expect(does).toBe("the next precommit message of sector 2 ends with exit code 20; its gas is charged");
    expect(await land(chain, sendMessage(MINER_ADDRESS, 1n))).toMatchObject({ exitCode: 0 });
    expect(await land(chain, preCommitOf(1))).toMatchObject({ exitCode: 0 });
    expect(await land(chain, proveMessage([{ number: 4 }]))).toMatchObject({ exitCode: 0 });
    expect((await chain.faults()).map((fault) => fault.id)).toEqual([id]);
    expect(await land(chain, preCommitOf(2))).toMatchObject({ exitCode: 20 });
    expect(await chain.faults()).toEqual([]);
    expect(await land(chain, preCommitOf(2))).toMatchObject({ exitCode: 0 });
  });

  it("makes null rounds: messages apply after them, and a clock that is moved goes past them", async () => {
    const { chain, clock, path } = await testDevnet();
    await chain.advance(2);
    const { does } = await chain.addFault({ kind: "null-rounds", epochs: 5 });
    expect(does).toBe("no tipset from epoch 3 to 7: null rounds");
    const { cid } = await chain.push(sendMessage(MINER_ADDRESS, 1n));
    clock.pass(3000);
    expect((await chain.head()).epoch).toBe(2);
    await expect(chain.reorg(1)).rejects.toMatchObject({ code: "CHAIN_NULL_ROUND" });
    expect((await chain.advance(1)).epoch).toBe(8);
    await chain.advance(1);
    expect((await chain.lookup([cid])).get(cid)).toMatchObject({ epoch: 8, exitCode: 0 });
    expect(await chain.faults()).toEqual([]);
    expect(inconsistencies(path).filter((what) => !what.includes(cid))).toEqual([]);
  });

  it("raises the base fee: what offers less waits until it falls again", async () => {
    const { chain, path } = await testDevnet();
    const { cid } = await chain.push(sendMessage(MINER_ADDRESS, 1n));
    await chain.addFault({ kind: "base-fee", times: 50, epochs: 4 });
    await chain.advance(1);
    const late = await chain.push(sendMessage(MINER_ADDRESS, 2n));
    for (let i = 0; i < 3; i += 1) await chain.advance(1);
    expect(await chain.lookup([cid, late.cid])).toEqual(new Map());
    const fees = new DatabaseSync(path, { readOnly: true })
      .prepare("select header from tipsets order by epoch")
      .all()
      .map((row) => decodeHeader(row["header"] as Uint8Array).parentBaseFee);
    expect(fees).toEqual([100n, 5000n, 5000n, 5000n, 5000n]);
    await chain.advance(2);
    const landed = await chain.lookup([cid, late.cid]);
    expect([...landed.values()].map((one) => one.epoch)).toEqual([5, 5]);
  });

  it("is taken back by its number, or with all others", async () => {
    const { chain, reopen } = await testDevnet();
    const faults = [];
    for (const kind of ["drop", "replace", "drop"] as const)
      faults.push(await chain.addFault({ kind, ...NEXT }));
    const other = reopen();
    expect(await other.faults()).toEqual(faults);
    expect(await other.clearFaults(faults[1]?.id ?? 0)).toEqual([faults[1]]);
    expect(await chain.faults()).toEqual([faults[0], faults[2]]);
    expect(await chain.clearFaults(null)).toHaveLength(2);
    expect(await chain.clearFaults(1)).toEqual([]);
    expect(await land(chain, sendMessage(MINER_ADDRESS, 1n))).toMatchObject({ exitCode: 0 });
  });
});

describe("a chain that slept for longer than finality", () => {
  it("makes a tipset that is final at once: a ticket drawn there is safe from reorgs", async () => {
    const { chain } = await testDevnet();
    await chain.advance(1);
    const { epoch: head } = await chain.advance(50_000);
    expect((await chain.tipsetAt(epoch(head - 900)))?.epoch).toBe(head - 900);
    expect((await chain.status()).tipsets).toBe(4);
    const before = await chain.ticket(epoch(head - 900));
    await chain.reorg(1);
    expect(await chain.ticket(epoch(head - 900))).toEqual(before);
  });
});
