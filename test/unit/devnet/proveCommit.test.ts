import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { attoFil, epoch, sectorNumber } from "../../../src/units.ts";
import { idAddress } from "../../../src/wire/address.ts";
import { batchReturn } from "../../../src/wire/params/batchReturn.ts";
import { testDevnet } from "./harness.ts";
import {
  bytesFilled,
  commP,
  GOOD_PROOF,
  land,
  piece,
  preCommitInfo,
  preCommitMessage,
  preCommitted,
  proveMessage,
  ZERO_COMM_D_2KIB,
} from "./messages.ts";

const NUMBER = sectorNumber(0);
const BAD_PROOF = new Uint8Array(192).fill(8);

describe("ProveCommitSectors3", () => {
  it("checks the proof against the chain's own ticket, seed, CommD and CommR", async () => {
    const { chain, verifier } = await testDevnet();
    const { epoch: landedAt } = await preCommitted(chain);
    await land(chain, proveMessage([{ number: 0 }]));
    const ticket = await chain.ticket(epoch(-900));
    const seed = await chain.seed(epoch(landedAt + 8));
    expect(verifier.asked[0]).toMatchObject({
      sectorSize: 2048,
      miner: 1000,
      number: 0,
      ticket: ticket.value,
      seed: seed.value,
      commD: ZERO_COMM_D_2KIB,
      commR: bytesToHex(bytesFilled(3)),
      verifyingKey: new Uint8Array(16).fill(9),
    });
  });

  it("refuses a wrong proof, and says which verifying key it was checked with", async () => {
    const { chain } = await testDevnet();
    await preCommitted(chain);
    const landed = await land(chain, proveMessage([{ number: 0, proof: BAD_PROOF }]));
    const { verifyingKeyDigest } = await chain.status();
    expect(landed).toMatchObject({ exitCode: 16, error: expect.stringContaining(verifyingKeyDigest) });
    expect(await chain.sector(NUMBER)).toBeNull();
    expect(await chain.preCommit(NUMBER)).not.toBeNull();
  });

  it("refuses a proof that is too long without asking the verifier", async () => {
    const { chain, verifier } = await testDevnet();
    await preCommitted(chain);
    const landed = await land(chain, proveMessage([{ number: 0, proof: new Uint8Array(193) }]));
    expect(landed.exitCode).toBe(16);
    expect(verifier.asked).toHaveLength(0);
  });

  it("refuses a sector that is not precommitted", async () => {
    const { chain } = await testDevnet();
    expect(await land(chain, proveMessage([{ number: 9 }]))).toMatchObject({ exitCode: 17 });
  });

  it("refuses a proof before its seed's epoch has passed", async () => {
    const { chain } = await testDevnet();
    const { epoch: landedAt } = await land(chain, preCommitMessage(preCommitInfo(epoch(1))));
    await chain.advance(landedAt + 8 - (await chain.head()).epoch - 1);
    expect(await land(chain, proveMessage([{ number: 0 }]))).toMatchObject({
      epoch: landedAt + 8,
      exitCode: 18,
    });
    expect(await land(chain, proveMessage([{ number: 0 }]))).toMatchObject({ exitCode: 0 });
  });

  it.each([
    [86_408, 0],
    [86_409, 16],
  ])("a proof %d epochs after the precommit exits with %d", async (age, exitCode) => {
    const { chain } = await testDevnet();
    const { epoch: landedAt } = await land(chain, preCommitMessage(preCommitInfo(epoch(1))));
    await chain.advance(landedAt + age - (await chain.head()).epoch - 1);
    const landed = await land(chain, proveMessage([{ number: 0 }]));
    expect(landed).toMatchObject({ epoch: landedAt + age, exitCode });
  });

  it("refuses a second proof of a sector", async () => {
    const { chain } = await testDevnet();
    await preCommitted(chain);
    await land(chain, proveMessage([{ number: 0 }]));
    expect(await land(chain, proveMessage([{ number: 0 }]))).toMatchObject({ exitCode: 17 });
    expect(await chain.power()).toMatchObject({ minerRaw: 2048n });
  });

  it.each([
    ["no sectors", [], {}],
    ["a sector twice", [{ number: 0 }, { number: 0 }], {}],
    ["neither proofs nor aggregate", [{ number: 0 }], { sectorProofs: [] }],
    ["both proofs and aggregate", [{ number: 0 }], { aggregateProof: bytesFilled(1) }],
    ["more proofs than sectors", [{ number: 0 }], { sectorProofs: [GOOD_PROOF, GOOD_PROOF] }],
    ["an aggregate's type without one", [{ number: 0 }], { aggregateProofType: 1 }],
    [
      "an aggregate",
      [{ number: 0 }],
      { sectorProofs: [], aggregateProof: bytesFilled(1), aggregateProofType: 1 },
    ],
  ])("refuses %s", async (_what, sectors, changes) => {
    const { chain } = await testDevnet();
    await preCommitted(chain);
    expect(await land(chain, proveMessage(sectors, changes))).toMatchObject({ exitCode: 16 });
  });

  it("turns the deposit into the pledge and frees the rest", async () => {
    const { chain } = await testDevnet();
    const deposit = await chain.preCommitDeposit();
    const pledge = await chain.initialPledge();
    await preCommitted(chain);
    expect(await chain.balances()).toMatchObject({ preCommitDeposits: deposit, initialPledge: 0n });
    const before = await chain.balances();
    await land(chain, { ...proveMessage([{ number: 0 }]), value: attoFil(0n) });
    expect(await chain.balances()).toMatchObject({
      miner: before.miner,
      preCommitDeposits: 0n,
      initialPledge: pledge,
      available: before.miner - pledge,
    });
  });
});

