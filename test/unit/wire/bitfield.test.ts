import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import {
  type Bitfield,
  bitfieldCount,
  bitfieldHas,
  bitfieldNumbers,
  bitfieldOf,
  decodeBitfield,
  encodeBitfield,
} from "../../../src/wire/bitfield.ts";
import { refusal } from "./refusal.ts";

/** Bits as they are read, lowest first, to bytes. */
function bits(text: string): Uint8Array {
  const all = text.replaceAll(" ", "");
  const bytes = all.match(/.{1,8}/g) ?? [];
  return Uint8Array.from(bytes, (byte) => Number.parseInt(Array.from(byte).toReversed().join(""), 2));
}

describe("bitfield", () => {
  it("joins numbers in any order to runs", () => {
    expect(bitfieldOf([7, 3, 2, 0, 8])).toEqual([
      { start: 0, length: 1 },
      { start: 2, length: 2 },
      { start: 7, length: 2 },
    ]);
  });

  it("counts, finds and lists its numbers", () => {
    const set = bitfieldOf([0, 2, 3, 90]);
    expect(bitfieldCount(set)).toBe(4);
    expect([0, 1, 2, 3, 4, 90].map((n) => bitfieldHas(set, n))).toEqual([
      true,
      false,
      true,
      true,
      false,
      true,
    ]);
    expect(bitfieldNumbers(set)).toEqual([0, 2, 3, 90]);
  });

  it("does not spell out a run of a billion numbers", () => {
    const set: Bitfield = [{ start: 5, length: 1_000_000_000 }];
    expect(decodeBitfield(encodeBitfield(set))).toEqual(set);
    expect(encodeBitfield(set).length).toBeLessThan(10);
    expect(refusal(() => bitfieldNumbers(set)).code).toBe("WIRE_BITFIELD");
  });

  it.each([
    ["the empty set as no bytes", "", []],
    ["0 as one single block", "00 1 1", [0]],
    ["1 behind a gap of one", "00 0 1 1", [1]],
    ["a run of 15 in a short block", "00 1 01 1111", Array.from({ length: 15 }, (_, i) => i)],
    ["a run of 16 in a long block", "00 1 00 00001000", Array.from({ length: 16 }, (_, i) => i)],
  ])("writes %s", (_name, spelled, numbers) => {
    expect(bytesToHex(encodeBitfield(bitfieldOf(numbers)))).toBe(bytesToHex(bits(spelled)));
    expect(bitfieldNumbers(decodeBitfield(bits(spelled)))).toEqual(numbers);
  });

  it.each([
    ["version 1", "10 1 1"],
    ["a run of 1 in a short block", "00 1 01 1000"],
    ["a run of 1 in a long block", "00 1 00 10000000"],
    ["a run of 15 in a long block", "00 1 00 11110000"],
    ["an over-long varint", "00 1 00 00001001 00000000 1"],
    ["a run of zero", "00 1 01 0000 1"],
    ["an unset run at the end", "00 1 1 1"],
    ["an unset run alone", "00 0 1"],
    ["a varint of 11 bytes", `00 1 00 ${"11111111 ".repeat(10)} 10000000`],
    ["a run beyond 2^53", `00 1 00 ${"11111111 ".repeat(8)} 10000000`],
  ])("refuses %s", (_name, spelled) => {
    expect(refusal(() => decodeBitfield(bits(spelled))).code).toBe("WIRE_BITFIELD");
  });

  it("refuses a zero byte at the end, and the header of an empty set", () => {
    expect(refusal(() => decodeBitfield(hexToBytes("0c00"))).code).toBe("WIRE_BITFIELD");
    expect(refusal(() => decodeBitfield(hexToBytes("00"))).code).toBe("WIRE_BITFIELD");
    expect(refusal(() => decodeBitfield(hexToBytes("04"))).code).toBe("WIRE_BITFIELD");
  });

  it.each([[[-1]], [[1.5]], [[2 ** 53]], [[3, 3]]])("refuses to make a set of %j", (numbers) => {
    expect(refusal(() => bitfieldOf(numbers)).code).toBe("WIRE_BITFIELD");
  });

  it.each<[string, Bitfield]>([
    [
      "runs that touch",
      [
        { start: 0, length: 1 },
        { start: 1, length: 1 },
      ],
    ],
    [
      "runs out of order",
      [
        { start: 5, length: 1 },
        { start: 1, length: 1 },
      ],
    ],
    ["an empty run", [{ start: 5, length: 0 }]],
    ["a negative start", [{ start: -1, length: 2 }]],
  ])("refuses to write %s", (_name, set) => {
    expect(refusal(() => encodeBitfield(set)).code).toBe("WIRE_BITFIELD");
  });
});
