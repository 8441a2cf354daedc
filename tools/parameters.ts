/** The 2 KiB devnet parameters: made once on a machine, outside every checkout and every repo. */
import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { root, run } from "./process.ts";

/** Same rule as the program's own: PADMA_CACHE, else the user's cache folder. */
function parameterManifest(): string {
  const { PADMA_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = PADMA_CACHE || path.join(XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "padma");
  return path.join(cache, "parameters", "padma-devnet-1", "manifest.json");
}

/** Makes the parameters if they are missing. Resolves with the generator's exit code, 0 if they are there. */
export async function ensureParameters(): Promise<number> {
  const manifest = parameterManifest();
  // The generator renames the whole folder into place when it is done, so the manifest means "complete".
  if (existsSync(manifest)) return 0;
  process.stderr.write(
    [
      "The 2 KiB devnet parameters are not on this machine yet. Making them takes less than a minute on two cores",
      "and 0.6 GB of memory, once for all checkouts. They go to:",
      `  ${path.dirname(manifest)}`,
      "$ padma params generate --size 2KiB",
      "",
    ].join("\n"),
  );
  return run(process.execPath, [path.join(root, "bin/padma.js"), "params", "generate", "--size", "2KiB"]);
}
