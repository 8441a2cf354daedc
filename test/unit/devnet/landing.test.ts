import { describe, expect, it } from "vitest";
import { epoch, type Millis, sectorNumber } from "../../../src/units.ts";
import { testDevnet } from "./harness.ts";
import { MINER_ADDRESS, preCommitInfo, preCommitMessage, proveMessage, sendMessage } from "./messages.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const WEEK = 7 * 24 * HOUR;

describe("where a message lands", () => {
  it("is the first epoch after its arrival, and its receipt is read from the tipset after that", async () => {
    const { chain, clock } = await testDevnet();
    clock.pass(5 * SECOND);
    const { cid } = await chain.push(sendMessage(MINER_ADDRESS, 1n));
    expect((await chain.head()).epoch).toBe(5);
    clock.pass(SECOND);
    const included = await chain.head();
    expect(await chain.lookup([cid])).toEqual(new Map());
    clock.pass(SECOND);
    expect((await chain.head()).epoch).toBe(7);
    const landed = (await chain.lookup([cid])).get(cid);
    expect(landed).toMatchObject({ epoch: 6, tipset: included.key, exitCode: 0 });
  });

  it.each([
    ["two hours", 2 * HOUR],
    ["a week", WEEK],
  ])(
    "does not depend on who looks when: left alone for %s, it landed right after its arrival",
    async (_, gap) => {
      const { chain, clock } = await testDevnet();
      clock.pass(5 * SECOND);
      const { cid } = await chain.push(sendMessage(MINER_ADDRESS, 1n));
      clock.pass(gap);
      const head = await chain.head();
      expect(head.epoch).toBe(5 + gap / SECOND);
      expect((await chain.lookup([cid])).get(cid)).toMatchObject({ epoch: 6, exitCode: 0 });
      expect((await chain.status()).tipsets).toBe(5); // genesis, the message's, its receipt's, a final one, now
    },
  );

  it("is the same for messages that arrive at different times in one gap", async () => {
    const { chain, clock } = await testDevnet();
    const cids: string[] = [];
    for (const seconds of [10, 100, 0, 1000]) {
      clock.pass(seconds * SECOND);
      cids.push((await chain.push(sendMessage(MINER_ADDRESS, 1n))).cid);
    }
    clock.pass(WEEK);
    await chain.head();
    const landed = await chain.lookup(cids);
    expect(cids.map((cid) => landed.get(cid)?.epoch)).toEqual([11, 111, 111, 1111]);
    expect((await chain.status()).tipsets).toBe(9);
  });

  it("makes two tipsets for a gap without messages: a final one, and now", async () => {
    const { chain, clock } = await testDevnet();
    for (let i = 0; i < 3; i += 1) {
      clock.pass(WEEK);
      await chain.head();
      await chain.head();
    }
    expect((await chain.status()).tipsets).toBe(7);
  });
});

describe("a chain left alone with a sector half-way", () => {
  it("takes its proof two hours after its precommit was pushed", async () => {
    const { chain, clock } = await testDevnet();
    await chain.push(preCommitMessage(preCommitInfo(epoch(1))));
    clock.pass(2 * HOUR);
    await chain.head();
    const preCommit = await chain.preCommit(sectorNumber(0));
    expect(preCommit?.epoch).toBe(1);
    const seed = await chain.seed(epoch(9));
    await chain.push(proveMessage([{ number: 0 }]));
    clock.pass(2 * SECOND);
    await chain.head();
    expect(await chain.seed(epoch(9))).toEqual(seed);
    expect(await chain.sector(sectorNumber(0))).toMatchObject({ activation: (2 * HOUR) / SECOND + 1 });
  });

  it("has let its precommit expire after a week, at the epoch at which it was due", async () => {
    const { chain, clock } = await testDevnet();
    await chain.push(preCommitMessage(preCommitInfo(epoch(1))));
    clock.pass(WEEK);
    await chain.head();
    expect(await chain.preCommit(sectorNumber(0))).toBeNull();
    expect(await chain.isAllocated(sectorNumber(0))).toBe(true);
    expect((await chain.status()).tipsets).toBe(6); // genesis, the message's, its receipt's, the expiry's, a final one, now
    const { cid } = await chain.push(proveMessage([{ number: 0 }]));
    await chain.advance(2);
    expect((await chain.lookup([cid])).get(cid)).toMatchObject({ exitCode: 17 });
  });

  it("has refused a ticket that grew too old before its message arrived", async () => {
    const { chain, clock } = await testDevnet();
    const info = preCommitInfo((await chain.head()).epoch);
    clock.pass(2 * HOUR);
    const { cid } = await chain.push(preCommitMessage(info));
    clock.pass(2 * SECOND);
    await chain.head();
    expect((await chain.lookup([cid])).get(cid)).toMatchObject({
      exitCode: 16,
      error: expect.stringMatching(/too old/),
    });
  });
});

