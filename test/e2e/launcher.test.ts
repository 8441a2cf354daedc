import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { oldNode } from "../helpers/oldNode.ts";

const root = path.join(import.meta.dirname, "../..");
const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { version: string };

describe("the built program on a machine whose Node is too old", () => {
  let folder: string;

  const padma = (node: string, ...args: string[]) =>
    spawnSync(node, [path.join(root, "bin/padma.js"), ...args], {
      encoding: "utf8",
      env: { ...process.env, PADMA_PATH: path.join(folder, "repo") },
    });

  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "padma-old-node-"));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("prints its version", () => {
    const { status, stdout, stderr } = padma(oldNode(folder), "--version");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(version);
  });

  it("prints the same help as on a new one", () => {
    const old = padma(oldNode(folder), "--help");
    expect(old.status).toBe(0);
    expect(old.stdout).toContain("Usage: padma");
    expect(old.stdout).toBe(padma(process.execPath, "--help").stdout);
  });

  it("keeps the exit code of a wrong flag", () => {
    expect(padma(oldNode(folder), "--no-such-flag").status).toBe(2);
  });
});
