import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../../src/wire/address.ts";
import { parseCid } from "../../../src/wire/cid.ts";
import { bytesToJson } from "../../../src/wire/json.ts";
import { createMinerParams } from "../../../src/wire/params/createMiner.ts";
import { preCommitSectorBatch2Params } from "../../../src/wire/params/preCommitSectorBatch2.ts";
import { epoch } from "../../../src/units.ts";
import { MINER_ADDRESS, preCommitInfo } from "../devnet/messages.ts";
import { testNode, type TestNode } from "./harness.ts";

interface Signed {
  readonly Message: { readonly From: string; readonly Nonce: number; readonly GasLimit: number };
  readonly CID: { readonly "/": string };
}
interface Lookup {
  readonly Height: number;
  readonly TipSet: readonly { readonly "/": string }[];
  readonly Receipt: { readonly ExitCode: number };
}

const SEND = { Version: 0, Nonce: 0, GasLimit: 0, GasFeeCap: "0", GasPremium: "0", Method: 0, Params: null };
const send = (from: string, value = "1") => ({ ...SEND, To: "t099", From: from, Value: value });
const preCommit = (from: string, params: Uint8Array) => ({
  ...SEND,
  To: MINER_ADDRESS,
  From: from,
  Value: "1000000000000000000",
  Method: 28,
  Params: bytesToJson(params),
});

/** Its three accounts. */
async function withAccounts(): Promise<
  TestNode & Awaited<ReturnType<TestNode["chain"]["status"]>>["accounts"]
> {
  const node = await testNode();
  return { ...node, ...(await node.chain.status()).accounts };
}

