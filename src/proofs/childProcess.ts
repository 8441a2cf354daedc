/**
 * One proofs child: starting it, talking to it, knowing when it is gone. The pool is in host.ts.
 */
import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { PadmaError } from "../errors.ts";
import { proofError } from "./failures.ts";
import { type Calls, CHILD_FOLDER, type Method, type Reply, type Request } from "./protocol.ts";
import type { Progress } from "./prover.ts";

/** A line that a child wrote to stdout or stderr: the library's own messages. */
export type ChildLog = (
  line: string,
  facts: { readonly pid: number; readonly stream: "stdout" | "stderr" },
) => void;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it wrote last, oldest first. */
  readonly lastLines: readonly string[];
}

export interface ProofsChild {
  readonly pid: number;
  /** One call at a time. Rejects with a PadmaError; PROOF_CHILD_CRASHED only when the process is gone. */
  call<M extends Method>(
    method: M,
    input: Calls[M]["input"],
    onProgress?: (progress: Progress) => void,
  ): Promise<Calls[M]["output"]>;
  /** Ends it at once, in the middle of a proof too. */
  kill(): void;
  /** Settles when the process is gone and its folder is removed. */
  readonly gone: Promise<Exit>;
  /** Whether it keeps this process alive: only while a call runs. */
  hold(held: boolean): void;
}

export interface StartOptions {
  readonly environment: (cwd: string) => Record<string, string>;
  /** Where the child's empty working directory is made. */
  readonly temporaryFolder: string;
  readonly log: ChildLog;
}

const KEPT_LINES = 20;

/** `dist/child.js` beside the bundle, `src/proofs/child.ts` when run from source. */
function childFile(): string {
  const bundled = fileURLToPath(new URL("./child.js", import.meta.url));
  return existsSync(bundled) ? bundled : fileURLToPath(new URL("./child.ts", import.meta.url));
}

/** Starts a child. Rejects with PROOF_CHILD_NOT_STARTED when no process can be made. */
export async function startChild(options: StartOptions): Promise<ProofsChild> {
  // Its own empty folder: the library reads a configuration file from the current one, silently.
  const cwd = await mkdtemp(join(options.temporaryFolder, CHILD_FOLDER)).catch(notStarted);
  // A folder that cannot be removed is empty and hurts nobody; the exit must be told all the same.
  const removeFolder = () => rm(cwd, { recursive: true, force: true }).catch(() => {});
  try {
    return await startIn(cwd, options, removeFolder);
  } catch (error) {
    await removeFolder();
    return notStarted(error);
  }
}

/** Some refusals of the system are thrown, others come as `error` to a child without a pid, even without pipes. */
async function startIn(
  cwd: string,
  options: StartOptions,
  removeFolder: () => Promise<void>,
): Promise<ProofsChild> {
  const child = fork(childFile(), {
    cwd,
    env: options.environment(cwd),
    execArgv: ["--disable-warning=ExperimentalWarning"],
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const lastLines: string[] = [];
  const gone = exitOf(child, lastLines).then(async (exit) => {
    await removeFolder();
    return exit;
  });
  if (child.pid !== undefined) readLines(child, lastLines, options.log);
  await started(child, gone);
  return proofsChild(child, gone);
}

function notStarted(cause: unknown): never {
  throw new PadmaError({
    code: "PROOF_CHILD_NOT_STARTED",
    message: "cannot start a process for proofs",
    facts: { reason: cause instanceof Error ? cause.message : String(cause) },
    next: "check free memory, the limits of processes and open files (`ulimit -u -n`) and the temporary folder",
    cause,
  });
}

/** Resolves once there is a process. `error` may also come later (a failed send); `gone` answers that. */
function started(child: ChildProcess, gone: Promise<Exit>): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => {
      gone.then(() => reject(error), reject);
    });
  });
}

/** `close` comes after `exit` and after the last output; a child that never started has only `error`. */
function exitOf(child: ChildProcess, lastLines: readonly string[]): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, lastLines }));
    child.on("error", () => {
      if (child.pid === undefined) resolve({ code: null, signal: null, lastLines });
    });
  });
}

/** Both pipes are read always: a full one would stop the child. */
function readLines(child: ChildProcess, lastLines: string[], log: ChildLog): void {
  for (const stream of ["stdout", "stderr"] as const) {
    let rest = "";
    const take = (line: string): void => {
      if (line === "") return;
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      log(line, { pid: child.pid ?? 0, stream });
    };
    pipe(child, stream)
      .setEncoding("utf8")
      .on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        lines.forEach(take);
      });
    pipe(child, stream).on("end", () => take(rest));
  }
}

function pipe(child: ChildProcess, stream: "stdout" | "stderr"): Readable & Pick<Socket, "ref" | "unref"> {
  const socket = child[stream];
  if (socket === null) throw new Error(`the child was started without a pipe for ${stream}`);
  return socket as Socket; // Pipes of a child process are sockets; the declared type is wider.
}

function proofsChild(child: ChildProcess, gone: Promise<Exit>): ProofsChild {
  return {
    pid: child.pid ?? 0,
    gone,
    kill: () => void child.kill("SIGKILL"),
    call: (method, input, onProgress) => call(child, gone, { method, input } as Request, onProgress),
    hold: (held) => {
      const change = held ? "ref" : "unref";
      child[change]();
      child.channel?.[change]();
      pipe(child, "stdout")[change]();
      pipe(child, "stderr")[change]();
    },
  };
}

async function call<Output>(
  child: ChildProcess,
  gone: Promise<Exit>,
  request: Request,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<Output> {
  const { promise, resolve, reject } = Promise.withResolvers<Output>();
  const onMessage = (reply: Reply): void => {
    if (reply.kind === "progress") onProgress?.(reply.progress);
    else if (reply.kind === "done") resolve(reply.output as Output);
    else reject(proofError(reply.failure));
  };
  child.on("message", onMessage);
  // A failed send means that the channel is closed: `gone` tells why. Settling twice does nothing.
  void gone.then((exit) => reject(crashed(request.method, child.pid ?? 0, exit)));
  try {
    if (child.connected) child.send(request, () => {});
    return await promise;
  } finally {
    child.off("message", onMessage);
  }
}

function crashed(method: Method, pid: number, exit: Exit): PadmaError {
  const end = exit.signal === null ? `exit code ${exit.code ?? "unknown"}` : exit.signal;
  const outOfMemory = exit.signal === "SIGKILL";
  return new PadmaError({
    code: "PROOF_CHILD_CRASHED",
    message: `the process that ran ${method} ended with ${end}`,
    facts: {
      pid,
      ...(exit.signal === null ? { exitStatus: exit.code ?? -1 } : { signal: exit.signal }),
      ...(exit.lastLines.length === 0 ? {} : { lastLines: exit.lastLines.join("\n") }),
    },
    next: outOfMemory
      ? "the step is tried again; if this comes back, look for the out-of-memory killer (`dmesg`)"
      : "the step is tried again; if this comes back, report it with the lines above",
  });
}
