/** A devnet repo in this process, with proofs that take milliseconds. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { drive } from "../../src/app/drive.ts";
import type { DriveEvents } from "../../src/app/execute.ts";
import { initRepo } from "../../src/app/init.ts";
import { type App, openApp } from "../../src/app/open.ts";
import { silentLog } from "../../src/log.ts";
import type { Sector, State, Step } from "../../src/sealing/sector.ts";
import { getSector } from "../../src/store/getSector.ts";
import type { SectorNumber } from "../../src/units.ts";
import { standInProofs } from "./standInProofs.ts";

/** Failures are tried again at once. */
const env = (): NodeJS.ProcessEnv => ({ ...process.env, PADMA_SEALING_RETRY_BASE_MS: "1" });

export function tempRepoPath(): string {
  const root = mkdtempSync(join(tmpdir(), "padma-repo-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return join(root, "repo");
}

export async function makeRepo(path: string, instant = true): Promise<void> {
  await initRepo({ path, sectorSize: "2KiB", instant, env: env() });
}

export async function openTestApp(path: string, now?: () => number, proofs = standInProofs): Promise<App> {
  const app = await openApp({
    path,
    env: env(),
    log: silentLog,
    proofs,
    ...(now === undefined ? {} : { now }),
  });
  onTestFinished(() => app.close());
  return app;
}

/** A new instant devnet, open. */
export async function testApp(proofs = standInProofs): Promise<App> {
  const path = tempRepoPath();
  await makeRepo(path);
  return openTestApp(path, undefined, proofs);
}

/** Drives until the sector stands at a step, and stops before that step runs. */
export async function driveTo(app: App, number: SectorNumber, state: State, step: Step): Promise<void> {
  const at = await getSector(app.store, number);
  if (at.state === state && at.step === step) return;
  const stop = new AbortController();
  const events: DriveEvents = {
    onMove: (move) => {
      if (move.sector === number && move.to === state && move.step === step) stop.abort();
    },
  };
  await drive(app, { until: { sectors: [number] }, signal: stop.signal, events });
  if (!stop.signal.aborted) throw new Error(`sector ${number} never came to ${state}/${step}`);
}

/** Drives until the sector proves or cannot go on. */
export async function driveToEnd(app: App, number: SectorNumber): Promise<Sector> {
  await drive(app, { until: { sectors: [number] }, signal: AbortSignal.timeout(150_000) });
  return getSector(app.store, number);
}