describe("pieces of a proven sector", () => {
  it("must make up the CommD that was precommitted", async () => {
    const { chain, verifier } = await testDevnet();
    verifier.commDs.set(bytesToHex(bytesFilled(5)), bytesToHex(bytesFilled(6)));
    await preCommitted(chain, { unsealedCid: commP(6) });
    const without = await land(chain, proveMessage([{ number: 0 }]));
    expect(without).toMatchObject({ exitCode: 16, error: expect.stringMatching(/do not make up/) });
    const other = await land(chain, proveMessage([{ number: 0, pieces: [piece(4, 2048)] }]));
    expect(other.exitCode).toBe(16);
    const right = await land(chain, proveMessage([{ number: 0, pieces: [piece(5, 2048)] }]));
    expect(right).toMatchObject({ exitCode: 0, error: null });
    expect(verifier.asked.at(-1)).toMatchObject({ commD: bytesToHex(bytesFilled(6)) });
    const sector = await chain.sector(NUMBER);
    expect(sector?.dealWeight).toBe(2048n * BigInt((sector?.expiration ?? 0) - (sector?.activation ?? 0)));
  });

  it("must not be there in a sector that was precommitted without data", async () => {
    const { chain } = await testDevnet();
    await preCommitted(chain);
    const landed = await land(chain, proveMessage([{ number: 0, pieces: [piece(5, 2048)] }]));
    expect(landed.exitCode).toBe(16);
  });

  it.each([
    ["larger than the sector", [piece(1, 4096)], /do not fit/],
    ["together larger than the sector", [piece(1, 2048), piece(2, 128)], /do not fit/],
    ["of an odd size", [piece(1, 1000)], /malformed/],
    ["no CommP", [{ ...piece(1, 128), cid: preCommitInfo(epoch(0)).sealedCid }], /malformed/],
    [
      "of a verified allocation",
      [{ ...piece(1, 128), verifiedAllocationKey: { client: 102n, id: 1n } }],
      /no verified/,
    ],
  ])("must not be %s", async (_what, pieces, words) => {
    const { chain } = await testDevnet();
    await preCommitted(chain, { unsealedCid: commP(6) });
    const landed = await land(chain, proveMessage([{ number: 0, pieces }]));
    expect(landed).toMatchObject({ exitCode: 16, error: expect.stringMatching(words) });
  });

  it("may notify only the market", async () => {
    const { chain, verifier } = await testDevnet();
    verifier.commDs.set(bytesToHex(bytesFilled(5)), bytesToHex(bytesFilled(6)));
    await preCommitted(chain, { unsealedCid: commP(6) });
    const stranger = { ...piece(5, 2048), notify: [{ address: idAddress(102), payload: Uint8Array.of(0) }] };
    const strict = await land(chain, proveMessage([{ number: 0, pieces: [stranger] }]));
    expect(strict).toMatchObject({ exitCode: 16, error: expect.stringMatching(/takes no notifications/) });
    const lenient = proveMessage([{ number: 0, pieces: [stranger] }], { requireNotificationSuccess: false });
    expect(await land(chain, lenient)).toMatchObject({ exitCode: 0 });
  });
});