describe("the clock", () => {
  it("stands still when it is set back, says so, and goes on where it was", async () => {
    const { chain, clock } = await testDevnet();
    clock.pass(100 * SECOND);
    const before = await chain.head();
    clock.pass(-60 * SECOND);
    const { cid } = await chain.push(sendMessage(MINER_ADDRESS, 1n));
    expect(await chain.head()).toEqual(before);
    expect(await chain.status()).toMatchObject({
      clockEpoch: 100,
      clockBehindMs: 60 * SECOND,
      pendingMessages: 1,
    });
    clock.pass(62 * SECOND);
    expect((await chain.head()).epoch).toBe(102);
    expect((await chain.lookup([cid])).get(cid)).toMatchObject({ epoch: 101 });
    expect(await chain.status()).toMatchObject({ clockBehindMs: 0 });
  });

  it("goes on at once after a setback when somebody advances", async () => {
    const { chain, clock } = await testDevnet();
    clock.pass(100 * SECOND);
    await chain.head();
    clock.pass(-HOUR);
    expect((await chain.advance(3)).epoch).toBe(103);
    clock.pass(SECOND);
    expect((await chain.head()).epoch).toBe(104);
  });

  it("tells when it will reach an epoch", async () => {
    const { chain, clock } = await testDevnet({ blockDelayMs: 250 });
    const start = clock.ms;
    expect(chain.timeOf(epoch(8))).toBe(start + 2000);
    await chain.advance(4);
    expect(chain.timeOf(epoch(8))).toBe(start + 1000);
    clock.ms = chain.timeOf(epoch(8)) - 1;
    expect((await chain.head()).epoch).toBe(7);
    clock.pass(1);
    expect((await chain.head()).epoch).toBe(8);
  });

  it("jumps on an instant devnet, never back, and only there", async () => {
    const { chain, clock } = await testDevnet({ instant: true });
    expect((await chain.jumpTo(epoch(500))).epoch).toBe(500);
    expect((await chain.jumpTo(epoch(20))).epoch).toBe(500);
    clock.pass(2 * SECOND);
    expect((await chain.head()).epoch).toBe(502);
    const { chain: wall } = await testDevnet();
    await expect(wall.jumpTo(epoch(5))).rejects.toMatchObject({ code: "CHAIN_NOT_INSTANT" });
  });

  it("is shared by everybody who has the file open", async () => {
    const { chain, reopen } = await testDevnet({ instant: true });
    const other = reopen();
    await chain.jumpTo(epoch(77));
    expect(await other.head()).toEqual(await chain.storedHead());
  });

  it.each([0, -1, 1.5, Number.NaN])("does not advance by %d epochs", async (epochs) => {
    const { chain } = await testDevnet();
    await expect(chain.advance(epochs)).rejects.toMatchObject({ code: "CHAIN_EPOCHS", kind: "user" });
  });
});

describe("reading", () => {
  it("never advances the chain", async () => {
    const { chain, clock } = await testDevnet();
    const stored = await chain.storedHead();
    clock.pass(HOUR);
    await chain.sectors();
    await chain.power();
    await chain.balances();
    await chain.miner();
    await chain.preCommit(sectorNumber(0));
    await chain.status();
    expect(await chain.storedHead()).toEqual(stored);
    expect((await chain.status()).clockEpoch).toBe(3600);
  });

  it("shows the tipset's time by the chain's clock", async () => {
    const { chain } = await testDevnet({ blockDelayMs: 4000 });
    const { genesisMs } = chain.network;
    expect((await chain.advance(5)).timestampMs).toBe((genesisMs + 20_000) as Millis);
  });
});
