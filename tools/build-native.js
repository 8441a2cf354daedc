// Builds native/padma-node.node from crates/, or does nothing when it is current.
//
//   node tools/build-native.js                 build (release), skip when the stamp matches
//   node tools/build-native.js --types         build and write crates/padma-node/index.d.ts
//   node tools/build-native.js --check-types   build and fail when the committed index.d.ts is stale
//   node tools/build-native.js -- test         any cargo command with the same flags and target folder
//   node tools/build-native.js --print         the build's settings as JSON, builds nothing
//   node tools/build-native.js --reference     build the peer of `padma bench --against reference`, print its path
//
// PADMA_PORTABLE=1 builds for any CPU of this architecture. PADMA_CACHE moves the target folder.
// Runs before `npm ci` has brought the project's own Node, so: plain JavaScript, no dependency, Node 20.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CRATES = join(ROOT, "crates");
const NATIVE = join(ROOT, "native");
const TYPES = join(CRATES, "padma-node", "index.d.ts");
const OLDEST_RUST = [1, 89];
const PORTABLE = process.env["PADMA_PORTABLE"] === "1";

// The one place that chooses the target CPU. The reference's SHA intrinsics are only inlined when the whole
// build may use them: PC1 is five times slower without. Changing this rebuilds every dependency.
const RUSTFLAGS = PORTABLE ? "" : "-C target-cpu=native";

/** Ends with exit code 2: the build cannot start here, and the text says what to do. */
function refuse(what, next) {
  process.stderr.write(`build-native: ${what}\n${next}\n`);
  process.exit(2);
}

/** The CPU flags that name instruction sets, as the kernel spells them; a native build may use all of them. */
function instructionSets() {
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"));
  const isa =
    /^(?:sse|ssse|pni$|avx|amx|bmi|fma|f16c|aes|vaes|pclmul|vpclmul|sha|sm[34]$|adx|abm|popcnt|movbe|gfni|cx16|movdir|rdseed|rdrand|xsave|fsgsbase|vp2intersect)/;
  const flags = (line?.[1] ?? "").trim().split(/\s+/);
  return (process.arch === "x64" ? flags.filter((flag) => isa.test(flag)) : flags).sort();
}

function sha256(text) {
  return createHash("sha256").update(text).digest("hex");
}

/** The version line; undefined when there is no such program. One that cannot say its version is shown. */
function version(program) {
  const run = spawnSync(program, ["-V"], { cwd: ROOT, encoding: "utf8" });
  if (run.error) return undefined;
  if (run.status !== 0)
    refuse(`${program} -V fails:\n${run.stderr.trim()}`, "Repair the Rust installation, run again.");
  return run.stdout.trim();
}

/** The compiler's version line; exit 2 when Rust is missing or older than the crates need. */
function compiler() {
  const install =
    "Install Rust from https://rustup.rs (`curl https://sh.rustup.rs -sSf | sh`), open a new shell, run again.";
  const rustc = version("rustc");
  if (rustc === undefined || version("cargo") === undefined) {
    refuse("cargo and rustc are not on PATH: the proof library cannot be built.", install);
  }
  const [major, minor] = /(\d+)\.(\d+)/.exec(rustc).slice(1).map(Number);
  if (major < OLDEST_RUST[0] || (major === OLDEST_RUST[0] && minor < OLDEST_RUST[1])) {
    refuse(
      `${rustc} is too old: ${OLDEST_RUST.join(".")} or newer is needed.`,
      "Run `rustup update stable`.",
    );
  }
  return rustc;
}

/** Every source file of the crates, so that the stamp changes when one of them does. */
function sources(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== "target" && entry.name !== "index.d.ts")
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? sources(path) : [path];
    })
    .sort((a, b) => (a < b ? -1 : 1));
}

function sourceDigest() {
  const hash = createHash("sha256");
  for (const path of sources(CRATES))
    hash.update(relative(CRATES, path)).update("\0").update(readFileSync(path));
  return hash.digest("hex");
}

/** What decides whether an existing build may be used, and on which CPUs. */
function settings() {
  const flags = PORTABLE ? [] : instructionSets();
  const cpuDigest = PORTABLE ? "portable" : digestOf(flags);
  const cpu = { format: 1, arch: process.arch, portable: PORTABLE, cpuDigest, flags };
  return {
    cpu: { ...cpu, rustflags: RUSTFLAGS, rustc: compiler(), sourceDigest: sourceDigest() },
    targetDir: resolve(process.env["CARGO_TARGET_DIR"] || join(cacheFolder(), `target-${cpuDigest}`)),
  };
}

/** Names a build for exactly this CPU. */
function digestOf(flags) {
  return sha256([process.arch, ...flags].join(" ")).slice(0, 12);
}

