/** `padma version`: what runs here. */
import { cpus } from "node:os";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isPadmaError } from "../errors.ts";
import { failureOf, loadNative, nativeFolder } from "../proofs/native.ts";

export interface VersionView {
  readonly padma: string;
  readonly node: string;
  /** What the native module says of itself, or why it cannot be loaded. */
  readonly native: object | { readonly error: string };
  readonly cpu: string;
}

export function version(): VersionView {
  const manifest: unknown = JSON.parse(readFileSync(join(nativeFolder(), "..", "package.json"), "utf8"));
  const padma =
    typeof manifest === "object" && manifest !== null && "version" in manifest
      ? String(manifest.version)
      : "unknown";
  return { padma, node: process.version, native: nativeVersion(), cpu: cpus()[0]?.model ?? "unknown" };
}

function nativeVersion(): VersionView["native"] {
  try {
    return loadNative().version();
  } catch (error) {
    const failure = isPadmaError(error) ? error : failureOf(error);
    if (failure === undefined) throw error;
    return { error: `${failure.code}: ${failure.message}` };
  }
}
