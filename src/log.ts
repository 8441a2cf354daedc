/** Logging for whoever looks after a driver: constant text, data beside it. Where it goes is the caller's choice. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Log {
  debug(message: string, data?: object): void;
  info(message: string, data?: object): void;
  warn(message: string, data?: object): void;
  error(message: string, data?: object): void;
}

export interface LogOptions {
  /** Asked for each line, so that a level read from the configuration later still counts. */
  readonly level: () => LogLevel;
  /** `json`: one JSON object a line (NDJSON). `plain`: time, level, message and data for people. */
  readonly format: "plain" | "json";
  /** Gets one line without its line end. */
  readonly write: (line: string) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** A log that writes what is at least as severe as its level. */
export function createLog(options: LogOptions): Log {
  const render = options.format === "json" ? jsonLine : plainLine;
  const now = options.now ?? Date.now;
  const at =
    (level: LogLevel) =>
    (message: string, data: object = {}) => {
      if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(options.level())) return;
      options.write(render(now(), level, message, data));
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

const nothing = (): void => {};

/** For tests. @internal */
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function jsonLine(now: number, level: LogLevel, message: string, data: object): string {
  return JSON.stringify({ time: new Date(now).toISOString(), level, message, ...data }, plainValue);
}

function plainLine(now: number, level: LogLevel, message: string, data: object): string {
  const fields = Object.entries(data).map(([key, value]) => ` ${key}=${inline(value)}`);
  return `${new Date(now).toISOString()} ${level.padEnd(5)} ${message}${fields.join("")}`;
}

/** Text without spaces stays bare, so that a line can be read and cut with shell tools. */
function inline(value: unknown): string {
  if (typeof value === "string" && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(plainValue("", value), plainValue) ?? String(value);
}

/** What JSON has no form for: a bigint becomes text, an error its message and code. */
function plainValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) {
    return "code" in value ? { message: value.message, code: value.code } : { message: value.message };
  }
  return value;
}
