/** The test runners behind `npm test`, and how each one closes. */
interface Runner {
  name: string;
  /** For node, in the top folder. */
  args: readonly string[];
  /** Every closing line: group 1 is passed, group 2 failed. */
  line: RegExp;
}

export const RUNNERS: readonly Runner[] = [
  {
    name: "cargo test",
    // The same flags and target folder as the addon's build, so that nothing is compiled twice.
    args: ["tools/build-native.js", "--", "test", "--release", "--workspace", "--locked", "--no-fail-fast"],
    line: /^test result: .*?(\d+) passed; (\d+) failed/gm,
  },
  {
    name: "vitest",
    args: ["node_modules/vitest/vitest.mjs", "run"],
    line: /^vitest: (\d+) passed, (\d+) failed/gm,
  },
];
