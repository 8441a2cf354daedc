import type { Reporter, SerializedError, TestModule } from "vitest/node";

/**
 * Ends a vitest run with one line that tools/test.ts reads: "vitest: N passed, N failed". A file that could not
 * be loaded, an error outside every test and a test that was skipped count as failures.
 */
export class Tally implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      counts.failed += module.errors().length;
      // A beforeAll or afterAll that threw: its tests are reported as skipped.
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
      for (const test of module.children.allTests()) counts[test.result().state] += 1;
    }
    // Nothing is meant to be skipped: a test that did not run has shown nothing.
    const failed = counts.failed + counts.skipped + counts.pending;
    const line = `vitest: ${counts.passed} passed, ${failed} failed\n`;
    // At exit, so that it comes after the summary of vitest's own reporter.
    process.once("exit", () => process.stdout.write(line));
  }
}
