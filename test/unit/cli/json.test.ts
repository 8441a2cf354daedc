import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, padma } from "./program.ts";

let folder: string;
let made: Ended;
let pledged: Ended;

/** A real command on a real repo; HOME is the repo's parent, so that nothing of the machine's user is seen. */
const run = (line: string): Promise<Ended> =>
  padma(line, { env: { HOME: folder, PATH: "/usr/bin:/bin", ...cache() }, cwd: folder });

/** Where parameters are, if the machine has them: making a repo works with and without. */
function cache(): Record<string, string> {
  const { PADMA_CACHE } = process.env;
  return PADMA_CACHE === undefined ? {} : { PADMA_CACHE };
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "padma-json-"));
  made = await run("init --instant --json");
  pledged = await run("pledge-sector --count 2 --data zeros --deal none --json");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("with --json", () => {
  it("init says what it made", () => {
    expect(made.code).toBe(0);
    expect(JSON.parse(made.stdout)).toMatchObject({
      path: path.join(folder, ".padma"),
      miner: "t01000",
      sectorSize: 2048,
    });
  });

  it("a pledge is one line a sector, and the missing driver is named on stderr", () => {
    expect(pledged.stdout).toBe('{"sector":0,"state":"Incoming"}\n{"sector":1,"state":"Incoming"}\n');
    expect(JSON.parse(pledged.stderr)).toEqual({ notice: expect.stringContaining("no driver is running") });
  });

  it.each([
    "sectors list",
    "sectors list --states Proving",
    "sectors status 0 --log",
    "sectors why 1",
    "info",
    "params status",
    "devnet status",
    "config show",
    "config default",
    "version",
  ])("%s prints one JSON document and nothing else", async (line) => {
    const { code, stdout, stderr } = await run(`${line} --json`);
    expect([code, stderr.replace(/^\{"notice":.*\}\n/, "")]).toEqual([0, ""]);
    expect(stdout.endsWith("\n")).toBe(true);
    expect(stdout.trimEnd()).toBe(JSON.stringify(JSON.parse(stdout)));
  });

  it("sectors list has one row a sector", async () => {
    const rows: unknown = JSON.parse((await run("sectors list --json")).stdout);
    expect(rows).toMatchObject([
      { id: 0, state: "Incoming", step: "AddPiece", onChain: false, active: false, deals: "CC" },
      { id: 1, state: "Incoming", step: "AddPiece", onChain: false, active: false, deals: "CC" },
    ]);
  });

  it("an unknown sector is an error with exit code 1", async () => {
    const { code, stdout, stderr } = await run("sectors status 99 --json");
    expect([code, stdout, JSON.parse(stderr)]).toMatchObject([1, "", { error: { code: "SECTOR_UNKNOWN" } }]);
  });
});

describe("update-state", () => {
  it("asks for --really-do-it first, as lotus does, and then for a state that there is", async () => {
    expect((await run("sectors update-state 0 Nope")).stderr).toMatchInlineSnapshot(`
      "padma: this is a command for advanced users, only use it if you are sure of what you are doing
      → padma sectors update-state 0 Nope --really-do-it
      "
    `);
    const { code, stderr } = await run("sectors update-state 0 Nope --really-do-it");
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /^padma: "Nope" is not a valid state\n {2}Possible states for sectors are: Incoming, /,
      ),
    ]);
  });
});
