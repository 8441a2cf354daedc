/** How lotus writes epochs, durations and power. */
import { attoFil, type AttoFil } from "../units.ts";

/** Where the chain's clock is: what an epoch's distance in time is counted from. */
export interface ChainClock {
  readonly epoch: number;
  readonly blockDelayMs: number;
}

const SECOND = 1000;
const LONG_UNITS = [
  ["year", 365 * 86_400 * SECOND],
  ["week", 7 * 86_400 * SECOND],
  ["day", 86_400 * SECOND],
  ["hour", 3600 * SECOND],
  ["minute", 60 * SECOND],
  ["second", SECOND],
  ["millisecond", 1],
] as const;

/** `24 weeks 2 days`: the two largest units that are not zero. */
export function longDuration(ms: number): string {
  const parts: string[] = [];
  let rest = Math.round(ms);
  for (const [name, size] of LONG_UNITS) {
    const amount = Math.floor(rest / size);
    rest %= size;
    if (amount > 0) parts.push(`${amount} ${name}${amount === 1 ? "" : "s"}`);
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? "0 seconds" : parts.join(" ");
}

/** `3675537 (in 24 weeks 2 days)`, `39 (2 minutes 44 seconds ago)`, `80 (now)`. */
export function epochTime(clock: ChainClock, epoch: number): string {
  const distance = longDuration(Math.abs(epoch - clock.epoch) * clock.blockDelayMs);
  if (epoch === clock.epoch) return `${epoch} (now)`;
  return epoch > clock.epoch ? `${epoch} (in ${distance})` : `${epoch} (${distance} ago)`;
}

/** `2026-11-22 11:58:21 +0000 UTC`, as Go prints a time. */
export const goTime = (ms: number): string => `${isoSeconds(ms)} +0000 UTC`;

/** `2026-11-22 11:58:21`, UTC. */
export const isoSeconds = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");

const POWER_UNITS = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi"] as const;

/** `40 Ki`: power has no unit but its binary prefix; four significant digits. */
export function power(amount: bigint): string {
  const { digits, prefix } = scaled(amount);
  return prefix === "" ? String(digits) : `${digits} ${prefix}`;
}

/** `4 KiB`: the same with bytes, for amounts beyond a number's range too. */
export function byteSize(amount: bigint): string {
  const { digits, prefix } = scaled(amount);
  return `${digits} ${prefix}B`;
}

function scaled(amount: bigint): { readonly digits: number; readonly prefix: string } {
  let value = Number(amount);
  let index = 0;
  while (value >= 1024 && index < POWER_UNITS.length - 1) {
    value /= 1024;
    index += 1;
  }
  return { digits: Number(value.toPrecision(4)), prefix: POWER_UNITS[index] ?? "" };
}

/** `100.0000%`; of nothing, nothing. */
export function percent(part: bigint, whole: bigint): string {
  const ratio = whole === 0n ? 0 : Number((part * 100_000_000n) / whole) / 1_000_000;
  return `${ratio.toFixed(4)}%`;
}

/** attoFIL as JSON and the views carry it. */
export const fil = (text: string): AttoFil => attoFil(BigInt(text));
