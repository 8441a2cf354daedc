/** Who drives. A driver is known to the others by its row, and its death by a silent heartbeat or a missing process. */
import type { Millis } from "../units.ts";

export interface DriverRecord {
  readonly id: string;
  readonly pid: number;
  /** Tells two processes with the same pid apart (start time and boot), where the system can say. */
  readonly identity: string | null;
  readonly host: string;
}

/** Where drivers say that they are alive (`store/drivers.ts`). */
export interface DriverRegistry {
  /** Registers the driver, or says that it is still there. */
  heartbeat(driver: DriverRecord, now: Millis): Promise<void>;
  known(): Promise<readonly DriverRecord[]>;
  /** Removes drivers that ended, and puts the tasks that they still hold back into the queue. */
  forget(ids: readonly string[], now: Millis): Promise<void>;
}

/** Asks the system whether the process of a driver on this host is still there. */
export type IsAlive = (driver: DriverRecord) => Promise<boolean>;

/** Drivers of this host whose process is gone: they were killed, and need not be waited for until they are silent. */
export async function deadDrivers(
  known: readonly DriverRecord[],
  host: string,
  isAlive: IsAlive,
): Promise<readonly DriverRecord[]> {
  const here = known.filter((driver) => driver.host === host);
  const alive = await Promise.all(here.map((driver) => isAlive(driver)));
  return here.filter((_, i) => alive[i] === false);
}
