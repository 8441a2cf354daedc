import { describe, expect, it } from "vitest";
import { PadmaError } from "../../../src/errors.ts";
import { failing, padma } from "./program.ts";

const full = new PadmaError({
  code: "STORAGE_FULL",
  kind: "busy",
  message: "not enough disk space for a sector",
  facts: { needed: "10 KiB", attoFil: 5n },
  next: "free some space",
});

describe("an error", () => {
  it.each([
    ["user", 2],
    ["failed", 1],
    ["busy", 75],
    ["interrupted", 130],
  ] as const)("of kind %s ends with exit code %i", async (kind, code) => {
    const error = new PadmaError({ code: "X", kind, message: "it went wrong" });
    expect(await padma("fail", { commands: [failing(error)] })).toEqual({
      code,
      stdout: "",
      stderr: "padma: it went wrong\n",
    });
  });

  it("says what happened, the facts, and what to do next", async () => {
    const { stderr } = await padma("fail", { commands: [failing(full)] });
    expect(stderr).toMatchInlineSnapshot(`
      "padma: not enough disk space for a sector
        needed: 10 KiB
        attoFil: 5
      → free some space
      "
    `);
  });

  it("with --json is one line on stderr, and stdout stays empty", async () => {
    const { code, stdout, stderr } = await padma("fail --json", { commands: [failing(full)] });
    expect([code, stdout]).toEqual([75, ""]);
    expect(stderr.split("\n")).toHaveLength(2);
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: "STORAGE_FULL",
        message: "not enough disk space for a sector",
        facts: { needed: "10 KiB", attoFil: "5" },
        next: "free some space",
      },
    });
  });

  it("that nobody raised on purpose is a bug: with its stack, exit code 1", async () => {
    const { code, stderr } = await padma("fail", { commands: [failing(new TypeError("x is undefined"))] });
    expect(code).toBe(1);
    expect(stderr).toContain("TypeError: x is undefined\n    at ");
    expect(stderr).toContain("this is a bug in padma, please report it");
  });

  it("that is a bug has the code BUG in JSON", async () => {
    const { stderr } = await padma("fail --json", { commands: [failing(new TypeError("x is undefined"))] });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "BUG", message: "x is undefined" } });
  });
});

describe("colour", () => {
  const RED = "\u001B[31m";
  const commands = [failing(full)];
  it.each([
    ["on a terminal", "fail", {}, true, true],
    ["in a pipe", "fail", {}, false, false],
    ["in a pipe with --color", "fail --color", {}, false, true],
    ["on a terminal with --no-color", "fail --no-color", {}, true, false],
    ["on a terminal with NO_COLOR", "fail", { NO_COLOR: "1" }, true, false],
    ["with --color and NO_COLOR", "fail --color", { NO_COLOR: "1" }, true, true],
    ["on a dumb terminal", "fail", { TERM: "dumb" }, true, false],
    ["with --json and --color", "fail --json --color", {}, true, false],
  ] as const)("%s", async (_, line, env, terminal, coloured) => {
    expect((await padma(line, { commands, env, terminal })).stderr.includes(RED)).toBe(coloured);
  });
});
