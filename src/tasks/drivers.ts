/** Who drives: a process is known to the others by its row, and its death by a silent heartbeat or a missing pid. */

export interface DriverRecord {
  readonly id: string;
  readonly pid: number;
  /** Tells two processes with the same pid apart (start time and boot), where the system can say. */
  readonly identity: string | null;
  readonly host: string;
}
