/**
 * How much memory this process could still take before something is killed. `process.availableMemory()` counts what a
 * control group holds of cached files as taken, and those are all of it after a gigabyte of parameters was read.
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Bytes: what the kernel says of the machine (MemAvailable), and what every control group above this process leaves
 * (version 2). Infinity where neither can be read. FAIL: a limit that is written elsewhere → the kernel kills the
 * child, and PROOF_CHILD_CRASHED says so.
 *
 * @param root the folder with `proc` and `sys`, `/` but for tests.
 */
export async function availableMemory(root = "/"): Promise<number> {
  const meminfo = await text(join(root, "proc/meminfo"));
  const kilobytes = field(meminfo, /^MemAvailable:\s+(\d+) kB$/m);
  const group = /^0::(\/.*)$/m.exec(await text(join(root, "proc/self/cgroup")))?.[1];
  const rooms =
    group === undefined ? [] : await Promise.all(ancestors(group).map((path) => room(root, path)));
  return Math.min(kilobytes * 1024, ...rooms);
}

function ancestors(group: string): string[] {
  return group === "/" ? ["/"] : [group, ...ancestors(dirname(group))];
}

/** A group's limit less what it holds, cached files not counted: the kernel drops those first. */
async function room(root: string, group: string): Promise<number> {
  const read = (name: string): Promise<string> => text(join(root, "sys/fs/cgroup", group, name));
  const [limit, current, stat] = await Promise.all(["memory.max", "memory.current", "memory.stat"].map(read));
  const most = field(limit, /^(\d+)$/m);
  if (most === Number.POSITIVE_INFINITY) return most;
  const cached = ["active_file", "inactive_file"].map((name) =>
    count(stat, new RegExp(`^${name} (\\d+)$`, "m")),
  );
  const held = count(current, /^(\d+)$/m) - cached.reduce((sum, bytes) => sum + bytes, 0);
  return Math.max(0, most - Math.max(0, held));
}

const text = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

/** The number in a text, Infinity when it has none: "max", or a file that is not there. */
function field(content: string | undefined, pattern: RegExp): number {
  return Number(pattern.exec(content ?? "")?.[1] ?? Number.POSITIVE_INFINITY);
}

const count = (content: string | undefined, pattern: RegExp): number =>
  Number(pattern.exec(content ?? "")?.[1] ?? 0);
