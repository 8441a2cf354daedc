import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { type CborValue, decodeCbor, encodeCbor } from "../../../src/wire/cbor.ts";
import { cidOfCbor, parseCid } from "../../../src/wire/cid.ts";
import { refusal } from "./refusal.ts";

const encoded = (value: CborValue) => bytesToHex(encodeCbor(value));
const codeOf = (hex: string) => refusal(() => decodeCbor(hexToBytes(hex))).code;

describe("encodeCbor", () => {
  it("writes integers in the shortest form, whether number or bigint", () => {
    const cases: [bigint, string][] = [
      [0n, "00"],
      [23n, "17"],
      [24n, "1818"],
      [255n, "18ff"],
      [256n, "190100"],
      [65_536n, "1a00010000"],
      [0xffff_ffffn, "1affffffff"],
      [0x1_0000_0000n, "1b0000000100000000"],
      [2n ** 53n - 1n, "1b001fffffffffffff"],
      [-1n, "20"],
      [-24n, "37"],
      [-25n, "3818"],
      [-0x1_0000_0000n, "3affffffff"],
      [-0x1_0000_0001n, "3b0000000100000000"],
    ];
    for (const [value, hex] of cases) {
      expect(encoded(value)).toBe(hex);
      expect(encoded(Number(value))).toBe(hex);
    }
    expect(encoded(2n ** 64n - 1n)).toBe("1bffffffffffffffff");
    expect(encoded(-(2n ** 63n))).toBe("3b7fffffffffffffff");
    expect(encoded(-0)).toBe("00");
  });

  it("writes bytes without a tag, also those of a Buffer", () => {
    expect(encoded(Uint8Array.of(0xde, 0xad))).toBe("42dead");
    expect(encoded(Buffer.from("dead", "hex"))).toBe("42dead");
  });

  it("writes a CID as tag 42 with the identity prefix", () => {
    const cid = cidOfCbor([]);
    expect(encoded(cid)).toBe(`d82a582700${bytesToHex(cid.bytes)}`);
  });

  it("orders keys by length, then by bytes", () => {
    expect(encoded({ bb: 1, c: 2, a: 3 })).toBe("a361610361630262626201");
  });

  it.each([
    ["a fraction", 1.5],
    ["NaN", Number.NaN],
    ["an unsafe number", 2 ** 53],
    ["2^64", 2n ** 64n],
    ["-2^63-1", -(2n ** 63n) - 1n],
    ["undefined", undefined],
    ["half of a surrogate pair", "\ud83e"],
    ["a Date", new Date(0)],
    ["a Map", new Map()],
    ["a key that looks like an index", { 7: 1 }],
  ])("refuses %s", (_name, value) => {
    expect(refusal(() => encodeCbor(value as CborValue)).code).toBe("WIRE_CBOR_UNSUPPORTED");
  });

  it("gives a buffer of its own, so that a later call cannot change it", () => {
    const first = encodeCbor([1, 2, 3]);
    const copy = bytesToHex(first);
    encodeCbor([9, 9, 9]);
    expect(bytesToHex(first)).toBe(copy);
    expect(first.byteLength).toBe(first.buffer.byteLength);
  });
});

