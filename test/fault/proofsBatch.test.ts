/** A PC1 of two sectors that loses one of them, or its process: each goes on behind its last whole layer. */
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Attempt, SectorRef } from "../../src/storage/storage.ts";
import { sectorNumber } from "../../src/units.ts";
import { type Bench, killTheChild, MIB_8, openBench, pc1, running, TICKET, until } from "./proofsSupport.ts";

/** The slowest arithmetic: each layer takes long enough to be caught, whatever the CPU has. */
const ENV = { ...process.env, PADMA_BACKEND: "portable" };
const SECTORS: readonly SectorRef[] = [MIB_8, { ...MIB_8, number: sectorNumber(4) }];
/** Only the second sector starts a batch. */
const TOGETHER = { waitMs: 2 ** 30, most: SECTORS.length };

/** What each sector's last layer is when nobody disturbs it. */
let layers: readonly string[];
let bench: Bench;

beforeAll(async () => {
  const alone = await openSectors();
  layers = [];
  for (const sector of SECTORS) {
    const attempt = await alone.storage.beginPc1(sector, TICKET);
    await pc1({ ...alone, sector }, attempt, TICKET);
    layers = [...layers, sha256(layer(attempt, 2))];
  }
  await alone.close();
  bench = await openSectors(TOGETHER);
});
afterAll(() => bench.close());

/** Both sectors have the same data. */
async function openSectors(together?: typeof TOGETHER): Promise<Bench> {
  const opened = await openBench(MIB_8, { env: ENV, ...(together === undefined ? {} : { pc1: together }) });
  const [first, ...others] = SECTORS.map((sector) => opened.storage.paths(sector).unsealed);
  for (const path of others) copyFileSync(first ?? "", path);
  return opened;
}

const sha256 = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
const layer = ({ cache }: Attempt, number: number): string => join(cache, `sc-02-data-layer-${number}.dat`);
const inodes = (attempts: readonly Attempt[]): number[] =>
  attempts.map((attempt) => statSync(layer(attempt, 1)).ino);

const begin = (): Promise<Attempt[]> =>
  Promise.all(SECTORS.map((sector) => bench.storage.beginPc1(sector, TICKET)));

/** PC1 of both; what each is rejected with, undefined where it is not. */
function pc1OfAll(attempts: readonly Attempt[], signals: readonly AbortSignal[] = []): Promise<unknown>[] {
  return SECTORS.map(async (sector, index) => {
    const [attempt, signal] = [attempts[index], signals[index] ?? running().signal];
    if (attempt === undefined) throw new Error("a sector has no attempt");
    return pc1({ ...bench, sector }, attempt, TICKET, { signal }).then(
      () => undefined,
      (error: unknown) => error,
    );
  });
}

const firstLayersRecorded = (attempts: readonly Attempt[]): Promise<void> =>
  until("layer 1 of each recorded", () => attempts.every(({ output }) => existsSync(`${output}.layers`)));

it("its process is killed: both fail, and the next call makes only what was not whole", async () => {
  const attempts = await begin();
  const dead = pc1OfAll(attempts);
  await firstLayersRecorded(attempts);
  killTheChild();
  for (const failure of dead) expect(await failure).toMatchObject({ code: "PROOF_CHILD_CRASHED" });
  const before = inodes(attempts);

  expect((await begin()).map(({ id }) => id)).toEqual(attempts.map(({ id }) => id));
  expect(await Promise.all(pc1OfAll(attempts))).toEqual([undefined, undefined]);
  expect(inodes(attempts)).toEqual(before);
  expect(attempts.map((attempt) => sha256(layer(attempt, 2)))).toEqual(layers);
});

it("one is cancelled: the process goes on for the other", async () => {
  const attempts = await begin();
  const abort = new AbortController();
  const [first, second] = pc1OfAll(attempts, [running().signal, abort.signal]);
  await firstLayersRecorded(attempts);
  const before = inodes(attempts);
  abort.abort();
  expect(await first).toBeUndefined();
  expect(await second).toMatchObject({ code: "PROOF_CANCELLED" });
  expect(inodes(attempts)).toEqual(before);
  expect(sha256(layer(attempts[0] as Attempt, 2))).toBe(layers[0]);
});

it("a cancelled one's folder goes meanwhile: it stays away, and the other goes on", async () => {
  const attempts = await begin();
  const [kept, removed] = attempts as [Attempt, Attempt];
  const abort = new AbortController();
  const [first, second] = pc1OfAll(attempts, [running().signal, abort.signal]);
  await firstLayersRecorded(attempts);
  const [before] = inodes(attempts);
  abort.abort();
  const next = await bench.storage.beginPc1(SECTORS[1] as SectorRef, "77".repeat(32));
  expect(await first).toBeUndefined();
  expect(await second).toMatchObject({ code: "PROOF_CANCELLED" });
  expect(inodes([kept])).toEqual([before]);
  expect(sha256(layer(kept, 2))).toBe(layers[0]);
  expect([removed, next].map(({ dir }) => existsSync(dir))).toEqual([false, true]);
});
