import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { decodeBigint, encodeBigint } from "../../../src/wire/bigint.ts";
import { refusal } from "./refusal.ts";

describe("Filecoin BigInt", () => {
  it.each([
    [0n, ""],
    [1n, "0001"],
    [-1n, "0101"],
    [255n, "00ff"],
    [256n, "000100"],
    [-65_536n, "01010000"],
    [10n ** 18n, "000de0b6b3a7640000"],
  ])("%d is %s, both ways", (value, hex) => {
    expect(bytesToHex(encodeBigint(value))).toBe(hex);
    expect(decodeBigint(hexToBytes(hex))).toBe(value);
  });

  it.each([
    ["a zero with a sign", "00"],
    ["a negative zero", "01"],
    ["a zero byte before the magnitude", "000001"],
    ["a zero in two bytes", "0000"],
    ["a sign byte of 2", "0201"],
    ["129 bytes", `00${"ff".repeat(128)}`],
  ])("refuses %s", (_name, hex) => {
    expect(refusal(() => decodeBigint(hexToBytes(hex))).code).toBe("WIRE_BIGINT");
  });

  it("refuses to write what the network would not read", () => {
    expect(encodeBigint(2n ** 1016n - 1n).length).toBe(128);
    expect(refusal(() => encodeBigint(2n ** 1016n)).code).toBe("WIRE_BIGINT");
  });
});
