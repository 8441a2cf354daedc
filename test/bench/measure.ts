/** What the measurements share. Everything is read from outside, of whole processes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const launcher = fileURLToPath(new URL("../../bin/padma.js", import.meta.url));

export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: "ms" | "%" | "MB";
  /** What the project promises; none: shown only. */
  readonly limit?: number;
}

export interface Ended {
  readonly ms: number;
  readonly stdout: string;
}

/** Runs the program in a repo and gives its wall time. Rejects when it fails. */
export async function timePadma(repo: string, ...args: string[]): Promise<Ended> {
  const started = performance.now();
  const child = spawn(process.execPath, [launcher, ...args], {
    env: { ...process.env, PADMA_PATH: repo },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`padma ${args.join(" ")} ended with ${code}`);
  return { ms: performance.now() - started, stdout };
}

export function startPadma(repo: string, ...args: string[]) {
  return spawn(process.execPath, [launcher, ...args], {
    env: { ...process.env, PADMA_PATH: repo },
    stdio: "ignore",
  });
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export async function inTempFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "padma-bench-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** CPU seconds that a process has used (proc(5): utime and stime, in ticks of 10 ms). */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Highest resident memory of a process so far, in MB. */
export function peakMegabytes(pid: number): number {
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(peak ?? 0) / 1024;
}

/** Child processes of a process, by pid. */
export function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/stat`))
    .map(Number)
    .filter((child) => parentOf(child) === pid);
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}

/** The machine's tier, and whether something else is running on it. */
export function machine(): string {
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.split(" ") ?? [];
  const tier = flags.includes("avx512ifma") ? "AVX-512 + IFMA" : flags.includes("avx2") ? "AVX2" : "baseline";
  const sha = flags.includes("sha_ni") ? " + SHA-NI" : "";
  const load = loadavg()[0] ?? 0;
  const busy = load > 0.5 ? `, load ${load.toFixed(1)} before the run: figures are too high` : "";
  return `${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, ${tier}${sha}, Node ${process.version}${busy}`;
}
