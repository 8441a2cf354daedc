/** Reads `config.toml`, applies the environment's overrides, and checks both against the table of settings. */
import { readFileSync } from "node:fs";
import { parse, TomlError } from "smol-toml";
import * as v from "valibot";
import { PadmaError, systemErrorCode } from "../errors.ts";
import {
  type Config,
  type ConfigOverrides,
  type Raw,
  SECTIONS,
  type Setting,
  snakeCase,
} from "./settings.ts";

export type { Config } from "./settings.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A value on its way into the configuration, and where it was written. */
interface Found {
  readonly value: unknown;
  /** Facts for an error: the file and line, or the variable. */
  readonly where: Readonly<Record<string, string | number>>;
}

/**
 * The configuration in force: `PADMA_<SECTION>_<KEY>`, else the file, else the default. Without a file, or with one
 * that is not there, only the other two count: every setting has a default, and a network may have another one.
 *
 * @throws CONFIG_INVALID (user) names the setting, its line and what is allowed.
 * @throws CONFIG_UNREADABLE (user) when the file is there and cannot be read.
 */
export function loadConfig(path: string | null, env: Environment, defaults: ConfigOverrides = {}): Config {
  const others: Readonly<Record<string, Readonly<Record<string, Raw>>>> = defaults;
  const file = path ?? "";
  const text = path === null ? "" : read(path);
  const written = parseToml(file, text);
  refuseUnknown(file, text, written);
  refuseUnknownVariables(env);
  const config = mapSettings((section, key, setting) => {
    const found = fromEnvironment(env, section, key, setting) ?? fromFile(file, text, written, section, key);
    return found === undefined
      ? checked(section, key, setting, builtIn(others[section]?.[key] ?? setting.default))
      : checked(section, key, setting, found);
  });
  return config as Config;
}

/** `config.toml` with every setting, commented, at its default; the overrides are written out. */
export function defaultConfigToml(overrides: ConfigOverrides = {}): string {
  const chosen: Readonly<Record<string, Readonly<Record<string, Raw>>>> = overrides;
  const sections = Object.entries(SECTIONS).map(([section, settings]) => {
    const lines = Object.entries(settings).map(([key, { about, allowed, default: fallback }]) => {
      const value = chosen[section]?.[key];
      const line = `${snakeCase(key)} = ${toml(value ?? fallback)}`;
      return `# ${about}\n# Allowed: ${allowed}. Or ${variableName(section, key)}.\n${value === undefined ? "#" : ""}${line}\n`;
    });
    return `[${section}]\n${lines.join("\n")}`;
  });
  return `# padma's configuration. A line that starts with #key shows the default.\n\n${sections.join("\n")}`;
}

/** A configuration without its secrets, for eyes that are not the owner's. */
export function withoutSecrets(config: Config): Config {
  const values: Readonly<Record<string, Readonly<Record<string, unknown>>>> = config;
  return mapSettings((section, key, setting) => {
    const value = values[section]?.[key];
    return setting.shown?.(value) ?? value;
  }) as Config;
}

/** A configuration in force, as TOML without comments; `loadConfig` reads the same back. */
export function configToml(config: Config): string {
  const values: Readonly<Record<string, Readonly<Record<string, unknown>>>> = config;
  const sections = Object.entries(SECTIONS).map(([section, settings]) => {
    const lines = Object.entries(settings).map(([key, setting]) => {
      const value = values[section]?.[key] ?? null;
      return `${snakeCase(key)} = ${toml(setting.write?.(value) ?? (value as Raw | null) ?? "")}`;
    });
    return `[${section}]\n${lines.join("\n")}\n`;
  });
  return sections.join("\n");
}

const toml = (value: Raw): string => (typeof value === "string" ? JSON.stringify(value) : String(value));

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    if (systemErrorCode(cause) === "ENOENT") return "";
    const code = systemErrorCode(cause) ?? "unknown";
    throw new PadmaError({
      code: "CONFIG_UNREADABLE",
      kind: "user",
      message: "the configuration cannot be read",
      facts: { file, reason: code },
      next: "make it a file that this user can read",
      cause,
    });
  }
}

type Written = Readonly<Record<string, unknown>>;
const isTable = (value: unknown): value is Written =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

