/** Builds the reference library's program from padma's sources, where they are: in a checkout, not in the package. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PadmaError } from "../../errors.ts";
import { nativeFolder } from "../../proofs/native.ts";
import type { Environment } from "../open.ts";

/** Lines of the compiler that an error shows. */
const SHOWN_LINES = 10;

/**
 * The path of the built program. Minutes the first time on a machine; a second once it is built.
 * @throws BENCH_NO_SOURCES (user), BENCH_NOT_BUILT (user: no Rust, or the build failed)
 */
export async function buildReference(
  env: Environment,
  signal: AbortSignal,
  root = join(nativeFolder(), ".."),
): Promise<string> {
  const script = join(root, "tools", "build-native.js");
  if (!existsSync(script) || !existsSync(join(root, "crates", "padma-reference"))) throw noSources(root);
  const { code, stdout, stderr } = await output(process.execPath, [script, "--reference"], env, signal);
  signal.throwIfAborted();
  const path = stdout.at(-1);
  if (code === 0 && path !== undefined) return path;
  throw new PadmaError({
    code: "BENCH_NOT_BUILT",
    kind: "user",
    message: "the reference library cannot be built",
    facts: { "last lines": `\n${stderr.slice(-SHOWN_LINES).join("\n")}` },
    next: "Rust and a C compiler are needed (CONTRIBUTING.md: setting up); without --against only padma is measured",
  });
}

function noSources(root: string): PadmaError {
  return new PadmaError({
    code: "BENCH_NO_SOURCES",
    kind: "user",
    message: "the reference library is built from padma's sources, and they are not here",
    facts: { "looked in": root },
    next: "run the bench in a checkout of padma's repository; without --against only padma is measured",
  });
}

interface Ended {
  readonly code: number | null;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

function output(
  program: string,
  args: readonly string[],
  env: Environment,
  signal: AbortSignal,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const stop = (): void => void child.kill();
    signal.addEventListener("abort", stop, { once: true });
    const [stdout, stderr]: [string[], string[]] = [[], []];
    createInterface({ input: child.stdout }).on("line", (line) => stdout.push(line));
    createInterface({ input: child.stderr }).on("line", (line) => stderr.push(line));
    child.once("error", reject);
    child.once("close", (code) => {
      signal.removeEventListener("abort", stop);
      resolve({ code, stdout, stderr });
    });
  });
}
