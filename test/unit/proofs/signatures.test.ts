import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import * as theirWallet from "iso-filecoin/wallet";
import { Message as TheirMessage } from "iso-filecoin/message";
import { describe, expect, it } from "vitest";
import { PadmaError } from "../../../src/errors.ts";
import { createSignatures } from "../../../src/proofs/signatures.ts";
import { attoFil } from "../../../src/units.ts";
import { type Address, blsAddress, idAddress, secp256k1Address } from "../../../src/wire/address.ts";
import type { Key, KeyKind } from "../../../src/wire/key.ts";
import { type Message, messageCbor, messageCid, signingBytes } from "../../../src/wire/message.ts";
import type { Signature } from "../../../src/wire/signature.ts";
import * as curves from "../../helpers/curves.ts";
import { refusal } from "../wire/refusal.ts";

const KINDS = ["secp256k1", "bls"] as const;
const KEYS: Readonly<Record<KeyKind, Key>> = {
  secp256k1: { kind: "secp256k1", secret: new Uint8Array(32).fill(7) },
  bls: { kind: "bls", secret: new Uint8Array(32).fill(9) },
};
const bytes = hexToBytes("0001020304");

const signatures = createSignatures();
const addressOf = (key: Key) => signatures.address(key);

const sign = (key: Key, signed: Uint8Array) => signatures.sign(key, signed);

async function verify(signature: Signature, signer: Address, signed: Uint8Array): Promise<boolean> {
  const verdicts = await signatures.verify([{ signature, signer, signed }]);
  expect(verdicts).toHaveLength(1);
  return verdicts[0] === true;
}

const message = (from: Key): Message => ({
  version: 0,
  to: idAddress(1000),
  from: addressOf(from),
  nonce: 4_294_967_296n,
  value: attoFil(10n ** 18n),
  gasLimit: 113_179_308n,
  gasFeeCap: attoFil(7_638_836n),
  gasPremium: attoFil(100_793n),
  method: 28,
  params: Uint8Array.of(0x81, 0x80),
});

describe.each(KINDS)("%s", (kind) => {
  const key = KEYS[kind];

  it("verifies what it signed, and nothing else", async () => {
    const signature = sign(key, bytes);
    expect(await verify(signature, addressOf(key), bytes)).toBe(true);
    expect(await verify(signature, addressOf(key), hexToBytes("0001020305"))).toBe(false);
    expect(await verify(signature, addressOf(curves.generateKey(kind)), bytes)).toBe(false);
  });

  it("signs the same bytes the same way, and other ones another", () => {
    expect(sign(key, bytes)).toEqual(sign(key, bytes));
    expect(sign(key, new Uint8Array(0))).not.toEqual(sign(key, bytes));
  });

  it("agrees with code in JavaScript on addresses and signatures, both ways", async () => {
    for (let i = 0; i < 4; i += 1) {
      const fresh = curves.generateKey(kind);
      const signer = addressOf(fresh);
      expect(signer.toString()).toBe(curves.addressOfKey(fresh).toString());
      const theirs = curves.sign(fresh, bytes);
      expect(sign(fresh, bytes)).toEqual(theirs);
      expect(await verify(theirs, signer, bytes)).toBe(true);
      expect(curves.verify(sign(fresh, bytes), signer, bytes)).toBe(true);
    }
  });

  it.each([0, 31, 33, 63])("does not verify with bit 1 of byte %d turned", async (index) => {
    const signature = sign(key, bytes);
    const data = signature.data.map((byte, i) => (i === index ? byte ^ 2 : byte));
    expect(await verify({ kind, data }, addressOf(key), bytes)).toBe(false);
  });

  it.each([0, 1, 64, 65, 66, 95, 96, 97, 199])(
    "takes %d bytes of anything as a bad signature, not an error",
    async (length) => {
      for (const fill of [0, 1, 0xc0, 0xff]) {
        const data = new Uint8Array(length).fill(fill);
        expect(await verify({ kind, data }, addressOf(key), bytes)).toBe(false);
      }
    },
  );

  it("agrees with iso-filecoin on address, message bytes and signature", () => {
    const ours = message(key);
    const theirs = new TheirMessage({
      to: ours.to.toString(),
      from: ours.from.toString(),
      nonce: Number(ours.nonce),
      value: ours.value.toString(),
      gasLimit: Number(ours.gasLimit),
      gasFeeCap: ours.gasFeeCap.toString(),
      gasPremium: ours.gasPremium.toString(),
      method: ours.method,
      params: "gYA=",
    });
    expect(bytesToHex(messageCbor.encode(ours))).toBe(bytesToHex(theirs.serialize()));
    expect(bytesToHex(messageCid(ours).bytes)).toBe(bytesToHex(theirs.cidBytes()));
    const theirKind = kind === "bls" ? "BLS" : "SECP256K1";
    const account = theirWallet.accountFromPrivateKey(key.secret, theirKind, "mainnet");
    expect(account.address.toString()).toBe(ours.from.toString());
    const theirSignature = theirWallet.signMessage(key.secret, theirKind, theirs);
    expect(bytesToHex(sign(key, signingBytes(ours)).data)).toBe(bytesToHex(theirSignature.data));
  });

  it("says which secret is none, without it", () => {
    for (const secret of [new Uint8Array(32), new Uint8Array(31).fill(1), new Uint8Array(32).fill(255)]) {
      const error = expect.objectContaining({
        code: "PROOF_BAD_INPUT",
        message: expect.stringMatching(new RegExp(`not a private key of kind ${kind}$`)),
      });
      expect(() => addressOf({ kind, secret })).toThrow(error);
      expect(() => sign({ kind, secret }, bytes)).toThrow(error);
    }
  });

  it("refuses a signature of another kind than the address", async () => {
    const other = kind === "bls" ? "secp256k1" : "bls";
    expect(await verify(sign(key, bytes), addressOf(KEYS[other]), bytes)).toBe(false);
    expect(await verify({ ...sign(key, bytes), kind: "delegated" }, addressOf(key), bytes)).toBe(false);
  });
});

