/**
 * `npm test`: the Rust tests, then the TypeScript tests. The last line, alone, is the sum: "N passed, N failed".
 */
import { type Count, countOf, total } from "./count.ts";
import { ensureParameters } from "./parameters.ts";
import { runAndKeep } from "./process.ts";
import { RUNNERS } from "./runners.ts";

/** Runners write into a pipe here, so whether they may use colours is decided by where that pipe leads. */
function colours(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _force, NO_COLOR: _no, CLICOLOR_FORCE: _clicolor, ...env } = process.env;
  return process.stdout.isTTY
    ? { ...env, FORCE_COLOR: "1", CARGO_TERM_COLOR: "always" }
    : { ...env, NO_COLOR: "1", CARGO_TERM_COLOR: "never" };
}

function report(name: string, { passed, failed, why }: Count): void {
  process.stdout.write(
    `${name}: ${passed} passed, ${failed} failed${why === undefined ? "" : ` (${why})`}\n`,
  );
}

const counts: [string, Count][] = [];
const code = await ensureParameters();
// The other tests still run: most need no parameters.
if (code !== 0) counts.push(["parameters", { passed: 0, failed: 1, why: `exit code ${code}` }]);
for (const { name, args, line } of RUNNERS) {
  process.stdout.write(`\n== ${name}\n`);
  counts.push([name, countOf(await runAndKeep(process.execPath, args, colours()), line)]);
}

process.stdout.write("\n");
for (const [name, count] of counts) report(name, count);
const { passed, failed } = total(counts.map(([, count]) => count));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
