// `npm test`: the Rust tests, then the TypeScript tests, then one line with the sum: "N passed, N failed".
// A runner that crashes, fails or prints no count is a failure by itself.
import { stripVTControlCharacters } from "node:util";
import path from "node:path";
import { ensureParameters } from "./parameters.js";
import { root, runAndKeep } from "./process.js";

const RUNNERS = [
  {
    name: "cargo test",
    // The same flags and target folder as the addon's build.
    args: ["tools/build-native.js", "--", "test", "--release", "--workspace", "--locked", "--no-fail-fast"],
    line: /^test result: .*?(\d+) passed; (\d+) failed/gm,
  },
  {
    name: "vitest",
    args: [path.join(root, "node_modules/vitest/vitest.mjs"), "run"],
    line: /^vitest: (\d+) passed, (\d+) failed/gm,
  },
];

/** Runners write into a pipe here, so whether they may use colours is decided by where that pipe leads. */
function colours() {
  const { FORCE_COLOR: _force, NO_COLOR: _no, CLICOLOR_FORCE: _clicolor, ...env } = process.env;
  return process.stdout.isTTY
    ? { ...env, FORCE_COLOR: "1", CARGO_TERM_COLOR: "always" }
    : { ...env, NO_COLOR: "1", CARGO_TERM_COLOR: "never" };
}

async function count({ name, args, line }) {
  process.stdout.write(`\n== ${name}\n`);
  const { code, output } = await runAndKeep(process.execPath, args, colours());
  const lines = [...stripVTControlCharacters(output).matchAll(line)];
  const passed = lines.reduce((sum, match) => sum + Number(match[1]), 0);
  const failed = lines.reduce((sum, match) => sum + Number(match[2]), 0);
  if (passed + failed === 0)
    return { name, passed: 0, failed: 1, why: `printed no count (exit code ${code})` };
  if (code !== 0 && failed === 0) return { name, passed, failed: 1, why: `ended with exit code ${code}` };
  return { name, passed, failed };
}

async function prepare() {
  const code = await ensureParameters();
  return code === 0
    ? []
    : [{ name: "parameters", passed: 0, failed: 1, why: `ended with exit code ${code}` }];
}

const results = await prepare();
for (const runner of RUNNERS) results.push(await count(runner));

process.stdout.write("\n");
for (const { name, passed, failed, why } of results) {
  process.stdout.write(`${name}: ${passed} passed, ${failed} failed${why ? ` (${why})` : ""}\n`);
}
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
