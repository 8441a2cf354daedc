/**
 * `npm run quickstart`: from a fresh clone to a sector in Proving on a devnet of its own. Its "pre" script has
 * installed and built everything. Run again, it goes straight to pledging the next sector.
 */
import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ensureParameters } from "./parameters.ts";
import { root, run } from "./process.ts";

const repo = path.resolve(process.env.PADMA_QUICKSTART || path.join(os.homedir(), ".padma-quickstart"));
const launcher = path.join(root, "bin/padma.js");

/** Runs one command as a newcomer would type it; a failure ends the quickstart with the same exit code. */
async function padma(...args: string[]): Promise<void> {
  process.stdout.write(`\n$ padma ${args.join(" ")}\n`);
  const code = await run(process.execPath, [launcher, ...args], { ...process.env, PADMA_PATH: repo });
  if (code !== 0) process.exit(code);
}

process.stdout.write(`The devnet of this quickstart lives in ${repo}\n`);
const code = await ensureParameters();
if (code !== 0) process.exit(code);

process.stdout.write(`\n$ export PADMA_PATH=${repo}\n$ alias padma=${launcher}\n`);
if (!existsSync(path.join(repo, "padma.db"))) await padma("init");
await padma("pledge-sector", "--wait");
await padma("sectors", "list");
await padma("sectors", "status", "--log", "0");
await padma("info");
