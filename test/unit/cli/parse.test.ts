import { describe, expect, it } from "vitest";
import {
  blockDelay,
  count,
  data,
  duration,
  listenAddress,
  NotAllowed,
  sector,
  sectorSize,
  states,
  wholeNumber,
} from "../../../src/cli/parse.ts";

describe("a time", () => {
  it.each([
    ["500ms", 500],
    ["90s", 90_000],
    ["10m", 600_000],
    ["1h30m", 5_400_000],
    ["2d", 172_800_000],
    ["0s", 0],
  ])("%s is %i ms", (text, ms) => expect(duration(text)).toBe(ms));

  it.each(["", "10", "m", "10 m", "1.5h", "-1m", "10m!", "1h 30m"])("%j is refused", (text) => {
    expect(() => duration(text)).toThrow(NotAllowed);
  });

  it("of a block delay may be plain milliseconds", () => {
    expect([blockDelay("250"), blockDelay("2s")]).toEqual([250, 2000]);
    expect(() => blockDelay("0")).toThrow(NotAllowed);
  });
});

describe("a number", () => {
  it.each(["0", "-1", "1.5", "1e3", "", " 1", "0x10", "99999999999999999999"])("%j is no count", (text) => {
    expect(() => count(text)).toThrow("a whole number from 1");
  });
  it("from zero on takes zero", () => expect(wholeNumber(0)("0")).toBe(0));
});

describe("a sector", () => {
  it.each([
    ["3", 3],
    ["s-t01000-3", 3],
    ["s-f01000-12", 12],
  ])("%s is %i", (text, number) => expect(sector(text)).toBe(number));
  it.each(["", "-3", "three", "s-t01000-", "3.0"])("%j is refused", (text) => {
    expect(() => sector(text)).toThrow(NotAllowed);
  });
});

describe("a sector size", () => {
  it.each([
    ["2KiB", "2KiB"],
    ["2kib", "2KiB"],
    ["2 KiB", "2KiB"],
    ["2048", "2KiB"],
    ["34359738368", "32GiB"],
  ])("%s is %s", (text, name) => expect(sectorSize(text)).toBe(name));
  it.each(["", "2KB", "2K", "1024", "3KiB"])("%j is refused", (text) => {
    expect(() => sectorSize(text)).toThrow("2KiB, 8MiB, 512MiB, 32GiB or 64GiB");
  });
});

describe("states", () => {
  it("are found in any case", () =>
    expect(states("proving, SealFailed,")).toEqual(["Proving", "SealFailed"]));
  it("that do not exist are refused with those that do", () =>
    expect(() => states("Sealed")).toThrow(/Incoming, Packing/));
});

describe("data", () => {
  it("is random, zeros, or a file", () => {
    expect([data("random"), data("zeros"), data("./zeros")]).toEqual([
      { kind: "random" },
      { kind: "zeros" },
      { kind: "file", path: "./zeros" },
    ]);
  });
});

describe("an address to listen at", () => {
  it.each([
    ["127.0.0.1:1234", "127.0.0.1", 1234],
    ["localhost:0", "localhost", 0],
    ["[::1]:65535", "::1", 65_535],
  ])("%s", (text, host, port) => expect(listenAddress(text)).toEqual({ host, port }));

  it.each(["", "127.0.0.1", ":1234", "127.0.0.1:", "127.0.0.1:65536", "::1:1234", "a b:1", "[x]:1"])(
    "%j is none",
    (text) => expect(() => listenAddress(text)).toThrow(NotAllowed),
  );
});
