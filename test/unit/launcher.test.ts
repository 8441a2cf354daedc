import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { oldNode } from "../helpers/oldNode.ts";

const root = path.join(import.meta.dirname, "../..");
const newNode = process.execPath;

/** Stands in for dist/main.js: says how it was started, then ends as its arguments ask. */
const PROGRAM = `
  const [how, code] = process.argv.slice(2);
  if (how === "signals") {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => {
      process.stdout.write(name + "\\n");
      process.exit(name === "SIGINT" ? 130 : 75);
    });
    setInterval(() => {}, 1000);
  }
  process.stdout.write(JSON.stringify({ node: process.version, args: process.argv.slice(2) }) + "\\n");
  if (how === "exit") process.exit(Number(code));
  if (how === "killed") process.kill(process.pid, "SIGKILL");
`;

let folder: string;

/** An installation in a folder of its own: the real launcher, and the program above. */
function install({ node = true } = {}): string {
  mkdirSync(path.join(folder, "bin"));
  copyFileSync(path.join(root, "bin/padma.js"), path.join(folder, "bin/padma.js"));
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ type: "module" }));
  mkdirSync(path.join(folder, "dist"));
  writeFileSync(path.join(folder, "dist/main.js"), PROGRAM);
  if (node) {
    const home = path.join(folder, `node_modules/node-linux-${process.arch}/bin`);
    mkdirSync(home, { recursive: true });
    symlinkSync(newNode, path.join(home, "node"));
  }
  return path.join(folder, "bin/padma.js");
}

function start(node: string, args: string[], env: Record<string, string> = {}) {
  const { PADMA_NODE: _outer, ...outside } = process.env;
  return spawnSync(node, args, { encoding: "utf8", cwd: folder, env: { ...outside, ...env } });
}

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "padma-launcher-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.each([
  { age: "a new enough Node", node: () => newNode },
  { age: "a Node that is too old, with a newer one beside the program", node: () => oldNode(folder) },
])("the launcher on $age", ({ node }) => {
  it("runs the program on a new enough Node, with the arguments as given", () => {
    const { stdout, stderr } = start(node(), [install(), "sectors", "status", "--log", "a b", ""]);
    expect(JSON.parse(stdout)).toEqual({
      node: process.version,
      args: ["sectors", "status", "--log", "a b", ""],
    });
    expect(stderr).toBe("");
  });

  it.each([0, 1, 2, 75, 130])("ends with the program's exit code %i", (code) => {
    expect(start(node(), [install(), "exit", String(code)]).status).toBe(code);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 75],
    ["SIGHUP", 75],
  ] as const)("passes %s to the program and waits for its end", async (signal, code) => {
    const child = spawn(node(), [install(), "signals"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const output: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => output.push(text));
    await once(child.stdout, "data");
    child.kill(signal);
    const [status] = (await once(child, "close")) as [number | null];
    expect(status).toBe(code);
    expect(output.join("")).toContain(`${signal}\n`);
  });

  it("refuses with exit code 2 when the program is not built", () => {
    const launcher = install();
    rmSync(path.join(folder, "dist"), { recursive: true });
    const { status, stdout, stderr } = start(node(), [launcher]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("the program is not built");
    expect(stderr).toContain('Next: run "npm run build"');
  });
});

describe("the launcher on a Node that is too old", () => {
  it("ends as shells count it when the program is killed", () => {
    expect(start(oldNode(folder), [install(), "killed"]).status).toBe(137);
  });

  it("runs the Node that PADMA_NODE names", () => {
    const { stdout } = start(oldNode(folder), [install({ node: false }), "x"], { PADMA_NODE: newNode });
    expect(JSON.parse(stdout)).toEqual({ node: process.version, args: ["x"] });
  });

  it("refuses with exit code 2 when there is no newer Node", () => {
    const { status, stdout, stderr } = start(oldNode(folder), [install({ node: false })]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^padma: Node >= 22\.18 is needed\n {2}this is Node \d+\./);
    expect(stderr).toContain("PADMA_NODE");
  });

  it("refuses a PADMA_NODE that does not exist, rather than taking another one", () => {
    const { status, stderr } = start(oldNode(folder), [install()], {
      PADMA_NODE: path.join(folder, "no-node"),
    });
    expect(status).toBe(2);
    expect(stderr).toContain("PADMA_NODE names a file that does not exist");
  });

  it("refuses a PADMA_NODE that is too old itself, once", () => {
    const { status, stderr } = start(oldNode(folder), [install()], { PADMA_NODE: oldNode(folder) });
    expect(status).toBe(2);
    expect(stderr.match(/PADMA_NODE is older than Node 22\.18/g)).toHaveLength(1);
  });

  it("refuses a PADMA_NODE that cannot be started", () => {
    const { status, stderr } = start(oldNode(folder), [install()], { PADMA_NODE: folder });
    expect(status).toBe(2);
    expect(stderr).toContain("the newer Node does not start");
  });
});
