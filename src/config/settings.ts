/**
 * Every setting in one table: its default, what it may be, and what it is for. The schema, the commented
 * `config.toml`, the environment's names and `Config` all come from it.
 */
import * as v from "valibot";
import {
  type AttoFil,
  attoFil,
  formatFil,
  SECTOR_SIZES,
  type SectorSizeName,
  SEED,
  SEED_ALLOWED,
} from "../units.ts";
import { isAddress } from "../wire/address.ts";

/** What a setting is written as in TOML. */
export type Raw = string | number | boolean;

export interface Setting<T> {
  readonly default: Raw;
  readonly schema: v.GenericSchema<unknown, T>;
  /** What is allowed, as the error says it. */
  readonly allowed: string;
  readonly about: string;
  /** The value as it is written in TOML, where that is not the value itself. */
  write?(value: T): Raw;
  /** The value as others may see it, where it holds a secret. */
  shown?(value: T): T;
}

const names = Object.keys(SECTOR_SIZES) as [SectorSizeName, ...SectorSizeName[]];
const oneOf = (values: readonly string[]): string => values.map((value) => `"${value}"`).join(", ");

function choice<const T extends string>(fallback: T, values: readonly T[], about: string): Setting<T> {
  return { default: fallback, schema: v.picklist(values), allowed: `one of ${oneOf(values)}`, about };
}

function whole(fallback: number, min: number, about: string, max?: number): Setting<number> {
  const schema = v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max ?? Infinity));
  const allowed = `a whole number from ${min}${max === undefined ? "" : ` to ${max}`}`;
  return { default: fallback, schema, allowed, about };
}

/** A timer of Node that is set for longer than 25 days fires at once. */
const DAY_MS = 24 * 60 * 60_000;

const BYTES = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;
type ByteUnit = keyof typeof BYTES;
const SIZE = /^(\d+(?:\.\d+)?) ?(B|KiB|MiB|GiB|TiB)$/;

/** `16GiB` → bytes; an empty text → null. */
const memory: v.GenericSchema<unknown, number | null> = v.pipe(
  v.string(),
  v.check((text) => text === "" || SIZE.test(text)),
  v.transform((text) => {
    const [, amount, unit] = SIZE.exec(text) ?? [];
    return amount === undefined ? null : Math.floor(Number(amount) * BYTES[unit as ByteUnit]);
  }),
);

/** Bytes in the largest unit that keeps them whole. */
function writeMemory(bytes: number | null): string {
  if (bytes === null) return "";
  const units = Object.keys(BYTES) as ByteUnit[];
  const unit = units.findLast((name) => bytes % BYTES[name] === 0) ?? "B";
  return `${bytes / BYTES[unit]}${unit}`;
}

/** FIL → attoFIL; an empty text → null. Nothing at all is no limit that a message could keep. */
const amount: v.GenericSchema<unknown, AttoFil | null> = v.pipe(
  v.string(),
  v.check((text) => text === "" || (/^\d+(\.\d{1,18})?$/.test(text) && /[1-9]/.test(text))),
  v.transform((text) => {
    if (text === "") return null;
    const [whole = "", fraction = ""] = text.split(".");
    return attoFil(BigInt(whole + fraction.padEnd(18, "0")));
  }),
);

const writeAmount = (value: AttoFil | null): string =>
  value === null ? "" : formatFil(value).replace(" FIL", "");

function yesOrNo(fallback: boolean, about: string): Setting<boolean> {
  return { default: fallback, schema: v.boolean(), allowed: "true or false", about };
}

/** Addresses with commas between them. */
function addresses(about: string): Setting<readonly string[]> {
  const schema = v.pipe(
    v.string(),
    v.transform((text) => text.split(",").map((word) => word.trim())),
    v.transform((words) => words.filter((word) => word !== "")),
    v.check((words) => words.every(isAddress)),
  );
  const write = (list: readonly string[]): string => list.join(", ");
  return { default: "", schema, allowed: "Filecoin addresses with commas between them", about, write };
}

/**
 * `token:/ip4/…` or `token:https://…`: what stands before the address is the token; without a slash all may be one. A URL
 * may have a name and a password in it.
 */
function withoutTokens(apiInfo: string | null): string | null {
  if (apiInfo === null) return null;
  const nodes = apiInfo.split(",").map((node) => node.trim());
  return nodes.map(withoutToken).join(",");
}

function withoutToken(node: string): string {
  if (node !== "" && !node.includes("/")) return "…";
  const shown = node.replace(/^[^:/\s]+:(?=\/(?!\/)|(?:https?|wss?):)/, "…:");
  return shown.replace(/:\/\/[^/\s]*@/, "://…@");
}