function cacheFolder() {
  return (
    process.env["PADMA_CACHE"] || join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "padma")
  );
}

/**
 * Where the macros of napi-derive write the types they see, while they compile: always the same for a checkout, since
 * changing it rebuilds, and another for each, since checkouts share the target folder.
 */
function typesFolder({ targetDir }) {
  return join(targetDir, `napi-types-${sha256(ROOT).slice(0, 8)}`);
}

/** Runs a program with a build's flags and target folder; its exit code becomes ours when it fails. */
function run(program, args, { targetDir, rustflags = RUSTFLAGS }) {
  const types = typesFolder({ targetDir });
  mkdirSync(types, { recursive: true });
  const env = {
    ...process.env,
    CARGO_TARGET_DIR: targetDir,
    RUSTFLAGS: rustflags,
    NAPI_TYPE_DEF_TMP_FOLDER: types,
  };
  delete env["CARGO_ENCODED_RUSTFLAGS"];
  const done = spawnSync(program, args, { cwd: ROOT, env, stdio: "inherit" });
  if (done.error) refuse(`cannot start ${program}: ${done.error.message}`, "Is it installed?");
  if (done.status !== 0) process.exit(done.status ?? 1);
}

function cargo(args, build) {
  const [command, ...rest] = args;
  run("cargo", [command, "--manifest-path", join(CRATES, "Cargo.toml"), ...rest], build);
}

/** A file appears under its final name only when whole, and a module that is loaded is never overwritten. */
function install(from, to) {
  const temporary = `${to}.${process.pid}.tmp`;
  copyFileSync(from, temporary);
  renameSync(temporary, to);
}

function writeJson(path, value) {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(value, undefined, 2)}\n`);
  renameSync(temporary, path);
}

function isCurrent(stamp) {
  const path = join(NATIVE, "stamp.json");
  if (!existsSync(path) || !existsSync(join(NATIVE, "padma-node.node"))) return false;
  try {
    return JSON.parse(readFileSync(path, "utf8")).stamp === stamp;
  } catch {
    return false; // A damaged stamp only costs a build.
  }
}

function buildModule(build) {
  const stamp = sha256(JSON.stringify(build.cpu));
  if (isCurrent(stamp)) return;
  process.stderr.write("build-native: building the proof library (two to four minutes the first time)\n");
  cargo(["build", "--release", "--locked", "-p", "padma-node"], build);
  mkdirSync(NATIVE, { recursive: true });
  // FAIL: killed in here → the old stamp no longer matches, so the next run builds again.
  rmSync(join(NATIVE, "stamp.json"), { force: true });
  install(join(build.targetDir, "release", "libpadma_node.so"), join(NATIVE, "padma-node.node"));
  writeJson(join(NATIVE, "cpu.json"), build.cpu);
  writeJson(join(NATIVE, "stamp.json"), { stamp });
}

/** The binding's types: napi-derive leaves them in the target folder, the napi command line puts them together. */
async function generatedTypes(build) {
  cargo(["build", "--release", "--locked", "-p", "padma-node"], build);
  const { generateTypeDef } = await import("@napi-rs/cli");
  const { dts } = await generateTypeDef({ typeDefDir: typesFolder(build), cwd: ROOT });
  if (dts.includes("export declare function")) return dts;
  return refuse(`no types were left in ${typesFolder(build)}`, "Delete that folder's parent and run again.");
}

async function checkTypes(build) {
  if ((await generatedTypes(build)) === readFileSync(TYPES, "utf8")) return;
  process.stderr.write(
    "build-native: crates/padma-node/index.d.ts is stale: run with --types and commit it\n",
  );
  process.exit(1);
}

/**
 * The reference library as well built as it can be: link-time optimisation, for exactly this CPU, in a folder of its
 * own, since none of that is how padma is built. Cargo knows what is current.
 */
function buildReference() {
  const targetDir = join(resolve(cacheFolder()), `target-reference-${digestOf(instructionSets())}`);
  const profile = ["--profile", "reference", "--locked", "-p", "padma-reference"];
  cargo(["build", ...profile], { targetDir, rustflags: "-C target-cpu=native" });
  process.stdout.write(`${join(targetDir, "reference", "padma-reference")}\n`);
}

const [mode, ...rest] = process.argv.slice(2);
const build = settings();
if (mode === undefined) buildModule(build);
else if (mode === "--types") writeFileSync(TYPES, await generatedTypes(build));
else if (mode === "--check-types") await checkTypes(build);
else if (mode === "--print") process.stdout.write(`${JSON.stringify(build, undefined, 2)}\n`);
else if (mode === "--reference") buildReference();
else if (mode === "--" && rest.length > 0) cargo(rest, build);
else refuse(`unknown argument ${mode}`, "See the first lines of tools/build-native.js.");
