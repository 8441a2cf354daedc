/** This process as a driver, and the others that are really there. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { identify, isAlive as isSameProcess } from "../process.ts";
import { liveDrivers } from "../store/drivers.ts";
import type { DriverRecord } from "../tasks/drivers.ts";
import type { App } from "./open.ts";

export async function thisDriver(): Promise<DriverRecord> {
  const identity = (await identify(process.pid))?.started ?? null;
  return { id: randomUUID(), pid: process.pid, identity, host: hostname() };
}

/** Whether a driver of this host still runs; pids are used again, so its start time is compared where it is known. */
export async function isAlive({ pid, identity }: DriverRecord): Promise<boolean> {
  if (identity !== null) return isSameProcess({ pid, started: identity });
  return (await identify(pid)) !== undefined;
}

/** A process on another host cannot be asked for: its sign of life has to do. */
const isStillThere = async (driver: DriverRecord, here: string): Promise<boolean> =>
  driver.host !== here || isAlive(driver);

/** Drivers that gave a sign of life lately and, on this host, have not been killed since. */
export async function runningDrivers(app: Pick<App, "store" | "now">): Promise<readonly DriverRecord[]> {
  const recent = await liveDrivers(app.store, app.now());
  const here = hostname();
  const alive = await Promise.all(recent.map((driver) => isStillThere(driver, here)));
  return recent.filter((_, i) => alive[i] === true);
}
