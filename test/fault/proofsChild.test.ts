/** The child process itself: how it dies, what it inherits, and that nobody is left alone with it. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import * as support from "./proofsSupport.ts";

const { MIB_8, KIB_2, TICKET, openBench, pc1, childPids, isRunning, lengthOf, killTheChild, until } = support;

/** Starts PC1 at 8 MiB and waits until its child is in it. Each has a ticket of its own, so none goes on with another's layers. */
async function startPc1(bench: support.Bench, options: { signal?: AbortSignal } = {}) {
  const ticket = randomBytes(32).toString("hex");
  const attempt = await bench.storage.beginPc1(MIB_8, ticket);
  const call = pc1(bench, attempt, ticket, { ...support.running(), ...options });
  call.catch(() => {}); // Looked at by the test, when it has done its part.
  await until("PC1 at work", () => existsSync(join(attempt.cache, "sc-02-data-tree-d.dat")));
  const [pid] = childPids();
  if (pid === undefined) throw new Error("no child");
  return { attempt, call, pid };
}

describe("a child at work", () => {
  let bench: support.Bench;
  beforeAll(async () => {
    bench = await openBench(MIB_8);
  });
  afterAll(() => bench.close());

  it("that dies is reported with its signal, and the next call gets a new one", async () => {
    const { call, pid } = await startPc1(bench);
    process.kill(pid, "SIGSEGV");
    await expect(call).rejects.toMatchObject({
      code: "PROOF_CHILD_CRASHED",
      message: "the process that ran pc1 ended with SIGSEGV",
      facts: { pid, signal: "SIGSEGV" },
    });
    await bench.prover.commP({ kind: "zeros" }, 127 as never, support.running());
    expect(childPids()).not.toContain(pid);
  });

  it("is gone when a cancelled call rejects", async () => {
    const stop = new AbortController();
    const { call, pid } = await startPc1(bench, { signal: stop.signal });
    stop.abort();
    await expect(call).rejects.toMatchObject({ code: "PROOF_CANCELLED", kind: "interrupted" });
    expect(isRunning(pid)).toBe(false);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it("is not even started for a call that was cancelled before", async () => {
    const before = childPids();
    const call = bench.prover.commP({ kind: "zeros" }, 127 as never, { signal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ code: "PROOF_CANCELLED" });
    expect(childPids()).toEqual(before);
  });

  it("does not mind Ctrl-C, a closed terminal or a stopped service: its parent decides", async () => {
    const { call, pid } = await startPc1(bench);
    for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"]) process.kill(pid, signal);
    expect((await call).commD).toBe(bench.pieces[0]?.commP);
  });

  it("reports layers as they are whole on disk", async () => {
    const attempt = await bench.storage.beginPc1(MIB_8, TICKET);
    const seen: unknown[] = [];
    await pc1(bench, attempt, TICKET, {
      ...support.running(),
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen).toContainEqual({ done: 1, total: 2, unit: "layers" });
    expect(lengthOf(join(attempt.cache, "sc-02-data-layer-2.dat"))).toBe(MIB_8.sectorSize);
  });
});

describe("an idle child", () => {
  it("is used again, has an empty folder of its own, and is gone with it after a while", async () => {
    const bench = await openBench(KIB_2, { idleMs: 3000 });
    onTestFinished(() => bench.close());
    const [pid] = childPids();
    await support.seal(bench, TICKET);
    expect(childPids()).toEqual([pid]);
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    expect([cwd.startsWith(bench.folder), readdirSync(cwd)]).toEqual([true, []]);
    await until("the idle child ended", () => !existsSync(cwd), 20_000);
    expect(childPids()).toEqual([]);
  });

  it("that is killed does not get the next call", async () => {
    const bench = await openBench(KIB_2);
    onTestFinished(() => bench.close());
    const pid = killTheChild();
    await until("the child gone", () => !isRunning(pid));
    await support.seal(bench, TICKET);
    expect(childPids()).not.toContain(pid);
  });

  it("does not get a call that comes at the moment when its time is up", async () => {
    const idleMs = 50;
    const bench = await openBench(KIB_2, { idleMs });
    onTestFinished(() => bench.close());
    for (let i = 0; i < 5; i += 1) {
      await pause(idleMs); // The pool's own timer was set just before, and fires just before.
      await bench.prover.commP({ kind: "zeros" }, 127 as never, support.running());
    }
    await pause(idleMs);
    await bench.prover.close();
    expect([childPids(), readdirSync(bench.folder)]).toEqual([[], ["storage"]]);
  });

  it("leaves nothing behind when the prover is closed, which then refuses calls", async () => {
    const bench = await openBench(KIB_2);
    await bench.prover.close();
    expect([childPids(), readdirSync(bench.folder)]).toEqual([[], ["storage"]]);
    const late = bench.prover.commP({ kind: "zeros" }, 127 as never, support.running());
    await expect(late).rejects.toMatchObject({ code: "PROOF_CANCELLED" });
    await bench.close();
  });
});

describe("closing the prover", () => {
  it("cancels a call in the middle of a proof", async () => {
    const bench = await openBench(MIB_8);
    onTestFinished(() => bench.close());
    const { call, pid } = await startPc1(bench);
    await bench.prover.close();
    expect(isRunning(pid)).toBe(false);
    await expect(call).rejects.toMatchObject({ code: "PROOF_CANCELLED" });
  });
});

describe("what a child inherits", () => {
  it("is none of the library's settings, and no NODE_OPTIONS", async () => {
    const env = {
      ...process.env,
      FIL_PROOFS_USE_MULTICORE_SDR: "maybe",
      NODE_OPTIONS: "--no-such-flag",
      SECRET: "1",
    };
    const bench = await openBench(KIB_2, { env, threads: 1 });
    onTestFinished(() => bench.close());
    const [pid] = childPids();
    const text = readFileSync(`/proc/${pid}/environ`, "utf8");
    const inside = Object.fromEntries(text.split("\0").map((entry) => entry.split(/=(.*)/s).slice(0, 2)));
    expect(inside).toMatchObject({
      FIL_PROOFS_USE_MULTICORE_SDR: "false",
      FIL_PROOFS_VERIFY_CACHE: "false",
      RAYON_NUM_THREADS: "1",
      EC_GPU_NUM_THREADS: "1",
    });
    expect(Object.keys(inside)).not.toEqual(expect.arrayContaining(["NODE_OPTIONS"]));
    expect(Object.keys(inside)).not.toEqual(expect.arrayContaining(["SECRET"]));
    await support.seal(bench, TICKET);
  });

  it("is not the configuration file in the folder where padma was started", async () => {
    const folder = await mkdtemp(join(tmpdir(), "padma-cwd-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "rust-fil-proofs.config.toml"), "this is [not toml");
    const { child, lines } = startParent("2048", folder);
    expect(await lines.next()).toMatchObject({ value: expect.stringMatching(/^piece /) });
    expect(await lines.next()).toMatchObject({ value: expect.stringMatching(/^commR [0-9a-f]{64}$/) });
    // And it ends by itself, with an idle child left: nothing of it keeps a process alive.
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});

/** A real padma-like process, which seals a sector of `size` and prints what it gets. */
function startParent(size: string, cwd: string): { child: ChildProcess; lines: AsyncIterator<string> } {
  const file = fileURLToPath(new URL("./proofsParent.ts", import.meta.url));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", file, size], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

it("a parent that is killed takes its child with it, in the middle of a proof", async () => {
  const folder = await mkdtemp(join(tmpdir(), "padma-parent-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { child: parent, lines } = startParent("8388608", folder);
  expect(await lines.next()).toMatchObject({ value: expect.stringMatching(/^piece /) });
  expect(await lines.next()).toMatchObject({ value: "layers 1" });
  const [pid] = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, "utf8")
    .trim()
    .split(" ")
    .map(Number);
  if (pid === undefined) throw new Error("the parent has no child");
  const cwd = readlinkSync(`/proc/${pid}/cwd`);
  parent.kill("SIGKILL");
  await once(parent, "exit");
  await until("the orphan gone", () => !isRunning(pid), 5_000);
  expect(existsSync(cwd)).toBe(false);
});
