/**
 * The process that makes proofs (entry point; host.ts starts it). It serves one call at a time over the channel to
 * its parent, and lives exactly as long as that channel: the library's threads would go on proving for hours
 * otherwise, with nobody to take the result.
 */
import { rmdirSync } from "node:fs";
import { basename } from "node:path";
import { PadmaError } from "../errors.ts";
import { failureOf, loadNative } from "./native.ts";
import { handlers } from "./nativeCalls.ts";
import { CHILD_FOLDER, type Calls, type Failure, type Method, type Reply, type Request } from "./protocol.ts";
import type { Progress } from "./prover.ts";

/** The library reports ten times a second; the channel needs no more than this. */
const REPORT_MS = 250;

const cwd = process.cwd();

function reply(message: Reply): void {
  process.send?.(message, undefined, undefined, () => {}); // A closed channel: `disconnect` ends this process.
}

function dieWithTheParent(): void {
  try {
    // The parent would have; it may have been killed. Its name is what childProcess.ts gives, so nobody else's folder goes.
    if (basename(cwd).startsWith(CHILD_FOLDER)) rmdirSync(cwd);
  } catch {
    // Not empty, or gone already: either way nobody waits for it.
  }
  // Not exit(): it would wait for nothing good, and an addon thread may hold locks that exit handlers want.
  process.kill(process.pid, "SIGKILL");
}

function throttled(report: (progress: Progress) => void): (progress: Progress) => void {
  let last = 0;
  return (progress) => {
    const now = performance.now();
    if (now - last < REPORT_MS && progress.done < progress.total) return;
    last = now;
    report(progress);
  };
}

async function handle<M extends Method>(method: M, input: Calls[M]["input"]): Promise<Calls[M]["output"]> {
  let ended = false;
  const report = throttled((progress) => {
    // The library's last report may come after its result: the next call must not get it.
    if (!ended) reply({ kind: "progress", progress });
  });
  try {
    return await handlers[method](loadNative(), input, report);
  } finally {
    ended = true;
  }
}

function failure(error: unknown): Failure {
  if (error instanceof PadmaError) {
    const facts = Object.fromEntries(
      Object.entries(error.facts).map(([name, value]) => [name, String(value)]),
    );
    const { code, message, kind, next } = error;
    return { code, message, facts, kind, ...(next === undefined ? {} : { next }) };
  }
  const known = failureOf(error);
  if (known !== undefined) return known;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "PROOF_BUG", message: "a bug in padma's proofs process", facts: { stack: text } };
}

async function serve({ method, input }: Request): Promise<void> {
  try {
    reply({ kind: "done", output: await handle(method, input) });
  } catch (error) {
    reply({ kind: "failed", failure: failure(error) });
  }
}

// Ctrl-C, a closed terminal and a stopped service reach every process there: what they mean is for the parent to say.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.on("disconnect", dieWithTheParent);
process.on("message", (request: Request) => void serve(request));
if (!process.connected) {
  process.stderr.write("padma starts this process itself; by hand it does nothing\n");
  process.exitCode = 2;
}
