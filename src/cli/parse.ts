/** Words of the command line → values. What is refused is said with what is allowed; the program adds which flag. */
import { STATE_NAMES } from "../sealing/states.ts";
import type { ListenAddress } from "../chain/node/serve.ts";
import type { State } from "../sealing/sector.ts";
import { LOG_LEVELS, type LogLevel } from "../log.ts";
import { isAddress } from "../wire/address.ts";
import { type Circuit, CIRCUITS, SECTOR_SIZES, type SectorSizeName, SEED, SEED_ALLOWED } from "../units.ts";

/** The word is not one of those allowed; the message says which are. */
export class NotAllowed extends Error {}

/** A whole number from `min` on. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
    throw new NotAllowed(`a whole number from ${min}`);
  };
}

/** `--count`, `--max-sealing`, epochs: at least 1. */
export const count = wholeNumber(1);

/** `3`, and `s-t01000-3` as files and progress lines write it. */
export function sector(text: string): number {
  const digits = /^(?:s-[ft]0\d+-)?(\d+)$/.exec(text)?.[1];
  const value = Number(digits);
  if (digits !== undefined && Number.isSafeInteger(value)) return value;
  throw new NotAllowed("a sector's number, like 3");
}

/** A sector's number; null for all of them. */
export const sectorOrAll = (text: string): number | null => (text === "all" ? null : sector(text));

/** `2KiB`, `2048`, `32gib`. */
export function sectorSize(text: string): SectorSizeName {
  const names = Object.keys(SECTOR_SIZES) as SectorSizeName[];
  const wanted = text.replaceAll(" ", "").toLowerCase();
  const found = names.find((name) => name.toLowerCase() === wanted || String(SECTOR_SIZES[name]) === wanted);
  if (found !== undefined) return found;
  throw new NotAllowed(`${names.slice(0, -1).join(", ")} or ${names.at(-1)}`);
}

/** `porep`, `window-post`, `winning-post`. */
export function circuit(text: string): Circuit {
  const found = CIRCUITS.find((name) => name === text.toLowerCase());
  if (found !== undefined) return found;
  throw new NotAllowed(`${CIRCUITS.slice(0, -1).join(", ")} or ${CIRCUITS.at(-1)}`);
}

const BENCH_SIZES = ["2KiB", "8MiB", "512MiB"] as const satisfies readonly SectorSizeName[];

/** As `sectorSize`, of those that a machine can measure within hours. */
export function benchSize(text: string): SectorSizeName {
  const size = sectorSize(text);
  if ((BENCH_SIZES as readonly string[]).includes(size)) return size;
  throw new NotAllowed(`${BENCH_SIZES.slice(0, -1).join(", ")} or ${BENCH_SIZES.at(-1)}`);
}

const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type DurationUnit = keyof typeof DURATION_UNITS;

/** `90s`, `10m`, `1h30m`, `500ms` → milliseconds. */
export function duration(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)];
  const whole = parts.map(([part]) => part).join("");
  if (text === "" || whole !== text) throw new NotAllowed("a time with its unit, like 90s, 10m or 1h30m");
  return parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * DURATION_UNITS[unit as DurationUnit],
    0,
  );
}

/** `Packing,Proving`: any case. */
export function states(text: string): readonly State[] {
  return text
    .split(",")
    .filter((word) => word.trim() !== "")
    .map(state);
}

/** A state's name, any case. */
function state(text: string): State {
  const found = STATE_NAMES.find((name) => name.toLowerCase() === text.trim().toLowerCase());
  if (found !== undefined) return found;
  throw new NotAllowed(STATE_NAMES.join(", "));
}

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): (text: string) => T {
  return (text) => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw new NotAllowed(words.join(" or "));
  };
}

export const logLevel: (text: string) => LogLevel = oneOf(...LOG_LEVELS);

/** What a sector is filled with: `random`, `zeros`, or a file that the app opens. */
export type Data =
  | { readonly kind: "random" }
  | { readonly kind: "zeros" }
  | { readonly kind: "file"; readonly path: string };

/** `random`, `zeros`, or a path; a file of that name is `./random`. */
export function data(text: string): Data {
  if (text === "") throw new NotAllowed("random, zeros or a file");
  return text === "random" || text === "zeros" ? { kind: text } : { kind: "file", path: text };
}

/** A seed of parameters. */
export function seed(text: string): string {
  if (!SEED.test(text)) throw new NotAllowed(SEED_ALLOWED);
  return text;
}

/** Any text but the empty one. */
export function text(word: string): string {
  if (word === "") throw new NotAllowed("any text but an empty one");
  return word;
}

/** An address that begins with http:// or https://. */
export function httpUrl(text: string): string {
  if (URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol)) return text;
  throw new NotAllowed("an address like https://example.org/params/");
}

/** A Filecoin address, as it is written. */
export function addressText(text: string): string {
  if (isAddress(text)) return text;
  throw new NotAllowed("an address, like t01000 or t3…");
}

/** The ID address of an actor. */
export function idAddressText(text: string): string {
  if (isAddress(text) && /^[ft]0/.test(text)) return text;
  throw new NotAllowed("an ID address, like t01000");
}

/** Milliseconds, or a time with its unit. */
export function blockDelay(text: string): number {
  return /^\d+$/.test(text) ? count(text) : duration(text);
}

/** `127.0.0.1:1234`, `[::1]:0`. */
export function listenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const [host, port] = [match?.[1] ?? match?.[2], Number(match?.[3])];
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new NotAllowed("an address and a port, like 127.0.0.1:1234");
}
