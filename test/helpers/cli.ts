/** The program as a user starts it: the launcher, the bundle, a process of its own, an environment with nothing in it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, onTestFinished } from "vitest";
import { cacheFolder } from "../../src/proofs/environment.ts";

const launcher = fileURLToPath(new URL("../../bin/padma.js", import.meta.url));

/** A test that failed must not leave a proof running for minutes. */
const started = new Set<ChildProcess>();
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
});

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Cli {
  readonly root: string;
  readonly path: string;
  run(...args: string[]): Promise<Ran>;
  /** As `run`, with more variables. */
  runIn(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran>;
  /** A process to watch and to kill. */
  start(...args: string[]): Running;
  json(...args: string[]): Promise<unknown>;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
  /** Resolves when a line on stderr matches. */
  line(pattern: RegExp): Promise<string>;
  /** The first line on stdout. */
  answer(): Promise<string>;
}

/** A folder of its own with a repo path in it, and variables that all of its processes get; removed after the test (or after the suite, with `keep`). */
export function cliIn(root: string, more: Readonly<Record<string, string>> = {}): Cli {
  const path = join(root, "repo");
  const start = (env: Readonly<Record<string, string>>, args: readonly string[]): Running => {
    const child = spawn(process.execPath, [launcher, ...args], {
      cwd: root,
      env: { ...bareEnvironment(), PADMA_PATH: path, ...more, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return running(child);
  };
  const run = (...args: string[]): Promise<Ran> => start({}, args).ended;
  return {
    root,
    path,
    run,
    runIn: (env, ...args) => start(env, args).ended,
    start: (...args) => start({}, args),
    json: async (...args) => {
      const { code, stdout, stderr } = await run(...args, "--json");
      if (code !== 0) throw new Error(`padma ${args.join(" ")} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout);
    },
  };
}

export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), "padma-e2e-"));
}

export function tempCli(): Cli {
  const root = makeFolder();
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return cliIn(root);
}

/** What cron gives, and where the shared cache is. */
function bareEnvironment(): Record<string, string> {
  return { PATH: "/usr/bin:/bin", HOME: homedir(), PADMA_CACHE: cacheFolder(process.env) };
}

function running(child: ChildProcess): Running {
  started.add(child);
  let [stdout, stderr] = ["", ""];
  const waiting = new Set<() => void>();
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    for (const look of waiting) look();
  });
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      started.delete(child);
      resolve({ code, stdout, stderr });
      for (const look of waiting) look();
    });
  });
  let over = false;
  void ended.then(() => (over = true));
  const line = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = stderr.split("\n").find((text) => pattern.test(text));
        if (found !== undefined) resolve(found);
        else if (over || child.exitCode !== null || child.signalCode !== null)
          reject(new Error(`ended without ${pattern}:\n${stderr}`));
        else return;
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    });
  const answer = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (stdout.includes("\n")) resolve(stdout.slice(0, stdout.indexOf("\n")));
        else if (over) reject(new Error(`ended without an answer:\n${stderr}`));
      };
      child.stdout?.on("data", look);
      void ended.then(look, reject);
      look();
    });
  return { child, ended, line, answer };
}
