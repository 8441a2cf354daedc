/** Tells whether a process that was recorded earlier is still the same one: pids are used again. */
import { readFile } from "node:fs/promises";
import { systemErrorCode } from "./errors.ts";

export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot (proc(5), field 22), with the boot it counts from. */
  readonly started: string;
}

/** Undefined when there is no such process. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const [text, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    ]);
    // The command name is in parentheses and may hold spaces; field 3 (state) follows the last one.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z") return undefined; // Dead, only not yet waited for.
    return { pid, started: `${fields[19] ?? ""}@${boot.trim()}` };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}

export async function isAlive(recorded: ProcessIdentity): Promise<boolean> {
  return (await identify(recorded.pid))?.started === recorded.started;
}
