import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { decodeHeader, weightOf } from "../../../src/chain/devnet/block.ts";
import type { Devnet } from "../../../src/chain/devnet/devnet.ts";
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

function headWeight(path: string): bigint {
  const file = new DatabaseSync(path, { readOnly: true });
  const row = file.prepare("select header from tipsets order by epoch desc limit 1").get();
  file.close();
  return weightOf(decodeHeader(row?.["header"] as Uint8Array));
}

async function grown(epochs: number) {
  const net = await testDevnet();
  for (let i = 0; i < epochs; i += 1) await net.chain.advance(1);
  return net;
}

const randomness = async (chain: Devnet, at: number) => [
  (await chain.ticket(epoch(at))).value,
  (await chain.seed(epoch(at))).value,
];

describe("a reorg", () => {
  it("leaves the last tipsets for others, up to the same epoch, under a heavier head", async () => {
    const { chain, path } = await grown(9);
    const [before, weight] = [await chain.head(), headWeight(path)];
    const { left, ancestor, head } = await chain.reorg(4);
    expect(left).toEqual(before);
    expect(ancestor.epoch).toBe(5);
    expect(head.epoch).toBe(before.epoch);
    expect(head.key).not.toEqual(before.key);
    expect(headWeight(path)).toBeGreaterThan(weight);
    await chain.advance(1);
    expect(headWeight(path)).toBe(weight + 2n);
    expect(inconsistencies(path)).toEqual([]);
  });

  it("has other tickets above the common ancestor, and the same beacon", async () => {
    const { chain } = await grown(9);
    const at = async () => ({ below: await randomness(chain, 5), above: await randomness(chain, 8) });
    const before = await at();
    await chain.reorg(4);
    const after = await at();
    expect(after.below).toEqual(before.below);
    expect(after.above[0]).not.toBe(before.above[0]);
    expect(after.above[1]).toBe(before.above[1]);
  });

  it("makes other blocks each time, also in the same place", async () => {
    const { chain } = await grown(3);
    const keys = [(await chain.head()).key.join()];
    for (let i = 0; i < 3; i += 1) keys.push((await chain.reorg(1)).head.key.join());
    expect(new Set(keys).size).toBe(4);
  });

  it("puts messages back into the pool: the same ones land again, later, in the order of their nonces", async () => {
    const { chain, path } = await testDevnet();
    const landed = await preCommitted(chain);
    const proof = await land(chain, proveMessage([{ number: 0 }]));
    expect(await chain.sector(sectorNumber(0))).not.toBeNull();
    const { epoch: head } = await chain.head();
    const { tipsets } = await chain.status();
    const { returned } = await chain.reorg(tipsets - 1); // all but genesis
    expect(returned).toBe(2);
    expect(await chain.lookup([landed.cid, proof.cid])).toEqual(new Map());
    expect(await chain.preCommit(sectorNumber(0))).toBeNull();
    expect(await chain.sector(sectorNumber(0))).toBeNull();
    expect(await chain.isAllocated(sectorNumber(0))).toBe(false);
    await chain.advance(2);
    const again = await chain.lookup([landed.cid, proof.cid]);
    expect(again.get(landed.cid)).toMatchObject({ epoch: head + 1, exitCode: 0 });
    expect(again.get(landed.cid)?.tipset).not.toEqual(landed.tipset);
    expect(again.get(proof.cid)).toMatchObject({ epoch: head + 1, exitCode: 18 }); // too early for the new precommit
    expect(inconsistencies(path)).toEqual([]);
  });

  it("keeps one message for one uuid", async () => {
    const { chain } = await testDevnet();
    const message = preCommitMessage(preCommitInfo(epoch(1)));
    const { cid } = await land(chain, message);
    await chain.reorg(2);
    expect(await chain.push(message)).toEqual({ cid });
    await chain.advance(2);
    expect((await chain.lookup([cid])).get(cid)).toMatchObject({ exitCode: 0 });
  });

  it("is seen by another process that has the chain open", async () => {
    const { chain, reopen } = await grown(5);
    const other = reopen();
    const seen = await other.head();
    const { head } = await chain.reorg(2);
    expect(await other.tipsetAt(seen.epoch)).toEqual(head);
    await other.advance(1);
    expect((await chain.tipsetAt(head.epoch))?.key).toEqual(head.key);
  });

  it("is refused beyond finality and beyond genesis, and then changes nothing", async () => {
    const { chain, path } = await testDevnet({ finality: 5 });
    for (let i = 0; i < 9; i += 1) await chain.advance(1);
    const before = await chain.head();
    for (const depth of [6, 10, 1000])
      await expect(chain.reorg(depth)).rejects.toMatchObject({ code: "CHAIN_FINAL", kind: "user" });
    expect(await chain.head()).toEqual(before);
    expect((await chain.reorg(5)).ancestor.epoch).toBe(4);
    expect(inconsistencies(path)).toEqual([]);
    const { chain: young } = await grown(2);
    await expect(young.reorg(3)).rejects.toMatchObject({ message: "genesis cannot be taken away" });
    for (const depth of [0, -1, 1.5])
      await expect(young.reorg(depth)).rejects.toMatchObject({ kind: "user" });
  });

  it("works on a file of the version before there were forks", async () => {
    const { chain, path, reopen } = await testDevnet();
    await land(chain, sendMessage(MINER_ADDRESS, 3n));
    await chain.close();
    const file = new DatabaseSync(path);
    file.exec(`drop table forks; drop table faults; drop table replaced; pragma user_version = 1;
      alter table messages drop column fault; alter table messages drop column exit_code`);
    file.close();
    const upgraded = reopen();
    expect((await upgraded.reorg(1)).ancestor.epoch).toBe(1);
  });
});

describe("tipsetAt", () => {
  it("is the tipset of an epoch, or the one below a null round, and nothing above the head", async () => {
    const { chain } = await testDevnet();
    const genesis = await chain.head();
    const first = await chain.advance(3);
    await chain.advance(4);
    expect(await chain.tipsetAt(epoch(3))).toEqual(first);
    expect(await chain.tipsetAt(epoch(6))).toEqual(first);
    expect(await chain.tipsetAt(epoch(2))).toEqual(genesis);
    expect(await chain.tipsetAt(epoch(-900))).toEqual(genesis);
    expect(await chain.tipsetAt(epoch(8))).toBeNull();
  });
});
