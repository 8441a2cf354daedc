/** PC1 steps that wait together: one call of the real proofs process, and for each sector what it would have got alone. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { drive } from "../../src/app/drive.ts";
import { type App, openProver } from "../../src/app/open.ts";
import { pledge } from "../../src/app/pledge.ts";
import { why } from "../../src/app/why.ts";
import { silentLog } from "../../src/log.ts";
import type { ProofsChild } from "../../src/proofs/childProcess.ts";
import { proverOver } from "../../src/proofs/host.ts";
import { type ChildPool, createChildPool } from "../../src/proofs/pool.ts";
import type { Pc1Call } from "../../src/proofs/protocol.ts";
import type { Prover } from "../../src/proofs/prover.ts";
import type { Sector, Step } from "../../src/sealing/sector.ts";
import { replicaIdentity } from "../../src/steps/replicaIdentity.ts";
import { getSector } from "../../src/store/getSector.ts";
import type { SectorNumber } from "../../src/units.ts";
import { testApp } from "../helpers/repo.ts";

const COUNT = 4;
/** Only the last of the four starts the batch. */
const TOGETHER = { waitMs: 2 ** 30, most: COUNT };

/** Room for all four, whatever the machine has, and a wait that is longer than the test. */
function roomy(app: App): App {
  const { limits, sealing } = app.config;
  const config = {
    ...app.config,
    limits: { ...limits, cores: 2 * COUNT },
    sealing: { ...sealing, pc1WaitMs: TOGETHER.waitMs },
  };
  return { ...app, config };
}

const withProver = (app: App, prover: Prover): App => ({
  ...app,
  proofs: { ...app.proofs, prover: async () => prover },
});

/** Notes of which sectors each PC1 call of a child is. */
function noting(pool: ChildPool, calls: number[][]): ChildPool {
  const inner = new WeakMap<ProofsChild, ProofsChild>();
  const of = (child: ProofsChild): ProofsChild => inner.get(child) ?? child;
  return {
    ...pool,
    take: async (folder) => {
      const child = await pool.take(folder);
      const call: ProofsChild["call"] = (method, input, onProgress) => {
        if (method === "pc1") calls.push((input as Pc1Call).sectors.map(({ number }) => Number(number)));
        return child.call(method, input, onProgress);
      };
      const outer = { ...child, call };
      inner.set(outer, child);
      return outer;
    },
    giveBack: (child) => pool.giveBack(of(child)),
    retire: (child) => pool.retire(of(child)),
  };
}

/** Drives until so many sectors have come to a step. */
async function driveAllTo(app: App, step: Step): Promise<void> {
  const stop = new AbortController();
  const there = new Set<number>();
  const onMove = (move: { readonly sector: number; readonly step: Step | null }): void => {
    if (move.step === step) there.add(move.sector);
    if (there.size === COUNT) stop.abort();
  };
  await drive(app, { until: "stopped", signal: stop.signal, events: { onMove } });
}

/** CommR by a prover that has nobody else to seal, from the same data. */
async function commRAlone(app: App, sector: Sector, folder: string): Promise<string> {
  if (!("ticket" in sector) || sector.ticket === undefined) throw new Error("the sector has no ticket");
  const prover = await openProver(app.env, silentLog, app.repo.root);
  const paths = {
    cacheDir: join(folder, "cache"),
    sealedPath: join(folder, "sealed"),
    unsealedPath: app.storage.paths(sector).unsealed,
  };
  const input = { ...replicaIdentity({ ...sector, ticket: sector.ticket }), pieces: sector.pieces, ...paths };
  const phase1Path = join(folder, "phase1.json");
  const { signal } = new AbortController();
  try {
    await mkdir(paths.cacheDir, { recursive: true });
    await prover.pc1({ ...input, outputPath: phase1Path }, { signal });
    return (await prover.pc2({ ...input, phase1Path }, { signal })).commR;
  } finally {
    await prover.close();
  }
}

it("four sectors pledged at once are labelled in one call, each as if it were alone", async () => {
  const app = roomy(await testApp());
  const plain = { data: { kind: "zeros" as const }, deal: "none" as const, maxSealing: null };
  const { sectors: numbers } = await pledge(app, { count: COUNT, ...plain });
  const held = await app.proofs.prover(app);
  const reasons = new Map<number, string>();
  const notYet: Prover["pc1"] = async ({ number }, { signal }) => {
    reasons.set(number, (await why(app, number)).reason);
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      if (signal.aborted) reject(signal.reason);
    });
  };
  await driveAllTo(withProver(app, { ...held, pc1: notYet }), "PC1");

  const calls: number[][] = [];
  const pool = createChildPool({
    env: app.env,
    temporaryFolder: app.repo.root,
  });
  await driveAllTo(withProver(app, proverOver(noting(pool, calls), { pc1: TOGETHER })), "SendPreCommit");
  expect(calls.map((call) => call.toSorted((a, b) => a - b))).toEqual([numbers]);
  for (const number of numbers) await expectAsAlone(app, number);
  for (const reason of reasons.values())
    expect(reason).toMatch(/^PC1 begins within .* other sectors may join/);
});

async function expectAsAlone(app: App, number: SectorNumber): Promise<void> {
  const sector = await getSector(app.store, number);
  expect(sector.replica?.commR).toBe(await commRAlone(app, sector, join(app.repo.root, `alone-${number}`)));
}
