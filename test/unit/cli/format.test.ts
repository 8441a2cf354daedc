import { describe, expect, it } from "vitest";
import { byteSize, epochTime, goTime, longDuration, percent, power } from "../../../src/cli/format.ts";
import { table } from "../../../src/cli/table.ts";

describe("an epoch", () => {
  const clock = { epoch: 80, blockDelayMs: 4000 };
  // From a real lotus-miner on a network with a block every four seconds.
  it.each([
    [3_675_537, "3675537 (in 24 weeks 2 days)"],
    [1_549_456, "1549456 (in 10 weeks 1 day)"],
    [39, "39 (2 minutes 44 seconds ago)"],
    [80, "80 (now)"],
  ])("%i is written as lotus does", (epoch, text) => expect(epochTime(clock, epoch)).toBe(text));
});

describe("a duration", () => {
  it.each([
    [0, "0 seconds"],
    [1000, "1 second"],
    [61_000, "1 minute 1 second"],
    [3_605_000, "1 hour 5 seconds"],
    [366 * 86_400_000, "1 year 1 day"],
    [250, "250 milliseconds"],
  ])("of %i ms is %s", (ms, text) => expect(longDuration(ms)).toBe(text));
});

it("writes times as Go does", () =>
  expect(goTime(Date.UTC(2026, 10, 22, 11, 58, 21))).toBe("2026-11-22 11:58:21 +0000 UTC"));

describe("power", () => {
  it("has binary prefixes and four digits", () => {
    expect([power(40_960n), power(0n), byteSize(4096n), byteSize(2n ** 60n + 2n ** 58n)]).toEqual([
      "40 Ki",
      "0",
      "4 KiB",
      "1.25 EiB",
    ]);
  });
  it("is a share with four decimals", () => {
    expect([percent(1n, 1n), percent(1n, 3n), percent(0n, 0n)]).toEqual(["100.0000%", "33.3333%", "0.0000%"]);
  });
});

describe("a table", () => {
  const columns = [
    { name: "ID", cell: (n: number) => String(n) },
    {
      name: "Even",
      optional: true,
      cell: (n: number) => (n % 2 === 0 ? { text: "yes", paint: (t: string) => `<${t}>` } : null),
    },
    { name: "Error", below: true, cell: (n: number) => (n > 9 ? "too large" : null) },
  ];
  it("leaves out an optional column that no row fills", () => expect(table(columns, [1])).toBe("ID  \n1   "));
  it("counts widths without colours, and puts what is below on its own line", () => {
    expect(table(columns, [2, 11])).toBe("ID  Even  \n2   <yes>   \n11        \n  Error: too large");
  });
  it("of nothing is its header", () => expect(table(columns, [])).toBe("ID  "));
});