describe("many together", () => {
  const list = Array.from({ length: 40 }, (_, i) => {
    const key = KEYS[KINDS[i % 2] ?? "bls"];
    const signed = Uint8Array.of(i);
    return { signer: addressOf(key), signature: sign(key, signed), signed };
  });

  it("are all genuine, or it is told which are not", async () => {
    expect(await signatures.verify(list)).toEqual(list.map(() => true));
    const wrong = new Set([0, 5, 20, 21, 39]);
    const some = list.map((check, i) => (wrong.has(i) ? { ...check, signed: bytes } : check));
    expect(await signatures.verify(some)).toEqual(list.map((_, i) => !wrong.has(i)));
  });

  it("are none", async () => {
    expect(await signatures.verify([])).toEqual([]);
  });
});

describe("verify", () => {
  it("asks for the key address of an actor", async () => {
    const asked = verify(sign(KEYS.bls, bytes), idAddress(100), bytes);
    await expect(asked).rejects.toMatchObject({ code: "WIRE_SIGNER", facts: { address: "f0100" } });
  });

  it("does not take the identity or a point outside the subgroup for a BLS key", async () => {
    const identity = blsAddress(hexToBytes(`c0${"00".repeat(47)}`));
    const noSignature: Signature = { kind: "bls", data: hexToBytes(`c0${"00".repeat(95)}`) };
    expect(await verify(noSignature, identity, bytes)).toBe(false);
    const outside = blsAddress(hexToBytes(`80${"00".repeat(46)}04`));
    expect(await verify(sign(KEYS.bls, bytes), outside, bytes)).toBe(false);
    expect(await verify(sign(KEYS.bls, bytes), blsAddress(new Uint8Array(48).fill(0xff)), bytes)).toBe(false);
  });

  it("does not take another recovery byte", async () => {
    const { data } = sign(KEYS.secp256k1, bytes);
    for (const recovery of [0, 1, 2, 3, 4, 27, 255]) {
      const turned = Uint8Array.of(...data.subarray(0, 64), recovery);
      const isSame = recovery === data[64];
      const verdict = await verify({ kind: "secp256k1", data: turned }, addressOf(KEYS.secp256k1), bytes);
      expect(verdict).toBe(isSame);
    }
  });
});

it("says what to do when the native module is missing", async () => {
  const without = createSignatures(() => {
    throw new PadmaError({ code: "NATIVE_MISSING", message: "missing" });
  });
  const check = { signature: sign(KEYS.bls, bytes), signer: addressOf(KEYS.bls), signed: bytes };
  await expect(without.verify([check])).rejects.toMatchObject({ code: "NATIVE_MISSING" });
  expect(refusal(() => without.sign(KEYS.bls, bytes)).code).toBe("NATIVE_MISSING");
});

it("refuses an address of a key that is not uncompressed", () => {
  expect(refusal(() => secp256k1Address(new Uint8Array(65))).code).toBe("WIRE_ADDRESS_KEY");
});
