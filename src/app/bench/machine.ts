/** The machine under measurement, and what the kernel counts for it and for single processes. */
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Instruction sets of /proc/cpuinfo that the kernels know. */
  readonly flags: readonly string[];
  /** Load average of the last minute, before anything was started. */
  readonly load: number;
}

const FLAGS = /^(avx2|bmi2|adx|sha_ni|avx512f|avx512dq|avx512bw|avx512vl|avx512ifma|avx512vbmi|asimd|sha2)$/;

export function machine(): Machine {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    flags: line.split(" ").filter((flag) => FLAGS.test(flag)),
    load: loadavg()[0] ?? 0,
  };
}

/** A tick of the kernel's accounting. Linux has used 100 a second on every architecture for decades. */
const TICK_MS = 10;

/** CPU time of a process so far: user and system, all threads (proc(5), fields 14 and 15). */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command name is in parentheses and may hold spaces; field 3 follows the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** CPU time that all processes of the machine have used so far. */
export function machineCpuMs(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    /^cpu +(.*)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1] ?? ""
  )
    .split(" ")
    .map(Number);
  return (user + nice + system + irq + softirq) * TICK_MS;
}

/** Highest resident memory of a process so far, bytes. */
export function peakRss(pid: number): number {
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(peak ?? 0) * 1024;
}