const emptyIsNull = v.pipe(
  v.string(),
  v.transform((text) => (text === "" ? null : text)),
);

const SETTINGS = {
  sealing: {
    sectorSize: choice(
      "2KiB",
      names,
      "The size that `padma params status` and `verify` judge without --size: the miner's.",
    ),
    maxSealing: whole(0, 0, "Default of `pledge-sector --max-sealing`; 0: no limit."),
    pc1WaitMs: whole(
      200,
      0,
      "How long PC1 waits for other sectors: side by side they take less time than one after the other.",
      DAY_MS,
    ),
    messageConfidence: whole(1, 0, "Tipsets on top of a message before it counts."),
    seedConfidence: whole(0, 0, "Epochs past the seed's epoch before it is drawn."),
    finality: whole(900, 1, "Epochs after the commit until Finalize drops what proofs no longer need."),
    lifetimeEpochs: whole(1_555_200, 1, "Lifetime asked for a sector: 540 days of 30 s epochs."),
    retryBaseMs: whole(10_000, 0, "Pause before the first retry of a failed sector; doubles with each one."),
    retryMaxMs: whole(1_800_000, 0, "The longest pause between two retries."),
  },
  limits: {
    memory: {
      default: "",
      schema: memory,
      write: writeMemory,
      allowed: 'a size like "16GiB", or "" to ask the machine',
      about: 'Memory that steps may hold on this host, over all processes; "": what the machine has.',
    } satisfies Setting<number | null>,
    cores: whole(0, 0, "Cores that steps may hold on this host, over all processes; 0: all."),
    c2: whole(1, 1, "C2 proofs at a time on this host, over all processes."),
  },
  parameters: {
    seed: {
      default: "padma-devnet-1",
      schema: v.pipe(v.string(), v.regex(SEED)),
      allowed: SEED_ALLOWED,
      about: "The seed of locally made parameters. Whoever knows it can forge proofs: devnet only.",
    } satisfies Setting<string>,
    dir: {
      default: "",
      schema: emptyIsNull,
      allowed: 'a folder, or "" for $FIL_PROOFS_PARAMETER_CACHE or the Filecoin default',
      about: 'Where the trusted parameters are; "": $FIL_PROOFS_PARAMETER_CACHE or the Filecoin default.',
    } satisfies Setting<string | null>,
  },
  network: {
    apiInfo: {
      default: "",
      schema: emptyIsNull,
      shown: withoutTokens,
      allowed: 'addresses of Lotus nodes as FULLNODE_API_INFO has them, or ""',
      about:
        "A repo on a real network: its Lotus nodes with their tokens, several with commas. FULLNODE_API_INFO comes first.",
    } satisfies Setting<string | null>,
    maxFee: {
      default: "",
      schema: amount,
      write: writeAmount,
      allowed: 'FIL like "0.05", or "" for the node\'s own limit',
      about:
        "The most that a message may cost in fees; where it does not suffice, the message waits in the pool.",
    } satisfies Setting<AttoFil | null>,
    provenElsewhere: yesOrNo(
      false,
      "A real network: something else proves this miner's sectors every day. padma does not yet, and penalties follow.",
    ),
  },
  addresses: {
    preCommitControl: addresses(
      "Who sends precommits: the first of these that has the money, then worker and owner.",
    ),
    commitControl: addresses("Who sends proofs, in the same way."),
    dealPublishControl: addresses(
      "Who publishes deals, in the same way; it must be a control address or the worker.",
    ),
    disableWorkerFallback: yesOrNo(false, "Where control addresses are given, never pay from the worker."),
    disableOwnerFallback: yesOrNo(false, "Never pay from the owner."),
  },
  log: {
    level: choice(
      "warn",
      ["debug", "info", "warn", "error"],
      "What is logged on stderr, beside the moves that a driver shows.",
    ),
  },
} as const;

type Settings = typeof SETTINGS;
type Value<S> = S extends { readonly schema: v.GenericSchema<unknown, infer T> } ? T : never;

/** The configuration as code sees it: checked, sizes in bytes, empty texts as null. */
export type Config = {
  readonly [S in keyof Settings]: { readonly [K in keyof Settings[S]]: Value<Settings[S][K]> };
};

/** Defaults that `padma init` writes differently. */
export type ConfigOverrides = {
  readonly [S in keyof Settings]?: { readonly [K in keyof Settings[S]]?: Raw };
};

/** `blockDelayMs` in code is `block_delay_ms` in TOML and `BLOCK_DELAY_MS` in the environment. */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The table with its keys as text, for code that goes over all settings. */
export const SECTIONS: Readonly<Record<string, Readonly<Record<string, Setting<unknown>>>>> = SETTINGS;
