import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuSeconds, inTempFolder, type Figure, peakMegabytes, startPadma, timePadma } from "./measure.ts";

const SETTLE_MS = 5000;
const WATCH_MS = 30_000;

/** `padma run` with nothing to do. */
export function idleDriver(): Promise<readonly Figure[]> {
  return inTempFolder(async (folder) => {
    const repo = join(folder, "repo");
    await timePadma(repo, "init");
    const driver = startPadma(repo, "run");
    const { pid } = driver;
    if (pid === undefined) throw new Error("padma run did not start");
    await sleep(SETTLE_MS);
    const before = cpuSeconds(pid);
    await sleep(WATCH_MS);
    const share = (100 * (cpuSeconds(pid) - before)) / (WATCH_MS / 1000);
    const memory = peakMegabytes(pid);
    driver.kill("SIGTERM");
    await once(driver, "exit");
    return [
      { what: "idle padma run, share of a core", value: share, unit: "%", limit: 1 },
      { what: "idle padma run, peak memory", value: memory, unit: "MB", limit: 150 },
    ];
  });
}
