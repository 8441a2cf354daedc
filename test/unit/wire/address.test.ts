import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import * as oracle from "iso-filecoin/address";
import { describe, expect, it } from "vitest";
import {
  Address,
  actorIdOf,
  addressFromBytes,
  blsAddress,
  idAddress,
  parseAddress,
  proverId,
  secp256k1Address,
} from "../../../src/wire/address.ts";
import { refusal } from "./refusal.ts";

/** From the specification of addresses, and from a real node. */
const KNOWN: [string, string][] = [
  ["f00", "0000"],
  ["f0150", "009601"],
  ["f01024", "008008"],
  ["f01729", "00c10d"],
  ["f09223372036854775807", "00ffffffffffffffff7f"],
  ["f17uoq6tp427uzv7fztkbsnn64iwotfrristwpryy", "01fd1d0f4dfcd7e99afcb99a8326b7dc459d32c628"],
  ["f24vg6ut43yw2h2jqydgbg2xq7x6f4kub3bg6as6i", "02e54dea4f9bc5b47d261819826d5e1fbf8bc5503b"],
  [
    "f3vvmn62lofvhjd2ugzca6sof2j2ubwok6cj4xxbfzz4yuxfkgobpihhd2thlanmsh3w2ptld2gqkn2jvlss4a",
    "03ad58df696e2d4e91ea86c881e938ba4ea81b395e12797b84b9cf314b9546705e839c7a99d606b247ddb4f9ac7a3414dd",
  ],
];

describe("Address", () => {
  it.each(KNOWN)("%s is its known bytes, both ways, on both networks", (text, hex) => {
    const address = parseAddress(text);
    expect(bytesToHex(address.toBytes())).toBe(hex);
    expect(addressFromBytes(hexToBytes(hex)).toString()).toBe(text);
    expect(parseAddress(`t${text.slice(1)}`).equals(address)).toBe(true);
    expect(address.toString("t")).toBe(`t${text.slice(1)}`);
  });

  it.each([...KNOWN.map(([text]) => text), "f410fsthbzms54pdne3zanrb7nxk3hkbfey5snff7xbq"])(
    "agrees with iso-filecoin on %s",
    (text) => {
      const theirs = oracle.fromString(text);
      expect(bytesToHex(parseAddress(text).toBytes())).toBe(bytesToHex(theirs.toBytes()));
      expect(parseAddress(text).toString("f")).toBe(theirs.toString());
    },
  );

  it("does not change when the bytes it was made of do", () => {
    const key = new Uint8Array(48).fill(7);
    const address = blsAddress(key);
    key.fill(0);
    expect(address.payload[0]).toBe(7);
    expect(Object.isFrozen(address)).toBe(true);
  });

  it.each([
    ["no text", "", "WIRE_ADDRESS_TEXT"],
    ["another network prefix", "x01000", "WIRE_ADDRESS_TEXT"],
    ["a word", "not-an-address", "WIRE_ADDRESS_TEXT"],
    ["a bare prefix", "f0", "WIRE_ADDRESS_TEXT"],
    ["an unknown protocol", "f51000", "WIRE_ADDRESS_PROTOCOL"],
    ["a negative id", "f0-1", "WIRE_ADDRESS_TEXT"],
    ["an id with zeros before it", "f001", "WIRE_ADDRESS_TEXT"],
    ["an id of 2^63", "f09223372036854775808", "WIRE_ADDRESS_PAYLOAD"],
    ["spaces", "f01000 ", "WIRE_ADDRESS_TEXT"],
    ["a wrong checksum", "f17uoq6tp427uzv7fztkbsnn64iwotfrristwprya", "WIRE_ADDRESS_CHECKSUM"],
    ["another digit in the payload", "f17uoq6tp427uzv7fztkbsnn64iwotfrristwpraa", "WIRE_ADDRESS_CHECKSUM"],
    ["upper case", "f17UOQ6TP427UZV7FZTKBSNN64IWOTFRRISTWPRYY", "WIRE_ADDRESS_TEXT"],
    ["a payload that is too short", "f1aaaaaaaaaaaa", "WIRE_ADDRESS_PAYLOAD"],
    ["less than a checksum", "f1aaaa", "WIRE_ADDRESS_TEXT"],
    ["an f4 without a namespace", "f4fsthbzms54pdne3zanrb7nxk3hkbfey5snff7xbq", "WIRE_ADDRESS_TEXT"],
    [
      "an f4 under another namespace",
      "f411fsthbzms54pdne3zanrb7nxk3hkbfey5snff7xbq",
      "WIRE_ADDRESS_CHECKSUM",
    ],
  ])("refuses %s", (_name, text, code) => {
    expect(refusal(() => parseAddress(text))).toMatchObject({ code, kind: "user", facts: { address: text } });
  });

  it.each([
    ["nothing", "", "WIRE_ADDRESS_EMPTY"],
    ["an id without a varint", "00", "WIRE_VARINT"],
    ["an over-long varint", "00e88700", "WIRE_VARINT"],
    ["a varint that never ends", "00ffffffffffffffffffff01", "WIRE_VARINT"],
    ["an id of 2^63", "0080808080808080808001", "WIRE_ADDRESS_PAYLOAD"],
    ["bytes behind an id", "00e80700", "WIRE_ADDRESS_PAYLOAD"],
    ["19 bytes of f1", `01${"00".repeat(19)}`, "WIRE_ADDRESS_PAYLOAD"],
    ["49 bytes of f3", `03${"00".repeat(49)}`, "WIRE_ADDRESS_PAYLOAD"],
    ["55 bytes of subaddress", `040a${"00".repeat(55)}`, "WIRE_ADDRESS_PAYLOAD"],
    ["protocol 5", "0501", "WIRE_ADDRESS_PROTOCOL"],
  ])("refuses bytes: %s", (_name, hex, code) => {
    expect(refusal(() => addressFromBytes(hexToBytes(hex))).code).toBe(code);
  });
});

describe("addresses of actors and keys", () => {
  it("pads the payload of the ID address to a prover id", () => {
    expect(bytesToHex(proverId(idAddress(1000)))).toBe(`e807${"00".repeat(30)}`);
    expect(actorIdOf(parseAddress("t01000"))).toBe(1000);
  });

  it("has no actor id or prover id for a key address", () => {
    const key = blsAddress(new Uint8Array(48));
    expect(refusal(() => proverId(key)).code).toBe("WIRE_ADDRESS_NOT_ID");
    expect(refusal(() => actorIdOf(key)).code).toBe("WIRE_ADDRESS_NOT_ID");
  });

  it("refuses actor ids that are negative or unsafe to count", () => {
    expect(refusal(() => idAddress(-1)).code).toBe("WIRE_ADDRESS_PAYLOAD");
    expect(refusal(() => actorIdOf(idAddress(2n ** 53n))).code).toBe("WIRE_ADDRESS_NOT_ID");
  });

  it("refuses a compressed secp256k1 key and a BLS key of another length", () => {
    expect(refusal(() => secp256k1Address(new Uint8Array(33).fill(2))).code).toBe("WIRE_ADDRESS_KEY");
    expect(refusal(() => blsAddress(new Uint8Array(96))).code).toBe("WIRE_ADDRESS_PAYLOAD");
  });

  it("tells addresses apart", () => {
    expect(new Address(1, new Uint8Array(20)).equals(new Address(2, new Uint8Array(20)))).toBe(false);
  });
});
