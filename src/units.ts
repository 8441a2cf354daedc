/** Units carry their meaning in the type, so that an epoch never lands where a size is wanted. */
declare const unit: unique symbol;
type Unit<Base, Name extends string> = Base & { readonly [unit]: Name };

/** Chain epoch: one block delay; negative before genesis (lookbacks on a young chain). */
export type Epoch = Unit<number, "Epoch">;
/** Number of a sector, unique per miner and never used again. */
export type SectorNumber = Unit<number, "SectorNumber">;
/** The actor id of a miner: 1000 in `t01000`. */
export type ActorId = Unit<number, "ActorId">;
/** 10⁻¹⁸ FIL. */
export type AttoFil = Unit<bigint, "AttoFil">;
/** Bytes after fr32 padding: a power of two from 128. */
export type PaddedSize = Unit<number, "PaddedSize">;
/** Bytes before fr32 padding: 127/128 of the padded size. */
export type UnpaddedSize = Unit<number, "UnpaddedSize">;
/** Wall-clock time, milliseconds since 1970. */
export type Millis = Unit<number, "Millis">;

export const epoch = (n: number): Epoch => n as Epoch;
export const sectorNumber = (n: number): SectorNumber => n as SectorNumber;
export const actorId = (n: number): ActorId => n as ActorId;
export const attoFil = (n: bigint): AttoFil => n as AttoFil;
export const paddedSize = (n: number): PaddedSize => n as PaddedSize;
/** @internal for tests and docs */
export const unpaddedSize = (n: number): UnpaddedSize => n as UnpaddedSize;
export const millis = (n: number): Millis => n as Millis;

/** 127 user bytes become 128 padded ones: two zero bits after every 254 (fr32). */
export const toUnpadded = (size: PaddedSize): UnpaddedSize => unpaddedSize((size / 128) * 127);
export const toPadded = (size: UnpaddedSize): PaddedSize => paddedSize((size / 127) * 128);

/** The smallest piece that holds `bytes` of user data: 128·2ⁿ, at least 128. */
export function paddedSizeFor(bytes: number): PaddedSize {
  let size = 128;
  while ((size / 128) * 127 < bytes) size *= 2;
  return paddedSize(size);
}

/** Sector sizes that the network knows, with their names in commands and configuration. */
export const SECTOR_SIZES = {
  "2KiB": 2048,
  "8MiB": 8_388_608,
  "512MiB": 536_870_912,
  "32GiB": 34_359_738_368,
  "64GiB": 68_719_476_736,
} as const;
export type SectorSizeName = keyof typeof SECTOR_SIZES;

/** The name of a size; undefined when the network has no such sectors. */
export function sectorSizeName(size: number): SectorSizeName | undefined {
  const names = Object.keys(SECTOR_SIZES) as SectorSizeName[];
  return names.find((name) => SECTOR_SIZES[name] === size);
}

/** What Groth16 parameters are for: seal proofs, or one of the two proofs of spacetime. */
export const CIRCUITS = ["porep", "window-post", "winning-post"] as const;
export type Circuit = (typeof CIRCUITS)[number];

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** `2 KiB`, `1.5 GiB`: at most four significant digits, as lotus prints sizes. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let index = 0;
  while (value >= 1024 && index < BINARY_UNITS.length - 1) {
    value /= 1024;
    index += 1;
  }
  return `${Number(value.toPrecision(4))} ${BINARY_UNITS[index] ?? "B"}`;
}

const FIL_UNITS = ["aFIL", "fFIL", "pFIL", "nFIL", "μFIL", "mFIL", "FIL"] as const;

/** `59.605 nFIL`: the largest unit below 1000 rounded to three decimals, as lotus' `types.FIL.Short`. */
export function formatFilShort(amount: AttoFil): string {
  const negative = amount < 0n;
  const size: bigint = negative ? -amount : amount;
  if (size === 0n) return "0";
  let index = 0;
  let scale = 1n;
  while (index < FIL_UNITS.length - 1 && size >= scale * 1000n) {
    scale *= 1000n;
    index += 1;
  }
  const thousandths = (size * 1000n + scale / 2n) / scale;
  const digits = (thousandths % 1000n).toString().padStart(3, "0").replace(/0+$/, "");
  const fraction = digits === "" ? "" : `.${digits}`;
  return `${negative ? "-" : ""}${thousandths / 1000n}${fraction} ${FIL_UNITS[index] ?? "FIL"}`;
}

/** `0.00000005960464384 FIL`: every digit. */
export function formatFil(amount: AttoFil): string {
  const sign = amount < 0n ? "-" : "";
  const digits = (amount < 0n ? -amount : amount).toString().padStart(19, "0");
  const fraction = digits.slice(-18).replace(/0+$/, "");
  return `${sign}${digits.slice(0, -18)}${fraction === "" ? "" : `.${fraction}`} FIL`;
}

/** `840ms`, `4.2s`, `2m37s`, `1h2m`: short, for tables and spinners. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}h${minutes % 60}m`;
  return `${Math.floor(hours / 24)}d${hours % 24}h`;
}

/** The seed of locally made parameters. It names their folder, so it is no path. */
export const SEED = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
export const SEED_ALLOWED = "1 to 64 letters, digits, dots, dashes or underscores; a letter or digit first";

/** Of 30 seconds; the network's policy counts in these days, whatever a network's block delay is. */
export const EPOCHS_IN_DAY = 2880;
