import { stripVTControlCharacters } from "node:util";

export interface Count {
  passed: number;
  failed: number;
  /** Why there is a failure that no test reported. */
  why?: string;
}

/**
 * What a runner's output and exit code say together. `line` finds its closing lines (cargo has one for each test
 * program): group 1 is passed, group 2 failed. A runner that crashes, or prints no count, is a failure by itself.
 */
export function countOf({ code, output }: { code: number; output: string }, line: RegExp): Count {
  const lines = [...stripVTControlCharacters(output).matchAll(line)];
  const sum = (group: number): number => lines.reduce((total, match) => total + Number(match[group]), 0);
  const [passed, failed] = [sum(1), sum(2)];
  if (passed + failed === 0) return { passed, failed: 1, why: `printed no count, exit code ${code}` };
  if (code !== 0 && failed === 0) return { passed, failed: 1, why: `exit code ${code}` };
  return { passed, failed };
}

export function total(counts: readonly Count[]): Count {
  const sum = (field: "passed" | "failed"): number => counts.reduce((all, count) => all + count[field], 0);
  return { passed: sum("passed"), failed: sum("failed") };
}
