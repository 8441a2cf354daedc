/** `sectors why N`: one line on what a sector does or waits for. */
import { formatDuration, type Millis, type SectorNumber } from "../units.ts";
import type { Condition } from "../tasks/queue.ts";
import { runningDrivers } from "./drivers.ts";
import { revertNote } from "../sealing/reverts.ts";
import { getSector } from "../store/getSector.ts";
import { why as storedWhy, type Why as Stored } from "../store/why.ts";
import type { RecordedNetwork } from "./network.ts";
import type { App } from "./open.ts";
import type { Why } from "./views.ts";

/** @throws SECTOR_UNKNOWN */
export async function why(app: App, number: SectorNumber): Promise<Why> {
  const now = app.now();
  const [stored, sector, drivers] = await Promise.all([
    storedWhy(app.store, number, now),
    getSector(app.store, number),
    runningDrivers(app),
  ]);
  const note = revertNote(sector);
  const driver = drivers.length > 0;
  const done = stored.status === "stopped" && stored.state === "Proving";
  return {
    sector: number,
    state: stored.state,
    step: stored.step,
    status: done ? "done" : stored.status,
    reason: line(stored, driver, app, now) + (note === null ? "" : `; ${note}`),
    decidedBy: decidedBy(stored.condition),
    nextTryAt: stored.nextTryAt,
    since: stored.since,
    attempt: stored.attempt,
    driver,
  };
}

function line(
  stored: Stored,
  driver: boolean,
  { network, config }: Pick<App, "network" | "config">,
  now: Millis,
): string {
  switch (stored.status) {
    case "running":
      return runningLine(stored, config.sealing.pc1WaitMs, now);
    case "queued":
      return withDriver(queuedLine(stored), driver);
    case "waiting":
      return withDriver(`${stored.step} waits: ${stored.reason ?? "its condition is not met"}`, driver);
    case "stopped":
      return (
        stored.reason ??
        (stored.state === "Proving"
          ? `nothing left to do: the sector is proving${spacetime(network)}`
          : `nothing is planned in ${stored.state}`)
      );
  }
}

/** PC1 may still wait for company: for how long at most, its claim says. */
function runningLine({ step, driver, since }: Stored, pc1WaitMs: number, now: Millis): string {
  const where = `process ${driver?.pid ?? "?"} on ${driver?.host ?? "this host"}`;
  const left = since + pc1WaitMs - now;
  if (step !== "PC1" || left <= 0) return `${step} runs in ${where}`;
  const begins = `PC1 begins within ${formatDuration(left)} in ${where}`;
  return `${begins}: until then other sectors may join it, which are labelled beside it`;
}

/** Proving is what the chain says; staying there is somebody's daily work. */
const spacetime = (network: RecordedNetwork): string =>
  network.kind === "devnet" || network.isLocal
    ? ""
    : "; its WindowPoSt must be sent every day by something else, as padma does not do it yet";

function queuedLine({ step, blocked, ahead, reason }: Stored): string {
  const [first] = blocked;
  if (first !== undefined) return `${step} is queued: ${first.reason}`;
  const before = ahead === 0 ? "next in the queue" : `${ahead} tasks before it`;
  return reason === null
    ? `${step} is queued: ${before}`
    : `${step} is queued: ${before}; last time: ${reason}`;
}

/** Somebody has to do it: without a driver that is the first thing to know. */
const withDriver = (text: string, driver: boolean): string =>
  driver ? text : `${text}; no driver is running (start \`padma run\`)`;

function decidedBy(condition: Condition | null): string | null {
  if (condition === null) return null;
  if (condition.for === "message") return `message ${condition.cid}`;
  return condition.for === "epoch"
    ? `epoch ${condition.epoch}`
    : `time ${new Date(condition.at).toISOString()}`;
}
