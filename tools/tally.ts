import type { Reporter, SerializedError, TestModule } from "vitest/node";

/**
 * Ends a vitest run with one line that tools/test.ts reads: "vitest: N passed, N failed, N skipped". A file that
 * could not be loaded and an error outside every test count as failures.
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
    const skipped = counts.skipped + counts.pending;
    const line = `vitest: ${counts.passed} passed, ${counts.failed} failed, ${skipped} skipped\n`;
    // At exit, so that it comes after the summary of vitest's own reporter.
    process.once("exit", () => process.stdout.write(line));
  }
}
