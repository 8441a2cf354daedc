import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import type { Devnet } from "../../../src/chain/devnet/devnet.ts";
import { attoFil } from "../../../src/units.ts";
import { type Address, idAddress, parseAddress } from "../../../src/wire/address.ts";
import type { Key } from "../../../src/wire/key.ts";
import { type Message, type SignedMessage, signingBytes } from "../../../src/wire/message.ts";
import { addressOfKey, generateKey, sign } from "../../helpers/curves.ts";
import { testDevnet } from "./harness.ts";
import {
  land,
  MINER_ADDRESS,
  minerMessage,
  preCommitInfo,
  preCommitMessage,
  sendMessage,
} from "./messages.ts";
import { epoch } from "../../../src/units.ts";

const FIL = 10n ** 18n;

function send(from: Address, changes: Partial<Message> = {}): Message {
  return {
    version: 0,
    to: idAddress(102),
    from,
    nonce: 0n,
    value: attoFil(1n),
    gasLimit: 2_000_000n,
    gasFeeCap: attoFil(200n),
    gasPremium: attoFil(100n),
    method: 0,
    params: new Uint8Array(0),
    ...changes,
  };
}

const signedBy = (key: Key, message: Message): SignedMessage => ({
  message,
  signature: sign(key, signingBytes(message)),
});

/** A key that has funds on the chain. */
async function fundedKey(chain: Devnet, kind: Key["kind"], amount = FIL) {
  const key = generateKey(kind);
  const address = addressOfKey(key);
  await land(chain, sendMessage(address.toString("t"), amount));
  return { key, address };
}

async function landSigned(chain: Devnet, signed: SignedMessage) {
  const { cid } = await chain.submit(randomUUID(), signed);
  await chain.advance(2);
  return (await chain.lookup([cid])).get(cid);
}

describe("pushing", () => {
  it("returns the same message for the same uuid, before and after it has landed", async () => {
    const { chain } = await testDevnet();
    const message = preCommitMessage(preCommitInfo(epoch(1)));
    const first = await chain.push(message);
    expect(await chain.push(message)).toEqual(first);
    await chain.advance(2);
    expect((await chain.lookup([first.cid])).get(first.cid)?.exitCode).toBe(0);
    expect(await chain.push(message)).toEqual(first);
    expect((await chain.status()).pendingMessages).toBe(0);
  });

  it("counts nonces on, so that several messages land in one tipset in order", async () => {
    const { chain } = await testDevnet();
    const cids: string[] = [];
    for (let i = 0; i < 5; i += 1) cids.push((await chain.push(sendMessage(MINER_ADDRESS, 1n))).cid);
    await chain.advance(2);
    const landed = await chain.lookup(cids);
    expect([...landed.values()].map(({ exitCode, epoch }) => `${exitCode} at ${epoch}`)).toEqual(
      Array(5).fill("0 at 1"),
    );
  });

  it("refuses what the worker cannot pay", async () => {
    const { chain } = await testDevnet();
    const half = sendMessage(MINER_ADDRESS, 600_000n * FIL);
    await chain.push(half);
    const error = await chain.push(sendMessage(MINER_ADDRESS, 600_000n * FIL)).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "CHAIN_FUNDS", kind: "busy" });
    expect((await chain.status()).pendingMessages).toBe(1);
  });

  it("charges gas: the base fee is burnt, and nothing is lost otherwise", async () => {
    const { chain } = await testDevnet();
    const { worker: before } = await chain.balances();
    const { gasUsed } = await land(chain, sendMessage(MINER_ADDRESS, 5n));
    const { worker, miner } = await chain.balances();
    expect(miner).toBe(5n);
    expect(before - worker).toBe(5n + BigInt(gasUsed) * 200n);
  });

  it("gives the value back when the message fails, but not the gas", async () => {
    const { chain } = await testDevnet();
    const { worker: before } = await chain.balances();
    const { gasUsed, exitCode } = await land(chain, minerMessage(99, new Uint8Array(0), FIL));
    expect(exitCode).toBe(22);
    const { worker, miner } = await chain.balances();
    expect(miner).toBe(0n);
    expect(before - worker).toBe(BigInt(gasUsed) * 200n);
  });

  it("refuses a message to no actor with the system's exit code", async () => {
    const { chain } = await testDevnet();
    expect(await land(chain, sendMessage("t04711", 1n))).toMatchObject({ exitCode: 5 });
  });
});

