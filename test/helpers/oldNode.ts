import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";

function isOld(node: string): boolean {
  return /^v(1\d|20|21)\./.test(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout ?? "");
}

/** A program that says it is Node 20, for machines that have no old one. */
function pretender(folder: string): string {
  const preload = path.join(folder, "old.mjs");
  const old = '{ value: { ...process.versions, node: "20.0.0" } }';
  writeFileSync(preload, `Object.defineProperty(process, "versions", ${old});\n`);
  const node = path.join(folder, "old-node");
  const script = `#!/bin/sh\nexec "${process.execPath}" --import "${preload}" "$@"\n`;
  writeFileSync(node, script, { mode: 0o755 });
  return node;
}

/** The machine's own Node, if it is too old for padma (the first on PATH outside node_modules), or a pretender. */
export function oldNode(folder: string): string {
  const onPath = (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((at) => !at.includes("node_modules"));
  return onPath.map((at) => path.join(at, "node")).find(isOld) ?? pretender(folder);
}
