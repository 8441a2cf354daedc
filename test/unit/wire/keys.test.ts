import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import * as theirWallet from "iso-filecoin/wallet";
import { Message as TheirMessage } from "iso-filecoin/message";
import { describe, expect, it } from "vitest";
import { attoFil } from "../../../src/units.ts";
import { blsAddress, idAddress, secp256k1Address } from "../../../src/wire/address.ts";
import { addressOfKey, generateKey, type Key, type KeyKind, sign, verify } from "../../../src/wire/keys.ts";
import { type Message, messageCbor, messageCid, signingBytes } from "../../../src/wire/message.ts";
import type { Signature } from "../../../src/wire/signature.ts";
import { refusal } from "./refusal.ts";

const KINDS = ["secp256k1", "bls"] as const;
const KEYS: Readonly<Record<KeyKind, Key>> = {
  secp256k1: { kind: "secp256k1", secret: new Uint8Array(32).fill(7) },
  bls: { kind: "bls", secret: new Uint8Array(32).fill(9) },
};
const bytes = hexToBytes("0001020304");

const message = (from: Key): Message => ({
  version: 0,
  to: idAddress(1000),
  from: addressOfKey(from),
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

  it("verifies what it signed, and nothing else", () => {
    const signature = sign(key, bytes);
    expect(verify(signature, addressOfKey(key), bytes)).toBe(true);
    expect(verify(signature, addressOfKey(key), hexToBytes("0001020305"))).toBe(false);
    expect(verify(signature, addressOfKey(generateKey(kind)), bytes)).toBe(false);
  });

  it("signs the same bytes the same way", () => {
    expect(sign(key, bytes)).toEqual(sign(key, bytes));
  });

  it.each([0, 31, 33, 63])("does not verify with bit 1 of byte %d turned", (index) => {
    const signature = sign(key, bytes);
    const data = signature.data.map((byte, i) => (i === index ? byte ^ 2 : byte));
    expect(verify({ kind, data }, addressOfKey(key), bytes)).toBe(false);
  });

  it.each([0, 1, 64, 65, 66, 95, 96, 97, 200])(
    "takes %d bytes of anything as a bad signature, not an error",
    (length) => {
      for (const fill of [0, 1, 0xc0, 0xff]) {
        expect(verify({ kind, data: new Uint8Array(length).fill(fill) }, addressOfKey(key), bytes)).toBe(
          false,
        );
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
    const account = theirWallet.accountFromPrivateKey(
      key.secret,
      kind === "bls" ? "BLS" : "SECP256K1",
      "mainnet",
    );
    expect(account.address.toString()).toBe(ours.from.toString());
    const theirSignature = theirWallet.signMessage(key.secret, kind === "bls" ? "BLS" : "SECP256K1", theirs);
    expect(bytesToHex(sign(key, signingBytes(ours)).data)).toBe(bytesToHex(theirSignature.data));
  });
});

describe("verify", () => {
  it("refuses a signature of the other kind than the address", () => {
    for (const kind of KINDS) {
      const other = kind === "bls" ? "secp256k1" : "bls";
      expect(verify(sign(KEYS[kind], bytes), addressOfKey(KEYS[other]), bytes)).toBe(false);
    }
    const delegated: Signature = { ...sign(KEYS.secp256k1, bytes), kind: "delegated" };
    expect(verify(delegated, addressOfKey(KEYS.secp256k1), bytes)).toBe(false);
  });

  it("asks for the key address of an actor", () => {
    const error = refusal(() => verify(sign(KEYS.bls, bytes), idAddress(100), bytes));
    expect(error).toMatchObject({ code: "WIRE_SIGNER", facts: { address: "f0100" } });
  });

  it("does not take the identity or a point outside the subgroup for a BLS key", () => {
    const identity = blsAddress(hexToBytes(`c0${"00".repeat(47)}`));
    const noSignature: Signature = { kind: "bls", data: hexToBytes(`c0${"00".repeat(95)}`) };
    expect(verify(noSignature, identity, bytes)).toBe(false);
    expect(verify(sign(KEYS.bls, bytes), blsAddress(new Uint8Array(48).fill(0xff)), bytes)).toBe(false);
  });

  it("does not take another recovery byte", () => {
    const { data } = sign(KEYS.secp256k1, bytes);
    for (const recovery of [0, 1, 2, 3, 4, 27, 255]) {
      const turned = Uint8Array.of(...data.subarray(0, 64), recovery);
      const isSame = recovery === data[64];
      expect(verify({ kind: "secp256k1", data: turned }, addressOfKey(KEYS.secp256k1), bytes)).toBe(isSame);
    }
  });
});

describe("generateKey", () => {
  it.each(KINDS)("makes another %s key each time", (kind) => {
    const [one, two] = [generateKey(kind), generateKey(kind)];
    expect(one.secret).toHaveLength(32);
    expect(bytesToHex(one.secret)).not.toBe(bytesToHex(two.secret));
    expect(addressOfKey(one).protocol).toBe(kind === "bls" ? 3 : 1);
  });

  it("refuses an address of a key that is not uncompressed", () => {
    expect(refusal(() => secp256k1Address(new Uint8Array(65))).code).toBe("WIRE_ADDRESS_KEY");
  });
});
