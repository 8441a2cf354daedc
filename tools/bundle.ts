/**
 * Bundles src/ into dist/ with esbuild (about 100 ms). main.js is the program, child.js the process that makes
 * proofs. Splitting keeps the bodies of commands, which are imported when they run, out of `padma --help`.
 */
import { build } from "esbuild";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "./process.ts";

const dist = path.join(root, "dist");
/** Output name → source file. */
const ENTRIES = { main: "src/cli/main.ts", child: "src/proofs/child.ts" };

/** Some dependencies are CommonJS and call require() for Node's own modules. */
const banner = `import { createRequire as padmaRequire } from "node:module";
const require = padmaRequire(import.meta.url);`;

function requireEntries(): void {
  const missing = Object.values(ENTRIES).filter((entry) => !existsSync(path.join(root, entry)));
  if (missing.length > 0)
    throw new Error(`cannot bundle, these source files are missing: ${missing.join(", ")}`);
}

/** Replaces a file in one step, and only if it changes: a running padma still imports from dist/. */
function place(file: string, contents: Buffer): void {
  if (existsSync(file) && readFileSync(file).equals(contents)) return;
  const whole = `${file}.${process.pid}.tmp`;
  writeFileSync(whole, contents);
  renameSync(whole, file);
}

async function bundle(): Promise<void> {
  requireEntries();
  const result = await build({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir: dist,
    // Flat, so that new URL("./child.js", import.meta.url) means the same in every chunk.
    entryNames: "[name]",
    chunkNames: "chunk-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22.18",
    packages: "bundle",
    external: ["*.node"],
    sourcemap: "linked",
    banner: { js: banner },
    logLevel: "warning",
    write: false,
  });
  mkdirSync(dist, { recursive: true });
  for (const file of result.outputFiles) place(file.path, Buffer.from(file.contents));
  const kept = new Set(result.outputFiles.map((file) => path.basename(file.path)));
  for (const name of readdirSync(dist))
    if (!kept.has(name)) rmSync(path.join(dist, name), { recursive: true });
}

try {
  await bundle();
} catch (error) {
  // esbuild has printed its own errors already; this names the first of them again.
  process.stderr.write(`bundle: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
