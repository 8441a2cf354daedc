import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os, { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { availableMemory } from "../../../src/proofs/availableMemory.ts";

const GIB = 2 ** 30;
let root = "";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "padma-memory-"));
  await write("proc/meminfo", `MemTotal: 25165824 kB\nMemAvailable:   ${8 * 2 ** 20} kB\n`);
});
afterEach(() => rm(root, { recursive: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

async function group(path: string, max: string, current: number, cached: number): Promise<void> {
  await write(`sys/fs/cgroup/${path}/memory.max`, `${max}\n`);
  await write(`sys/fs/cgroup/${path}/memory.current`, `${current}\n`);
  const stat = `anon ${current - cached}\ninactive_file ${cached / 2}\nactive_file ${cached / 2}\n`;
  await write(`sys/fs/cgroup/${path}/memory.stat`, stat);
}

it("is what the kernel says where no group has a limit", async () => {
  expect(await availableMemory(root)).toBe(8 * GIB);
  await write("proc/self/cgroup", "0::/user\n");
  await group("user", "max", 5 * GIB, 0);
  expect(await availableMemory(root)).toBe(8 * GIB);
});

it("is what the tightest group above this process leaves", async () => {
  await write("proc/self/cgroup", "0::/outer/inner\n");
  await group("outer", `${4 * GIB}`, 3 * GIB, 0);
  await group("outer/inner", `${6 * GIB}`, GIB, 0);
  expect(await availableMemory(root)).toBe(GIB);
});

it("counts cached files of a group as free", async () => {
  await write("proc/self/cgroup", "0::/\n");
  await group("", `${4 * GIB}`, 4 * GIB, 3 * GIB);
  expect(await availableMemory(root)).toBe(3 * GIB);
});

it("knows a limit on this machine, and no number where nothing can be read", async () => {
  const here = await availableMemory();
  expect(here).toBeGreaterThan(0);
  expect(here).toBeLessThanOrEqual(os.totalmem());
  expect(await availableMemory(join(root, "nowhere"))).toBe(Number.POSITIVE_INFINITY);
});
