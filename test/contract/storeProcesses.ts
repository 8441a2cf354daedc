/** Starts processes that work on one store at the same moment. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

export interface Worker {
  readonly child: ChildProcess;
  /** What it reported, in order. */
  readonly reports: number[];
  /** Exit code, or the signal that ended it, with what it said on stderr. */
  readonly ended: Promise<{ code: number | null; signal: string | null; stderr: string }>;
}

/** All are loaded before the first begins. */
export async function startWorkers(
  mode: string,
  file: string,
  workers: number,
  count = 0,
): Promise<readonly Worker[]> {
  const started = Array.from({ length: workers }, () => startWorker(mode, file, count));
  await Promise.all(started.map(({ child }) => once(child, "message")));
  for (const { child, reports } of started) {
    child.on("message", (value) => reports.push(Number(value)));
    child.send("go");
  }
  return started;
}

function startWorker(mode: string, file: string, count: number): Worker {
  const script = path.join(import.meta.dirname, "storeProcess.ts");
  const child = fork(script, [mode, file, String(count)], {
    silent: true,
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, "close").then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
    stderr,
  }));
  return { child, reports: [], ended };
}

export const CLEAN = { code: 0, signal: null, stderr: "" };
