/**
 * kill -9 of the real child in each phase, then the step again in a new attempt: CommR must be that of a run that
 * nobody disturbed. (With the reference library alone, each of these gave a wrong CommR, or an error for ever.)
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Attempt } from "../../src/storage/storage.ts";
import {
  type Bench,
  commROver,
  killTheChild,
  lengthOf,
  MIB_8,
  openBench,
  OTHER_TICKET,
  pc1,
  pc2,
  seal,
  TICKET,
  until,
} from "./proofsSupport.ts";

const TREE_D = "sc-02-data-tree-d.dat";
const TREE_C = "sc-02-data-tree-c.dat";
const LAYER_1 = "sc-02-data-layer-1.dat";
const LAYER_2 = "sc-02-data-layer-2.dat";
const CRASHED = { code: "PROOF_CHILD_CRASHED", facts: { signal: "SIGKILL" } };

const sha256 = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

let bench: Bench;
/** CommR of undisturbed runs, by ticket. */
const commR: Record<string, string> = {};
/** TreeD's bytes do not depend on the ticket. */
let treeD: string;

beforeAll(async () => {
  // The slowest arithmetic: each phase is long enough to be caught, whatever the CPU has.
  bench = await openBench(MIB_8, { env: { ...process.env, PADMA_BACKEND: "portable" } });
  commR[OTHER_TICKET] = await seal(bench, OTHER_TICKET);
  const phase1 = await bench.storage.beginPc1(MIB_8, TICKET);
  await pc1(bench, phase1, TICKET);
  treeD = sha256(join(phase1.cache, TREE_D));
  commR[TICKET] = await commROver(bench, phase1, TICKET);
});
afterAll(() => bench.close());

it("gives each ticket another CommR: the tests below could not fail otherwise", () => {
  expect(commR[TICKET]).toMatch(/^[0-9a-f]{64}$/);
  expect(commR[TICKET]).not.toBe(commR[OTHER_TICKET]);
});

/** What a call was rejected with; undefined when it was not. */
const rejection = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Starts PC1, kills its child once `seen`, and gives back the dead attempt. */
async function killInPc1(what: string, seen: (attempt: Attempt) => boolean): Promise<Attempt> {
  const attempt = await bench.storage.beginPc1(MIB_8, TICKET);
  const dead = rejection(pc1(bench, attempt, TICKET));
  await until(what, () => seen(attempt));
  killTheChild();
  expect(await dead).toMatchObject(CRASHED);
  expect(existsSync(attempt.output)).toBe(false);
  return attempt;
}

const inCache = (attempt: Attempt, name: string): string => join(attempt.cache, name);

describe("PC1 killed", () => {
  it("while TreeD is written gives the same CommR when it runs again", async () => {
    await killInPc1("TreeD begun", (attempt) =>
      [TREE_D, `${TREE_D}.tmp`].some((name) => existsSync(inCache(attempt, name))),
    );
    expect(await seal(bench, TICKET)).toBe(commR[TICKET]);
  });

  it("in layer 1 gives the same CommR when it runs again", async () => {
    const dead = await killInPc1("TreeD whole", (attempt) => {
      const path = inCache(attempt, TREE_D);
      return lengthOf(path) === 2 * MIB_8.sectorSize - 32 && sha256(path) === treeD;
    });
    expect(lengthOf(inCache(dead, LAYER_1))).toBeLessThan(MIB_8.sectorSize);
    expect(await seal(bench, TICKET)).toBe(commR[TICKET]);
  });

  it("in layer 2 gives the same CommR when it runs again", async () => {
    const dead = await killInPc1("layer 1 whole", (a) => lengthOf(inCache(a, LAYER_1)) === MIB_8.sectorSize);
    expect(lengthOf(inCache(dead, LAYER_2))).toBeLessThan(MIB_8.sectorSize);
    expect(await seal(bench, TICKET)).toBe(commR[TICKET]);
  });

  it("in layer 2 does not make layer 1 a second time", async () => {
    const dead = await killInPc1("layer 1 recorded", ({ output }) => existsSync(`${output}.layers`));
    const layer = inCache(dead, LAYER_1);
    const { ino } = statSync(layer);
    const again = await bench.storage.beginPc1(MIB_8, TICKET);
    expect(again.id).toBe(dead.id);
    await pc1(bench, again, TICKET);
    expect(statSync(layer).ino).toBe(ino);
    expect(await commROver(bench, again, TICKET)).toBe(commR[TICKET]);
  });

  it("and run again with another ticket gives the CommR of that ticket", async () => {
    await killInPc1("layer 1 whole", (a) => lengthOf(inCache(a, LAYER_1)) === MIB_8.sectorSize);
    expect(await seal(bench, OTHER_TICKET)).toBe(commR[OTHER_TICKET]);
  });
});

describe("PC2 killed", () => {
  /** PC1's attempt, shared: PC2 leaves it alone. */
  let phase1: Attempt;
  beforeAll(async () => {
    phase1 = await bench.storage.beginPc1(MIB_8, TICKET);
    await pc1(bench, phase1, TICKET);
  });

  async function killInPc2(what: string, seen: (attempt: Attempt) => boolean): Promise<Attempt> {
    const attempt = await bench.storage.beginPc2(MIB_8, TICKET, phase1.id);
    const dead = rejection(pc2(bench, attempt, phase1, TICKET));
    await until(what, () => seen(attempt));
    killTheChild();
    expect(await dead).toMatchObject(CRASHED);
    expect(existsSync(inCache(attempt, "p_aux"))).toBe(false);
    return attempt;
  }

  it("while TreeC is written gives the same CommR when it runs again", async () => {
    await killInPc2("TreeC begun", (attempt) => existsSync(inCache(attempt, TREE_C)));
    expect(await commROver(bench, phase1, TICKET)).toBe(commR[TICKET]);
  });

  it("while it encodes gives the same CommR when it runs again", async () => {
    await killInPc2("the first bytes encoded", (attempt) => lengthOf(attempt.sealed) > 0);
    expect(await commROver(bench, phase1, TICKET)).toBe(commR[TICKET]);
  });

  it("while it encodes, with a new ticket after it, gives the CommR of that ticket", async () => {
    await killInPc2("the first bytes encoded", (attempt) => lengthOf(attempt.sealed) > 0);
    expect(await seal(bench, OTHER_TICKET)).toBe(commR[OTHER_TICKET]);
  });
});
