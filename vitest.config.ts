import { defineConfig } from "vitest/config";
import { Tally } from "./tools/tally.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

// Whoever runs the tests may have a repo of their own, colours forced, or a real node configured: no test may
// see them. PADMA_CACHE stays (the parameters are there), PADMA_BACKEND, to test another backend, and a node that is
// named for the tests themselves.
const KEPT = new Set(["PADMA_CACHE", "PADMA_BACKEND", "PADMA_TEST_FULLNODE_API_INFO", "PADMA_TEST_ACTOR"]);
for (const name of Object.keys(process.env)) {
  const ours = /^(PADMA_|FIL_PROOFS_|FULLNODE_API_INFO|FORCE_COLOR|NO_COLOR|CLICOLOR|RUST_LOG)/.test(name);
  if (ours && !KEPT.has(name)) delete process.env[name];
}
process.env["TZ"] = "UTC";

/**
 * Kinds in the order in which they run. The heavy ones start real proofs (two threads and 3 GB each) or measure
 * time, so they run alone, one file after the other.
 */
const KINDS = [
  { name: "unit", timeout: MINUTE, alone: false },
  { name: "vectors", timeout: MINUTE, alone: false },
  { name: "property", timeout: MINUTE, alone: false },
  { name: "contract", timeout: MINUTE, alone: false },
  { name: "fault", timeout: 10 * MINUTE, alone: true },
  { name: "e2e", timeout: 10 * MINUTE, alone: true },
];

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    allowOnly: false,
    reporters: ["default", new Tally()],
    projects: KINDS.map(({ name, timeout, alone }, order) => ({
      extends: true,
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        testTimeout: timeout,
        hookTimeout: timeout,
        fileParallelism: !alone,
        sequence: { groupOrder: alone ? order : 0 },
      },
    })),
  },
});
