/** `npm run check`: everything that needs no test to run. All checks run, also after one has failed. */
import { run } from "./process.ts";

interface Check {
  name: string;
  start: () => Promise<number>;
}

/** A program of node_modules/.bin, which npm has put on PATH. */
const tool = (name: string, ...args: string[]): Check => ({
  name: [name, ...args].join(" "),
  start: () => run(name, args),
});

/** Cargo with the flags and the target folder of the addon's build, so that nothing is compiled twice. */
const cargo = (...args: string[]): Check => ({
  name: ["cargo", ...args].join(" "),
  start: () => run("node", ["tools/build-native.js", "--", ...args]),
});

const CHECKS: readonly Check[] = [
  tool("oxfmt", "--check"),
  tool("oxlint", "--type-aware", "--deny-warnings"),
  tool("tsc"),
  tool("knip"),
  tool("knip", "--production"),
  tool("node", "tools/docs.ts", "--check"),
  cargo("fmt", "--all", "--check"),
  tool("node", "tools/build-native.js", "--check-types"),
  cargo("clippy", "--release", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"),
];

let failed = 0;
for (const { name, start } of CHECKS) {
  process.stdout.write(`\n== ${name}\n`);
  const code = await start();
  if (code !== 0) {
    failed += 1;
    process.stdout.write(`FAILED: ${name} (exit code ${code})\n`);
  }
}
process.stdout.write(`\ncheck: ${CHECKS.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
