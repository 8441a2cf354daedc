import { describe, expect, it } from "vitest";
import { attoFil, epoch, sectorNumber } from "../../../src/units.ts";
import { commP, COMM_R, land, minerMessage, preCommitInfo, preCommitMessage } from "./messages.ts";
import { testDevnet } from "./harness.ts";
import type { SectorPreCommitInfo } from "../../../src/wire/params/preCommitSectorBatch2.ts";
import { cidOfCbor } from "../../../src/wire/cid.ts";

type Changes = Partial<SectorPreCommitInfo>;

/** `at` is the epoch at which the message is executed. */
const REFUSED: readonly [what: string, changes: (at: number) => Changes, words: RegExp][] = [
  ["the seal proof of another sector size", () => ({ sealProof: 8 }), /seal proof 8/],
  ["the seal proof V1", () => ({ sealProof: 0 }), /seal proof 0/],
  ["a sealed CID that is no CommR", () => ({ sealedCid: commP(1) }), /no CommR/],
  ["a sealed CID of another kind", () => ({ sealedCid: cidOfCbor([1]) }), /no CommR/],
  ["an unsealed CID that is no CommD", () => ({ unsealedCid: COMM_R }), /no CommD/],
  ["a ticket of the current epoch", (at) => ({ sealRandEpoch: epoch(at) }), /must be before/],
  ["a ticket of the future", (at) => ({ sealRandEpoch: epoch(at + 1) }), /must be before/],
  ["a ticket that is too old", (at) => ({ sealRandEpoch: epoch(at - 3781) }), /too old/],
  ["an expiration that is too early", (at) => ({ expiration: epoch(at + 86_408 + 518_399) }), /too early/],
  ["an expiration that is too late", (at) => ({ expiration: epoch(at + 3_680_641) }), /too late/],
  ["deal ids", () => ({ dealIds: [1n] }), /deals belong/],
];

const ALLOWED: readonly [what: string, changes: (at: number) => Changes][] = [
  ["the newest ticket", (at) => ({ sealRandEpoch: epoch(at - 1) })],
  ["the oldest ticket", (at) => ({ sealRandEpoch: epoch(at - 3780) })],
  ["the earliest expiration", (at) => ({ expiration: epoch(at + 86_408 + 518_400) })],
  ["the latest expiration", (at) => ({ expiration: epoch(at + 3_680_640) })],
];

describe("PreCommitSectorBatch2", () => {
  it.each(REFUSED)("refuses %s", async (_what, changes, words) => {
    const { chain } = await testDevnet();
    const info = preCommitInfo(epoch(1), changes(1));
    const landed = await land(chain, preCommitMessage(info));
    expect(landed).toMatchObject({ epoch: 1, exitCode: 16 });
    expect(landed.error).toMatch(words);
    expect(await chain.isAllocated(info.sectorNumber)).toBe(false);
    expect(await chain.balances()).toMatchObject({ miner: 0n, preCommitDeposits: 0n });
  });

  it.each(ALLOWED)("accepts %s", async (_what, changes) => {
    const { chain } = await testDevnet();
    const landed = await land(chain, preCommitMessage(preCommitInfo(epoch(1), changes(1))));
    expect(landed).toMatchObject({ epoch: 1, exitCode: 0 });
  });

  it("takes all sectors of a batch or none", async () => {
    const { chain } = await testDevnet();
    const good = preCommitInfo(epoch(1), { sectorNumber: sectorNumber(1) });
    const bad = preCommitInfo(epoch(1), { sectorNumber: sectorNumber(2), dealIds: [7n] });
    expect(await land(chain, preCommitMessage(good, bad))).toMatchObject({ exitCode: 16 });
    expect(await chain.preCommit(good.sectorNumber)).toBeNull();
  });

  it("refuses an empty batch and a number that is in it twice", async () => {
    const { chain } = await testDevnet();
    const twice = [preCommitInfo(epoch(1)), preCommitInfo(epoch(1))];
    expect(await land(chain, preCommitMessage())).toMatchObject({ exitCode: 16 });
    expect(await land(chain, preCommitMessage(...twice))).toMatchObject({ exitCode: 16 });
  });

  it("refuses a number that was used before", async () => {
    const { chain } = await testDevnet();
    await land(chain, preCommitMessage(preCommitInfo(epoch(1))));
    const again = await land(chain, preCommitMessage(preCommitInfo((await chain.head()).epoch)));
    expect(again).toMatchObject({ exitCode: 16, error: expect.stringMatching(/number 0 was already used/) });
  });

  it("takes the deposit out of the value or the miner's free balance, and refuses when it is missing", async () => {
    const { chain } = await testDevnet();
    const deposit = await chain.preCommitDeposit();
    const message = (value: bigint, number: number) => {
      const info = preCommitInfo(epoch(1), { sectorNumber: sectorNumber(number) });
      return { ...preCommitMessage(info), value: attoFil(value) };
    };
    expect(await land(chain, message(deposit - 1n, 1))).toMatchObject({ exitCode: 19 });
    expect(await land(chain, message(2n * deposit, 2))).toMatchObject({ exitCode: 0 });
    expect(await land(chain, message(0n, 3))).toMatchObject({ exitCode: 0 });
    expect(await land(chain, message(0n, 4))).toMatchObject({ exitCode: 19 });
    expect(await chain.balances()).toMatchObject({
      miner: 2n * deposit,
      preCommitDeposits: 2n * deposit,
      available: 0n,
    });
  });

  it("refuses parameters that are not canonical CBOR and methods that are gone", async () => {
    const { chain } = await testDevnet();
    expect(await land(chain, minerMessage(28, Uint8Array.of(0x81, 0x18, 1)))).toMatchObject({ exitCode: 21 });
    expect(await land(chain, minerMessage(6, new Uint8Array(0)))).toMatchObject({ exitCode: 22 });
  });
});