describe("decodeCbor", () => {
  it("gives plain byte arrays that do not share memory with the input", () => {
    const input = Buffer.from("8142dead", "hex");
    const [bytes] = decodeCbor(input) as [Uint8Array];
    input.fill(0);
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    expect(bytesToHex(bytes)).toBe("dead");
  });

  it("reads an item that lies in the middle of a larger buffer", () => {
    expect(decodeCbor(hexToBytes("ffff8101ffff").subarray(2, 4))).toEqual([1]);
  });

  it.each([
    ["nothing at all", "", "WIRE_CBOR_TRUNCATED"],
    ["a cut header", "19ff", "WIRE_CBOR_TRUNCATED"],
    ["cut bytes", "42de", "WIRE_CBOR_TRUNCATED"],
    ["an array that claims 2^32 items", "9affffffff", "WIRE_CBOR_TRUNCATED"],
    ["bytes that claim 2^63", "5b8000000000000000", "WIRE_CBOR_TRUNCATED"],
    ["a byte behind the item", "0100", "WIRE_CBOR_TRAILING_BYTES"],
    ["1 in two bytes", "1801", "WIRE_CBOR_NOT_MINIMAL"],
    ["255 in three bytes", "1900ff", "WIRE_CBOR_NOT_MINIMAL"],
    ["65535 in five bytes", "1a0000ffff", "WIRE_CBOR_NOT_MINIMAL"],
    ["2^32-1 in nine bytes", "1b00000000ffffffff", "WIRE_CBOR_NOT_MINIMAL"],
    ["-1 in two bytes", "3800", "WIRE_CBOR_NOT_MINIMAL"],
    ["a length of 2 in two bytes", "5802dead", "WIRE_CBOR_NOT_MINIMAL"],
    ["an array length of 1 in three bytes", "99000101", "WIRE_CBOR_NOT_MINIMAL"],
    ["a long tag 42", "d9002a420001", "WIRE_CBOR_NOT_MINIMAL"],
    ["an indefinite array", "9f01ff", "WIRE_CBOR_INDEFINITE_LENGTH"],
    ["an indefinite byte string", "5f42deadff", "WIRE_CBOR_INDEFINITE_LENGTH"],
    ["an indefinite text", "7f6161ff", "WIRE_CBOR_INDEFINITE_LENGTH"],
    ["an indefinite map", "bf616101ff", "WIRE_CBOR_INDEFINITE_LENGTH"],
    ["a lone break", "ff", "WIRE_CBOR_INDEFINITE_LENGTH"],
    ["a half float", "f93c00", "WIRE_CBOR_FLOAT"],
    ["a float", "fa3f800000", "WIRE_CBOR_FLOAT"],
    ["a double", "fb3ff0000000000000", "WIRE_CBOR_FLOAT"],
    ["undefined", "f7", "WIRE_CBOR_SIMPLE_VALUE"],
    ["a simple value", "f820", "WIRE_CBOR_SIMPLE_VALUE"],
    ["a bignum", "c249010000000000000000", "WIRE_CBOR_TAG"],
    ["a typed array", "d84042dead", "WIRE_CBOR_TAG"],
    ["a record of cbor-x", "d9dfff8319e000816161f6", "WIRE_CBOR_TAG"],
    ["the self-describing tag", "d9d9f700", "WIRE_CBOR_TAG"],
    ["a reserved header", "1c", "WIRE_CBOR_INVALID"],
    ["tag 42 on a number", "d82a01", "WIRE_CID_PREFIX"],
    ["tag 42 on nothing", "d82a40", "WIRE_CID_PREFIX"],
    ["tag 42 on text", "d82a6161", "WIRE_CID_PREFIX"],
    ["tag 42 with another multibase prefix", `d82a582501${"00".repeat(36)}`, "WIRE_CID_PREFIX"],
    ["tag 42 on what is no CID", "d82a420001", "WIRE_CID_INVALID"],
    ["keys out of order", "a2616201616102", "WIRE_CBOR_NOT_CANONICAL"],
    ["a key twice", "a2616101616102", "WIRE_CBOR_NOT_CANONICAL"],
    ["a text that is not UTF-8", "61ff", "WIRE_CBOR_NOT_CANONICAL"],
    ["a map with a number as key", "a10102", "WIRE_CBOR_KEY"],
    ["a map with bytes as key", "a141aa02", "WIRE_CBOR_KEY"],
    ["a map that claims 2^63 pairs", "bb8000000000000000", "WIRE_CBOR_TRUNCATED"],
    ["a map with an index as key", "a1613702", "WIRE_CBOR_UNSUPPORTED"],
    ["a map with the key __proto__", "a1695f5f70726f746f5f5f01", "WIRE_CBOR_NOT_CANONICAL"],
    ["an integer below -2^63", "3b8000000000000000", "WIRE_CBOR_UNSUPPORTED"],
    ["65 nested arrays", `${"81".repeat(65)}80`, "WIRE_CBOR_TOO_DEEP"],
  ])("refuses %s", (_name, hex, code) => {
    expect(codeOf(hex)).toBe(code);
  });

  it("gives integers of more than 32 bits as bigints, at every size", () => {
    expect(decodeCbor(hexToBytes("1affffffff"))).toBe(0xffff_ffff);
    expect(decodeCbor(hexToBytes("1b0000000100000000"))).toBe(0x1_0000_0000n);
    expect(decodeCbor(hexToBytes("3affffffff"))).toBe(-0x1_0000_0000);
    expect(decodeCbor(hexToBytes("3b0000000100000000"))).toBe(-0x1_0000_0001n);
  });

  it("refuses a CID with bytes behind it", () => {
    const cid = bytesToHex(parseCid("bafy2bzacedytmtmngimfxumbmepmb5s3ezdak3czlhy6yg36vmspj3za7xpei").bytes);
    expect(codeOf(`d82a582800${cid}00`)).toBe("WIRE_CID_INVALID");
  });

  it("says where the fault is", () => {
    expect(refusal(() => decodeCbor(hexToBytes("82011801"))).facts).toMatchObject({ offset: 2 });
  });
});