describe("sending through the node", () => {
  it("signs for every account, whatever its key, and each has its own nonces", async () => {
    const node = await withAccounts();
    for (const from of [node.owner, node.worker, node.client, "t0100"]) {
      const { CID } = await node.ask<Signed>("MpoolPushMessage", send(from), null);
      await node.pass(1);
      await node.pass(1);
      const found = await node.ask<Lookup>("StateSearchMsg", [], CID, -1, true);
      expect(found.Receipt.ExitCode).toBe(0);
    }
    expect(await node.ask("MpoolGetNonce", node.owner)).toBe(2);
    expect(await node.ask("MpoolGetNonce", node.client)).toBe(1);
  });

  it("gives the same message for the same uuid, also when it has landed", async () => {
    const node = await withAccounts();
    const spec = { MaxFee: "0", MsgUuid: randomUUID() };
    const first = await node.ask("MpoolPushMessage", send(node.owner), spec);
    expect(await node.ask("MpoolPushMessage", send(node.owner, "2"), spec)).toEqual(first);
    await node.pass(1);
    await node.pass(1);
    expect(await node.ask("MpoolPushMessage", send(node.owner), spec)).toEqual(first);
    expect(await node.ask("MpoolPending", [])).toEqual([]);
    expect(await node.ask("MpoolGetNonce", node.owner)).toBe(1);
  });

  it("refuses what an actor would refuse, with its exit code and words, before it is in the pool", async () => {
    const node = await withAccounts();
    const empty = preCommit(node.worker, preCommitSectorBatch2Params.encode({ sectors: [] }));
    const reason =
      "message execution failed (exit=[ErrIllegalArgument(16)], vm error=[message failed with backtrace:\n" +
      "00: f01000 (method 28) -- batch empty (16)\n (RetCode=16)])";
    expect((await node.call("GasEstimateMessageGas", [empty, null, []])).error).toEqual({
      code: 3,
      message: reason,
      data: "0x",
    });
    expect((await node.call("MpoolPushMessage", [empty, null])).error).toEqual({
      code: 1,
      message: `GasEstimateMessageGas error: ${reason}`,
    });
    expect(await node.ask("MpoolPending", [])).toEqual([]);
  });

  it("estimates on top of what the head includes and what waits in the pool", async () => {
    const node = await withAccounts();
    await node.pass(5);
    const params = preCommitSectorBatch2Params.encode({ sectors: [preCommitInfo(epoch(5))] });
    const again = preCommit(node.worker, params);
    await node.ask("MpoolPushMessage", again, null);
    const twice = /sector number 0 was already used/;
    expect((await node.call("GasEstimateMessageGas", [again, null, []])).error?.message).toMatch(twice);
    await node.pass(1); // included, and not executed yet
    expect((await node.call("GasEstimateMessageGas", [again, null, []])).error?.message).toMatch(twice);
  });

  it("takes messages of one sender in turn, and one that comes twice at once for one", async () => {
    const node = await withAccounts();
    await node.pass(5);
    const params = preCommitSectorBatch2Params.encode({ sectors: [preCommitInfo(epoch(5))] });
    const message = preCommit(node.worker, params);
    const spec = { MsgUuid: randomUUID() };
    const answers = await Promise.all(
      [spec, spec, null].map(async (one) => node.call("MpoolPushMessage", [message, one])),
    );
    const [first, again, other] = answers;
    expect(first?.error).toBeUndefined();
    expect(again?.result).toEqual(first?.result);
    expect(other?.error?.message).toMatch(/sector number 0 was already used/);
  });

  it("estimates gas alone too", async () => {
    const node = await withAccounts();
    const limit = await node.ask<number>("GasEstimateGasLimit", send(node.owner), []);
    const whole = await node.ask<Signed["Message"]>("GasEstimateMessageGas", send(node.owner), null, []);
    expect(whole.GasLimit).toBe(Math.ceil(limit * 1.25));
    expect(await node.ask("GasEstimateGasPremium", 10, node.owner, limit, [])).toBe("100");
    expect(await node.ask("GasEstimateFeeCap", send(node.owner), 20, [])).toBe("200");
  });

  it("refuses what the sender cannot pay, a nonce of its own and a key that it does not hold", async () => {
    const node = await withAccounts();
    const balance = await node.ask<string>("WalletBalance", node.owner);
    expect((await node.call("MpoolPushMessage", [send(node.owner, balance), null])).error?.message).toMatch(
      new RegExp(`^mpool push: not enough funds: ${balance} < \\d+$`),
    );
    const numbered = { ...send(node.owner), Nonce: 7 };
    expect((await node.call("MpoolPushMessage", [numbered, null])).error?.message).toMatch(
      /nonce to be 0, was 7/,
    );
    expect((await node.call("MpoolPushMessage", [send("t099"), null])).error?.message).toMatch(
      /key info not found/,
    );
  });

  it("keeps fees below the sender's limit", async () => {
    const node = await withAccounts();
    const spec = { MaxFee: "100000000" };
    const made = await node.ask<{ GasLimit: number; GasFeeCap: string }>(
      "GasEstimateMessageGas",
      send(node.owner),
      spec,
      [],
    );
    expect(BigInt(made.GasLimit) * BigInt(made.GasFeeCap)).toBeLessThanOrEqual(100_000_000n);
  });

  it("signs a message as it is, for whoever pushes it", async () => {
    const node = await withAccounts();
    const unsigned = { ...send(node.owner), GasLimit: 1_000_000, GasFeeCap: "200", GasPremium: "100" };
    const signed = await node.ask<Signed>("WalletSignMessage", node.owner, unsigned);
    expect(await node.ask("MpoolPush", signed)).toEqual(signed.CID);
  });

  it("puts back what a fault has dropped, whichever way it came", async () => {
    const node = await withAccounts();
    await node.chain.addFault({ kind: "drop", message: "any", sector: null, count: 1 });
    const signed = await node.ask<Signed>("MpoolPushMessage", send(node.owner), null);
    await node.pass(1);
    await node.pass(1);
    expect(await node.ask("MpoolPending", [])).toEqual([]);
    expect(await node.ask("MpoolPush", signed)).toEqual(signed.CID);
    expect(await node.ask("MpoolPending", [])).toMatchObject([{ CID: signed.CID }]);
  });

  it("takes a message that was signed elsewhere, once", async () => {
    const node = await withAccounts();
    const Message = await node.ask<Signed["CID"]>("GasEstimateMessageGas", send(node.client), null, []);
    const { CID, ...unsigned } = Message as unknown as { CID: { "/": string } };
    const Signature = await node.ask("WalletSign", node.client, bytesToJson(parseCid(CID["/"]).bytes));
    const signed = { Message: unsigned, Signature };
    const pushed = await node.ask("MpoolPush", signed);
    expect(await node.ask("MpoolPush", signed)).toEqual(pushed);
    expect(await node.ask("MpoolPending", [])).toMatchObject([{ Signature, CID: pushed }]);
    const forged = { Message: { ...unsigned, Value: "2" }, Signature };
    expect((await node.call("MpoolPush", [forged])).error?.message).toMatch(/signature/);
  });
});

