/**
 * Loads the native module, `native/padma-node.node`. It may be built for exactly the CPU of the machine it was
 * built on, where loading is fine and the first proof ends in an illegal instruction: so flags are compared first.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { arch } from "node:process";
import { fileURLToPath } from "node:url";
import type * as Native from "../../crates/padma-node/index.d.ts";
import { type Facts, PadmaError } from "../errors.ts";
import { proofError } from "./failures.ts";
import type { Failure } from "./protocol.ts";

export type NativeModule = typeof Native;

const REBUILD = "run `npm run build` in padma's folder";

/** The CPU for which the module was built: `native/cpu.json`, written by tools/build-native.js. */
interface BuiltFor {
  readonly arch: string;
  /** Built for any CPU of this architecture. */
  readonly portable: boolean;
  /** Instruction sets it may use, as /proc/cpuinfo spells them. */
  readonly flags: readonly string[];
}

/** `native/` in the package root: the first folder with a package.json above dist/ or src/proofs/. */
export function nativeFolder(): string {
  let folder = new URL(".", import.meta.url);
  while (!existsSync(new URL("package.json", folder)) && folder.pathname !== "/")
    folder = new URL("..", folder);
  return fileURLToPath(new URL("native", folder));
}

let loaded: NativeModule | undefined;

/**
 * The native module, loaded once a process. Throws NATIVE_MISSING, NATIVE_WRONG_CPU, NATIVE_UNLOADABLE (all kind
 * `user`: exit code 2).
 */
export function loadNative(): NativeModule {
  loaded ??= loadNativeFrom(nativeFolder(), readFileSync("/proc/cpuinfo", "utf8"));
  return loaded;
}

/** As `loadNative`, from another folder and for another CPU: for tests. @internal for tests and docs */
export function loadNativeFrom(folder: string, cpuInfo: string): NativeModule {
  const path = join(folder, "padma-node.node");
  if (!existsSync(path)) throw unusable("NATIVE_MISSING", "the native module is missing", { path });
  requireSameCpu(path, readBuiltFor(join(folder, "cpu.json")), cpuInfo);
  try {
    return createRequire(import.meta.url)(path) as NativeModule;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unusable("NATIVE_UNLOADABLE", "the native module cannot be loaded", { path, reason }, cause);
  }
}

/** Undefined when there is no readable record: then the build is not known to fit, and is refused. */
function readBuiltFor(path: string): BuiltFor | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as BuiltFor;
  } catch {
    return undefined;
  }
}

function requireSameCpu(path: string, built: BuiltFor | undefined, cpuInfo: string): void {
  const message = "the native module was built for another CPU";
  if (built === undefined)
    throw unusable("NATIVE_WRONG_CPU", message, { path, reason: "cpu.json beside it is missing" });
  if (built.arch !== arch)
    throw unusable("NATIVE_WRONG_CPU", message, { path, built: built.arch, here: arch });
  if (built.portable) return;
  const here = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuInfo)?.[1]?.split(/\s+/));
  const absent = built.flags.filter((flag) => !here.has(flag));
  if (absent.length > 0) throw unusable("NATIVE_WRONG_CPU", message, { path, missing: absent.join(" ") });
}

function unusable(code: string, message: string, facts: Facts, cause?: unknown): PadmaError {
  return new PadmaError({ code, message, kind: "user", facts, next: REBUILD, cause });
}

/** The failure in a rejection of the native module; undefined when it is not one (a bug here, or of napi). */
export function failureOf(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  if (!error.code.startsWith("PROOF_")) return undefined;
  const facts = "facts" in error ? (error.facts as Record<string, string>) : {};
  return { code: error.code, message: error.message, facts };
}

/** Runs a call of the native module in this process; its rejections come out as PadmaErrors. */
export async function nativeCall<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const failure = failureOf(error);
    throw failure === undefined ? error : proofError(failure);
  }
}