describe("messages that are signed elsewhere", () => {
  it.each(["secp256k1", "bls"] as const)("land when a funded %s key signed them", async (kind) => {
    const { chain } = await testDevnet();
    const { key, address } = await fundedKey(chain, kind);
    const landed = await landSigned(chain, signedBy(key, send(address)));
    expect(landed).toMatchObject({ exitCode: 0 });
  });

  it("are refused with a signature that does not match", async () => {
    const { chain } = await testDevnet();
    const { key, address } = await fundedKey(chain, "secp256k1");
    const { signature } = signedBy(key, send(address));
    const forged = [
      { message: send(address, { value: attoFil(2n) }), signature },
      signedBy(generateKey("secp256k1"), send(address)),
      signedBy(generateKey("bls"), send(address)),
      { message: send(address), signature: { ...signature, data: signature.data.subarray(1) } },
    ];
    for (const signed of forged) {
      await expect(chain.submit(randomUUID(), signed)).rejects.toMatchObject({
        code: "CHAIN_REFUSED",
        message: expect.stringContaining("signature"),
      });
    }
    expect((await chain.status()).pendingMessages).toBe(0);
  });

  it("are refused with a nonce that is used up or leaves a gap", async () => {
    const { chain } = await testDevnet();
    const { key, address } = await fundedKey(chain, "secp256k1");
    await landSigned(chain, signedBy(key, send(address)));
    for (const nonce of [0n, 2n]) {
      await expect(chain.submit(randomUUID(), signedBy(key, send(address, { nonce })))).rejects.toMatchObject(
        {
          code: "CHAIN_REFUSED",
          facts: { nonce, expected: 1n },
        },
      );
    }
  });

  it("are refused from an address that nobody ever funded, and from no account", async () => {
    const { chain } = await testDevnet();
    const key = generateKey("secp256k1");
    for (const from of [addressOfKey(key), idAddress(1000), idAddress(4711)]) {
      await expect(chain.submit(randomUUID(), signedBy(key, send(from)))).rejects.toMatchObject({
        code: "CHAIN_REFUSED",
      });
    }
  });

  it.each([
    ["a fee cap below the base fee", { gasFeeCap: attoFil(99n) }, "CHAIN_REFUSED"],
    ["no gas limit", { gasLimit: 0n }, "CHAIN_REFUSED"],
    ["a negative value", { value: attoFil(-1n) }, "CHAIN_REFUSED"],
    ["more gas than the balance", { gasLimit: FIL }, "CHAIN_FUNDS"],
  ])("are refused with %s", async (_what, changes, code) => {
    const { chain } = await testDevnet();
    const { key, address } = await fundedKey(chain, "secp256k1");
    await expect(chain.submit(randomUUID(), signedBy(key, send(address, changes)))).rejects.toMatchObject({
      code,
    });
  });

  it("run out of gas at their limit", async () => {
    const { chain } = await testDevnet();
    const { key, address } = await fundedKey(chain, "secp256k1");
    const landed = await landSigned(chain, signedBy(key, send(address, { gasLimit: 1000n })));
    expect(landed).toMatchObject({ exitCode: 7, gasUsed: 1000 });
  });

  it("may not act for the miner", async () => {
    const { chain } = await testDevnet();
    const { key, address } = await fundedKey(chain, "secp256k1");
    const { params, method } = preCommitMessage(preCommitInfo(epoch(1)));
    const to = parseAddress(MINER_ADDRESS);
    const message = send(address, { to, method, params, gasLimit: 20_000_000n });
    expect(await landSigned(chain, signedBy(key, message))).toMatchObject({ exitCode: 18 });
  });
});

describe("messages that arrive at once", () => {
  it("are taken in the order of their calls, and one that is refused keeps none of the others out", async () => {
    const { chain } = await testDevnet();
    const { key, address } = await fundedKey(chain, "secp256k1");
    const signed = [0n, 1n, 3n, 2n].map((nonce) => signedBy(key, send(address, { nonce })));
    const forged = { ...signedBy(key, send(address, { nonce: 3n })), message: send(address, { nonce: 4n }) };
    const outcomes = await Promise.allSettled([
      ...signed.map(async (one) => chain.submit(randomUUID(), one)),
      chain.submit(randomUUID(), forged),
      chain.push(sendMessage("t0no address", 1n)),
      chain.push(sendMessage(MINER_ADDRESS, 1n)),
    ]);
    const refused = outcomes.flatMap(({ status }, index) => (status === "rejected" ? index : []));
    expect(refused).toEqual([2, 4, 5]);
    await chain.advance(2);
    const cids = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? outcome.value.cid : []));
    expect([...(await chain.lookup(cids)).values()].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
  });

  it("are one message when they have one uuid", async () => {
    const { chain } = await testDevnet();
    const message = sendMessage(MINER_ADDRESS, 1n);
    const [one, two] = await Promise.all([chain.push(message), chain.push(message)]);
    expect(two).toEqual(one);
    expect((await chain.status()).pendingMessages).toBe(1);
  });

  it("cannot spend the same funds together", async () => {
    const { chain } = await testDevnet();
    const half = () => chain.push(sendMessage(MINER_ADDRESS, 600_000n * FIL));
    const outcomes = await Promise.allSettled([half(), half()]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  it("are all in the pool when the chain has been closed", async () => {
    const { chain, reopen } = await testDevnet();
    const pushed = Array.from({ length: 3 }, async () => chain.push(sendMessage(MINER_ADDRESS, 1n)));
    await chain.close();
    const { cid } = (await Promise.all(pushed))[2] ?? { cid: "" };
    const other = reopen();
    expect((await other.status()).pendingMessages).toBe(3);
    await other.advance(2);
    expect((await other.lookup([cid])).get(cid)).toMatchObject({ exitCode: 0 });
  });
});

describe("a signature that was changed in the file", () => {
  it.each(["secp256k1", "bls"] as const)("stops the chain (%s)", async (kind) => {
    const { chain, path, reopen } = await testDevnet();
    const { key, address } = await fundedKey(chain, kind);
    const good = [0n, 1n, 2n].map((nonce) => signedBy(key, send(address, { nonce })));
    const pushed = await Promise.all(good.map(async (one) => chain.submit(randomUUID(), one)));
    await chain.close();
    const file = new DatabaseSync(path);
    const [from, to] = [pushed[0]?.cid ?? "", pushed[1]?.cid ?? ""];
    file
      .prepare("update messages set signature = (select signature from messages where cid = ?) where cid = ?")
      .run(from, to);
    file.close();
    await expect(reopen().advance(1)).rejects.toMatchObject({
      code: "CHAIN_DATABASE_DAMAGED",
      facts: { reason: `the signature of message ${to} does not match` },
    });
  });
});

describe("signing", () => {
  it("is refused for an address whose key the devnet does not hold", async () => {
    const { chain } = await testDevnet();
    await expect(chain.sign("t01000", Uint8Array.of(1))).rejects.toMatchObject({ code: "CHAIN_KEY_UNKNOWN" });
  });
});
