import { expect, it } from "vitest";
import { openOutput } from "../../../src/cli/output.ts";

const nowhere = { write: () => {} };

it.each([
  [{ isTTY: true, columns: 80 }, "xterm", false, true],
  [{ isTTY: true }, "xterm", false, true],
  [{ isTTY: true, columns: 0 }, "xterm", false, false],
  [{ isTTY: true, columns: 80 }, "dumb", false, false],
  [{ isTTY: true, columns: 80 }, "xterm", true, false],
  [{}, "xterm", false, false],
])("a live view on %j, TERM=%s, --json %j: %j", async (sink, TERM, json, expected) => {
  const host = { stdout: nowhere, stderr: { ...nowhere, ...sink }, env: { TERM }, cwd: "/" };
  expect((await openOutput(host, { json })).terminal).toBe(expected);
});