describe("a batch of proofs", () => {
  const three = [{ number: 0 }, { number: 1, proof: BAD_PROOF }, { number: 2 }];

  async function threePreCommitted() {
    const net = await testDevnet();
    const sectors = three.map(({ number }) =>
      preCommitInfo(epoch(1), { sectorNumber: sectorNumber(number) }),
    );
    await land(net.chain, preCommitMessage(...sectors));
    await net.chain.advance(8);
    return net;
  }

  it("fails as a whole when success is required", async () => {
    const { chain } = await threePreCommitted();
    expect(await land(chain, proveMessage(three))).toMatchObject({ exitCode: 16 });
    expect(await chain.sectors()).toEqual([]);
  });

  it("proves the others when it is not, exits 0 and returns which failed", async () => {
    const { chain } = await threePreCommitted();
    const landed = await land(chain, proveMessage(three, { requireActivationSuccess: false }));
    expect(landed.exitCode).toBe(0);
    expect(batchReturn.decode(landed.returned)).toEqual({
      successCount: 2,
      failCodes: [{ index: 1, code: 16 }],
    });
    expect((await chain.sectors()).map((sector) => sector.number)).toEqual([0, 2]);
    expect(await chain.preCommit(sectorNumber(1))).not.toBeNull();
  });

  it("asks the verifier once for all proofs that nothing else refuses", async () => {
    const { chain, verifier } = await threePreCommitted();
    await land(chain, proveMessage(three, { requireActivationSuccess: false }));
    expect(verifier.batches).toEqual([3]);
  });

  it("fails when no sector succeeds", async () => {
    const { chain } = await threePreCommitted();
    const allBad = three.map(({ number }) => ({ number, proof: BAD_PROOF }));
    const landed = await land(chain, proveMessage(allBad, { requireActivationSuccess: false }));
    expect(landed.exitCode).toBe(16);
  });
});

describe("the verifier", () => {
  it("stops the chain while it cannot run, and is then asked again", async () => {
    const { chain, verifier } = await testDevnet();
    await preCommitted(chain);
    const { cid } = await chain.push(proveMessage([{ number: 0 }]));
    await chain.advance(1);
    verifier.broken = new Error("no native module");
    await expect(chain.advance(1)).rejects.toThrow("no native module");
    expect(await chain.lookup([cid])).toEqual(new Map());
    const stopped = await chain.storedHead();
    verifier.broken = undefined;
    expect((await chain.head()).epoch).toBe(stopped.epoch + 1);
    expect((await chain.lookup([cid])).get(cid)).toMatchObject({ epoch: stopped.epoch, exitCode: 0 });
  });
});

describe("a precommit that is never proven", () => {
  it("expires with its deposit, and its number stays used", async () => {
    const { chain } = await testDevnet();
    const deposit = await chain.preCommitDeposit();
    const { epoch: landedAt } = await land(chain, preCommitMessage(preCommitInfo(epoch(1))));
    const { miner: before } = await chain.balances();
    const due = landedAt + 86_408 + 960;
    await chain.advance(due - (await chain.head()).epoch);
    expect(await chain.preCommit(NUMBER)).not.toBeNull(); // a tipset is executed when the next is made
    await chain.advance(1);
    expect(await chain.preCommit(NUMBER)).toBeNull();
    expect(await chain.isAllocated(NUMBER)).toBe(true);
    expect(await chain.balances()).toMatchObject({ miner: before - deposit, preCommitDeposits: 0n });
  });
});
