import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDevnet } from "../../../src/chain/devnet/devnet.ts";
import { createDevnet } from "../../../src/chain/devnet/genesis.ts";
import { inconsistencies } from "./consistency.ts";
import { CHOICES, signatures, temporaryFolder } from "./harness.ts";
import { ScriptedVerifier } from "./scriptedVerifier.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

function start(...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** The JSON in a child's last line. */
async function resultOf<T>(child: ChildProcess): Promise<T> {
  if (child.stdout === null) throw new TypeError("the child has no stdout");
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  expect(code).toBe(0);
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as T;
}

async function fastDevnet(): Promise<string> {
  const path = join(temporaryFolder(), "devnet.db");
  await createDevnet(path, { ...CHOICES, blockDelayMs: 5 }, { now: Date.now, signatures });
  return path;
}

/** Everything that arrived is executed, as of now. */
async function settle(path: string) {
  const chain = openDevnet(path, { now: Date.now, verifier: new ScriptedVerifier(), signatures });
  onTestFinished(async () => chain.close());
  await chain.advance(2);
  return chain;
}

describe("several processes", { timeout: 120_000 }, () => {
  it("that make the same devnet make it once", async () => {
    const path = join(temporaryFolder(), "devnet.db");
    const children = Array.from({ length: 4 }, () => start("create", path));
    const made = await Promise.all(children.map(async (child) => resultOf<boolean>(child)));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(inconsistencies(path)).toEqual([]);
  });

  it("that advance and push at once build one chain", async () => {
    const path = await fastDevnet();
    const drivers = [start("drive", path, "6"), start("drive", path, "6")];
    const pushed = (await Promise.all(drivers.map(async (child) => resultOf<string[]>(child)))).flat();
    const chain = await settle(path);
    const landed = await chain.lookup(pushed);
    expect(pushed.filter((cid) => landed.get(cid)?.exitCode !== 0)).toEqual([]);
    expect(new Set(pushed).size).toBe(12);
    expect(inconsistencies(path)).toEqual([]);
  });

  it("never get the same nonce, and one message for one uuid", async () => {
    const path = await fastDevnet();
    const children = Array.from({ length: 8 }, () => start("push", path, "3"));
    const pushed = await Promise.all(children.map(async (child) => resultOf<string[]>(child)));
    expect(new Set(pushed.map(([shared]) => shared)).size).toBe(1);
    expect(new Set(pushed.flat()).size).toBe(1 + 8 * 3);
    const chain = await settle(path);
    expect((await chain.balances()).miner).toBe(5n + 24n);
    expect(inconsistencies(path)).toEqual([]);
  });

  it("killed while they advance leave a chain that goes on", async () => {
    const path = await fastDevnet();
    for (const delay of [0, 7, 23, 60, 110, 190]) {
      const child = start("drive", path, "1000");
      if (child.stdout === null) throw new TypeError("the child has no stdout");
      await once(child.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    const chain = await settle(path);
    expect(inconsistencies(path)).toEqual([]);
    expect((await chain.balances()).miner).toBeGreaterThan(0n);
  });
});
