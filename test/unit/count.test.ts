import { describe, expect, it } from "vitest";
import { countOf, total } from "../../tools/count.ts";
import { RUNNERS } from "../../tools/runners.ts";

function line(name: string): RegExp {
  const runner = RUNNERS.find((each) => each.name === name);
  if (runner === undefined) throw new Error(`no runner ${name}`);
  return runner.line;
}

describe("the count of a test runner", () => {
  it("adds up the test programs of cargo", () => {
    const output = [
      "running 12 tests",
      "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.03s",
      "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
    ].join("\n");
    expect(countOf({ code: 101, output }, line("cargo test"))).toEqual({ passed: 15, failed: 2 });
  });

  it("reads vitest's closing line through colours, and nothing that a test prints", () => {
    const output =
      "say: vitest: 9 passed, 9 failed\n\u001B[32mvitest: 7 passed, 0 failed, 0 skipped\u001B[39m\n";
    expect(countOf({ code: 0, output }, line("vitest"))).toEqual({ passed: 7, failed: 0 });
  });

  it("takes a runner that printed no count for a failure, whatever its exit code", () => {
    const nothing = { passed: 0, failed: 1, why: "printed no count, exit code 0" };
    expect(countOf({ code: 0, output: "Finished\n" }, line("cargo test"))).toEqual(nothing);
  });

  it("takes a runner that crashed after its count for a failure", () => {
    const output = "vitest: 7 passed, 0 failed, 0 skipped\n";
    expect(countOf({ code: 134, output }, line("vitest"))).toEqual({
      passed: 7,
      failed: 1,
      why: "exit code 134",
    });
  });

  it("takes a run without a single test for a failure", () => {
    expect(countOf({ code: 0, output: "vitest: 0 passed, 0 failed\n" }, line("vitest")).failed).toBe(1);
  });

  it("sums all runners", () => {
    expect(
      total([
        { passed: 3, failed: 0 },
        { passed: 4, failed: 1, why: "x" },
      ]),
    ).toEqual({ passed: 7, failed: 1 });
  });
});
