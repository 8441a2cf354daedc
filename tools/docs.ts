/**
 * Writes docs/commands.md and docs/states.md from the program's own tables. With --check it writes nothing and fails
 * when a page is not what it should be.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { commandsPage } from "./docs/commandsPage.ts";
import { statesPage } from "./docs/statesPage.ts";
import { root } from "./process.ts";

const PAGES = { "docs/commands.md": commandsPage, "docs/states.md": statesPage };
const check = process.argv.includes("--check");

for (const [name, page] of Object.entries(PAGES)) {
  const file = path.join(root, name);
  const text = page();
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  if (check) {
    process.stderr.write(`${name} is out of date: run "npm run docs"\n`);
    process.exitCode = 1;
    continue;
  }
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  process.stdout.write(`wrote ${name}\n`);
}
