/** Builds the programs that padma is measured against from its sources, where they are: in a checkout, not in the package. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PadmaError } from "../../errors.ts";
import { makeFolder } from "../../folders.ts";
import { cacheFolder } from "../../proofs/environment.ts";
import { nativeFolder } from "../../proofs/native.ts";
import type { Environment } from "../open.ts";
import type { PeerName } from "./work.ts";

/** Lines of the compiler that an error shows. */
const SHOWN_LINES = 10;

interface Recipe {
  /** As messages call it. */
  readonly name: string;
  /** In padma's folder; without them there is nothing to build. */
  readonly sources: readonly string[];
  /** What it takes. */
  readonly next: string;
  /** Builds it, and gives its path. */
  readonly build: (root: string, run: (program: string, args: readonly string[]) => Promise<Ended>) => Built;
}

type Built = Promise<Ended & { readonly path: string | undefined }>;

const recipes = (env: Environment): Readonly<Record<PeerName, Recipe>> => ({
  reference: {
    name: "the reference library",
    sources: ["tools/build-native.js", "crates/padma-reference"],
    next: "Rust and a C compiler are needed (CONTRIBUTING.md: setting up)",
    async build(root, run) {
      const script = join(root, "tools", "build-native.js");
      const ended = await run(process.execPath, [script, "--reference"]);
      return { ...ended, path: ended.stdout.at(-1) };
    },
  },
  hashhash: {
    name: "go-fil-commp-hashhash",
    sources: ["test/bench/go-commp"],
    next: "install Go 1.23 or newer (https://go.dev/dl) and let it fetch modules the first time",
    async build(root, run) {
      const folder = join(cacheFolder(env), "bench");
      await makeFolder(folder);
      const path = join(folder, "go-commp");
      const sources = join(root, "test", "bench", "go-commp");
      return { ...(await run("go", ["build", "-C", sources, "-o", path, "."])), path };
    },
  },
});

/**
 * The path of the built program. Minutes the first time on a machine; a second once it is built.
 * @throws BENCH_NO_SOURCES (user), BENCH_NOT_BUILT (user: no Rust or Go, or the build failed)
 */
export async function buildPeer(
  peer: PeerName,
  env: Environment,
  signal: AbortSignal,
  root = join(nativeFolder(), ".."),
): Promise<string> {
  const { name, sources, next, build } = recipes(env)[peer];
  if (!sources.every((path) => existsSync(join(root, path)))) throw noSources(name, root);
  const { code, path, stderr } = await build(root, (program, args) => output(program, args, env, signal));
  signal.throwIfAborted();
  if (code === 0 && path !== undefined) return path;
  throw new PadmaError({
    code: "BENCH_NOT_BUILT",
    kind: "user",
    message: `${name} cannot be built`,
    facts: { "last lines": `\n${stderr.slice(-SHOWN_LINES).join("\n")}` },
    next: `${next}; without --against only padma is measured`,
  });
}

function noSources(name: string, root: string): PadmaError {
  return new PadmaError({
    code: "BENCH_NO_SOURCES",
    kind: "user",
    message: `${name} is built from padma's sources, and they are not here`,
    facts: { "looked in": root },
    next: "run the bench in a checkout of padma's repository; without --against only padma is measured",
  });
}

interface Ended {
  readonly code: number | null;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** Code null: it could not be started, or a signal ended it. */
function output(
  program: string,
  args: readonly string[],
  env: Environment,
  signal: AbortSignal,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const stop = (): void => void child.kill();
    signal.addEventListener("abort", stop, { once: true });
    const [stdout, stderr]: [string[], string[]] = [[], []];
    createInterface({ input: child.stdout }).on("line", (line) => stdout.push(line));
    createInterface({ input: child.stderr }).on("line", (line) => stderr.push(line));
    const settle = (ended: Ended): void => {
      signal.removeEventListener("abort", stop);
      resolve(ended);
    };
    child.once("error", ({ message }) => settle({ code: null, stdout, stderr: [message] }));
    child.once("close", (code) => settle({ code, stdout, stderr }));
  });
}