describe("looking for messages", () => {
  it("names the tipset that executed them, one after the one that includes them", async () => {
    const node = await withAccounts();
    const { CID } = await node.ask<Signed>("MpoolPushMessage", send(node.owner), null);
    expect(await node.ask("StateSearchMsg", [], CID, -1, true)).toBeNull();
    await node.pass(1);
    expect(await node.ask("StateSearchMsg", [], CID, -1, true)).toBeNull();
    await node.pass(1);
    const { Height, TipSet } = await node.ask<Lookup>("StateSearchMsg", [], CID, -1, true);
    expect(Height).toBe(2);
    const block = TipSet[0];
    expect(await node.ask("ChainGetParentMessages", block)).toMatchObject([{ Cid: CID }]);
    expect(await node.ask("ChainGetParentReceipts", block)).toMatchObject([{ ExitCode: 0 }]);
  });

  it("waits for as many epochs as are asked for", async () => {
    const node = await withAccounts();
    const { CID } = await node.ask<Signed>("MpoolPushMessage", send(node.owner), null);
    const waiting = node.ask<Lookup>("StateWaitMsg", CID, 3, -1, true);
    for (let i = 0; i < 5; i += 1) await node.pass(1);
    expect((await waiting).Height).toBe(2);
    expect(await node.ask("ChainHead")).toMatchObject({ Height: 5 });
  });

  it("refuses a CID that no message has", async () => {
    const node = await withAccounts();
    const cid = "bafy2bzacedytmtmngimfxumbmepmb5s3ezdak3czlhy6yg36vmspj3za7xpei";
    const { error } = await node.call("StateWaitMsg", [{ "/": cid }, 1, -1, true]);
    expect(error).toEqual({
      code: 1,
      message: `%!w(*errors.errorString=&{failed to load message}): ipld: could not find ${cid}`,
    });
  });
});

describe("what messages say", () => {
  it("is shown by the type of the actor and the method", async () => {
    const node = await withAccounts();
    const info = { ...preCommitInfo(epoch(5)), sealRandEpoch: epoch(-20) };
    const params = bytesToJson(preCommitSectorBatch2Params.encode({ sectors: [info] }));
    const decoded = await node.ask("StateDecodeParams", MINER_ADDRESS, 28, params, []);
    expect(decoded).toMatchObject({ Sectors: [{ SealProof: 5, SectorNumber: 0, SealRandEpoch: -20 }] });
    const unknown = await node.call("StateDecodeParams", [MINER_ADDRESS, 999, params, []]);
    expect(unknown.error).toMatchObject({ code: 1, message: expect.stringContaining("unknown method 999") });
  });

  it("and what they return, once they have landed", async () => {
    const node = await withAccounts();
    const creation = createMinerParams.encode({
      owner: parseAddress(node.owner),
      worker: parseAddress(node.owner),
      windowPoStProofType: 10,
      peer: new Uint8Array(0),
      multiaddrs: [],
    });
    const deposit = await node.ask<string>("StateMinerCreationDeposit", []);
    const { CID } = await node.ask<Signed>(
      "MpoolPushMessage",
      { ...SEND, To: "t04", From: node.owner, Value: deposit, Method: 2, Params: bytesToJson(creation) },
      null,
    );
    const waiting = node.ask("StateWaitMsg", CID, 0, -1, true);
    await node.pass(1);
    await node.pass(1);
    expect(await waiting).toMatchObject({
      ReturnDec: { IDAddress: "t01001", RobustAddress: expect.stringMatching(/^t2/) },
    });
    expect(await node.ask("StateListMiners", [])).toEqual(["t01000", "t01001"]);
    expect(await node.ask("StateMinerInfo", "t01001", [])).toMatchObject({
      Owner: "t0100",
      Worker: "t0100",
      PeerId: null,
    });
    expect(await node.ask("StateMinerAvailableBalance", "t01001", [])).toBe("0");
    expect(await node.ask("StateMinerPower", "t01001", [])).toMatchObject({ HasMinPower: false });
  });
});