function parseToml(file: string, text: string): Written {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw invalid("the configuration is not TOML", {
      file,
      line: cause.line,
      reason: cause.message.split("\n", 1)[0] ?? "",
    });
  }
}

function refuseUnknown(file: string, text: string, written: Written): void {
  for (const [section, settings] of Object.entries(written)) {
    const known = SECTIONS[section];
    if (known === undefined || !isTable(settings)) {
      const message =
        known === undefined ? `there is no section [${section}]` : `[${section}] is not a section`;
      throw invalid(message, { file, ...at(text, section), allowed: Object.keys(SECTIONS).join(", ") });
    }
    const keys = Object.keys(known).map(snakeCase);
    const stranger = Object.keys(settings).find((key) => !keys.includes(key));
    if (stranger === undefined) continue;
    const facts = { file, ...at(text, section, stranger), allowed: keys.join(", ") };
    throw invalid(`there is no setting ${section}.${stranger}`, facts);
  }
}

/** A misspelt variable would otherwise do nothing, silently. */
function refuseUnknownVariables(env: Environment): void {
  for (const [section, settings] of Object.entries(SECTIONS)) {
    const prefix = `PADMA_${section.toUpperCase()}_`;
    const known = Object.keys(settings).map((key) => variableName(section, key));
    const stranger = Object.keys(env).find((name) => name.startsWith(prefix) && !known.includes(name));
    if (stranger === undefined) continue;
    throw invalid(`there is no setting for ${stranger}`, { allowed: known.join(", ") }, `unset ${stranger}`);
  }
}

function fromEnvironment(
  env: Environment,
  section: string,
  key: string,
  setting: Setting<unknown>,
): Found | undefined {
  const name = variableName(section, key);
  const text = env[name];
  if (text === undefined) return undefined;
  return { value: likeDefault(text, setting.default), where: { variable: name, value: text } };
}

/** A variable is text; it is read as what the setting wants, or left as text and refused. */
function likeDefault(text: string, fallback: Raw): Raw {
  if (typeof fallback === "boolean" && /^(true|false)$/.test(text)) return text === "true";
  if (typeof fallback === "number" && /^-?\d+$/.test(text)) return Number(text);
  return text;
}

function fromFile(
  file: string,
  text: string,
  written: Written,
  section: string,
  key: string,
): Found | undefined {
  const table = written[section];
  const value = isTable(table) ? table[snakeCase(key)] : undefined;
  if (value === undefined) return undefined;
  return { value, where: { file, ...at(text, section, snakeCase(key)), value: shown(value) } };
}

const shown = (value: unknown): string =>
  typeof value === "string"
    ? JSON.stringify(value)
    : value instanceof Date
      ? value.toISOString()
      : String(value);

const builtIn = (value: Raw): Found => ({ value, where: {} });

function checked(section: string, key: string, setting: Setting<unknown>, found: Found): unknown {
  const result = v.safeParse(setting.schema, found.value);
  if (result.success) return result.output;
  const name = `${section}.${snakeCase(key)}`;
  throw invalid(`${name} cannot be that`, { ...found.where, allowed: setting.allowed });
}

function invalid(
  message: string,
  facts: Record<string, string | number>,
  next = "correct it, or remove the line for the default",
) {
  return new PadmaError({ code: "CONFIG_INVALID", kind: "user", message, facts, next });
}

/** Where a section or a key in it is written, as `{ line }`; nothing when it is written in another form. */
function at(text: string, section: string, key?: string): { readonly line?: number } {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.trim().replaceAll(/\s/g, "").startsWith(`[${section}]`));
  if (start === -1 || key === undefined) return start === -1 ? {} : { line: start + 1 };
  const index = lines.findIndex((line, i) => i > start && line.trim().startsWith(key));
  return index === -1 ? {} : { line: index + 1 };
}

const variableName = (section: string, key: string): string =>
  `PADMA_${section}_${snakeCase(key)}`.toUpperCase();

function mapSettings(value: (section: string, key: string, setting: Setting<unknown>) => unknown): unknown {
  const sections = Object.entries(SECTIONS).map(([section, settings]) => [
    section,
    Object.fromEntries(Object.entries(settings).map(([key, setting]) => [key, value(section, key, setting)])),
  ]);
  return Object.fromEntries(sections);
}
