// Makes a fresh clone ready: npm packages, a new enough Node, the bundle, the native addon. Each part is left
// alone when it is up to date. Runs before `npm test`, `npm run quickstart` … as their "pre" script, on the
// machine's own Node (20 is enough), so: plain JavaScript, and no dependency.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const NEEDED = "22.18";
const EXIT_USAGE = 2;

class Stop extends Error {
  constructor(message, next, exitCode = 1) {
    super(message);
    this.next = next;
    this.exitCode = exitCode;
  }
}

function say(text) {
  process.stderr.write(`bootstrap: ${text}\n`);
}

/** Runs a program on this terminal; 0 is success. */
function run(command, args) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (signal === "SIGINT") process.exit(130);
  return error === undefined ? (status ?? 1) : 1;
}

function packagesIn(lockfile) {
  const file = path.join(root, lockfile);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : undefined;
}

/**
 * npm writes node_modules/.package-lock.json when an installation has ended well. What it lists must be what
 * package-lock.json asks for; optional packages may be missing (they are for other platforms).
 */
function isInstalled() {
  const installed = packagesIn("node_modules/.package-lock.json");
  if (installed === undefined) return false;
  const wanted = Object.entries(packagesIn("package-lock.json")).filter(([name]) => name !== "");
  return wanted.every(([name, { version, integrity, optional, devOptional }]) => {
    const found = installed[name];
    return found === undefined
      ? Boolean(optional ?? devOptional)
      : found.version === version && (integrity === undefined || found.integrity === integrity);
  });
}

function installPackages() {
  if (isInstalled()) return;
  say("installing npm packages (npm ci, half a minute)");
  if (
    run("npm", [
      "ci",
      "--include=dev",
      "--include=optional",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ]) !== 0
  ) {
    throw new Stop("npm ci failed", "look at npm's message above; the package registry must be reachable");
  }
}

function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, "").split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

/** The Node for everything after this point: the one that npm installed, else this one if it is new enough. */
function findNode() {
  const installed = path.join(root, "node_modules/.bin/node");
  const { stdout } = spawnSync(installed, ["--version"], { encoding: "utf8" });
  if (stdout && isNewEnough(stdout)) return installed;
  // Without ours, the scripts that follow run on the machine's Node, which is this one.
  if (!existsSync(installed) && isNewEnough(process.version)) return process.execPath;

  const has = stdout ? `node_modules/.bin/node is ${stdout.trim()}` : "node_modules/.bin/node does not run";
  const ours = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
  throw new Stop(
    `Node >= ${NEEDED} is needed; this is ${process.version} and ${has}`,
    ours
      ? `run "npm ci --include=optional" (the package node-linux-${process.arch} is missing), or install Node >= ${NEEDED}`
      : `install Node >= ${NEEDED}: npm has no package of it for ${process.platform}-${process.arch}`,
    EXIT_USAGE,
  );
}

function bundleProgram(node) {
  if (run(node, ["tools/bundle.ts"]) !== 0) throw new Stop("bundling failed", "look at the message above");
}

function buildNative(node) {
  // It compares a stamp first: nothing happens when the addon is current. Without Rust it says so, and ends with 2.
  const code = run(node, ["tools/build-native.js"]);
  if (code !== 0) throw new Stop("building the native addon failed", "look at the message above", code);
}

try {
  installPackages();
  const node = findNode();
  bundleProgram(node);
  buildNative(node);
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  say(`${error.message}\nNext: ${error.next}`);
  process.exitCode = error.exitCode;
}
