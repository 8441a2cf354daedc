/** What a command's body gets from the program: where it runs, what it prints with, and when it must stop. */
import { homedir } from "node:os";
import path from "node:path";
import type { App } from "../app/open.ts";
import type { Config } from "../config/config.ts";
import { PadmaError } from "../errors.ts";
import { createLog, type Log, type LogLevel } from "../log.ts";
import { type Interrupt, interrupted, listen } from "./interrupt.ts";
import type { Host, Output } from "./output.ts";

/** Options that every command takes. */
export interface GlobalOptions {
  readonly repo: string | null;
  readonly json: boolean;
  readonly colour?: boolean;
  readonly logLevel: LogLevel | null;
}

export class Context {
  readonly host: Host;
  readonly output: Output;
  readonly log: Log;
  readonly #options: GlobalOptions;
  #level: LogLevel;
  #interrupt: Interrupt | null = null;
  readonly #closed = new AbortController();

  constructor(host: Host, output: Output, options: GlobalOptions) {
    this.host = host;
    this.output = output;
    this.#options = options;
    this.#level = options.logLevel ?? "warn";
    this.log = createLog({
      level: () => this.#level,
      format: options.json ? "json" : "plain",
      write: (line) => output.line(line),
    });
  }

  get env(): Host["env"] {
    return this.host.env;
  }

  /** The repo's folder: --repo, else PADMA_PATH, else ~/.padma. */
  repo(): string {
    return repoPath(this.#options.repo, this.host);
  }

  /** A path as the user wrote it, from where the user stands. */
  path(written: string): string {
    return path.resolve(this.host.cwd, expandHome(written, this.host.env));
  }

  /** The repo's configuration, or the defaults and the environment where there is no repo. */
  async config(): Promise<Config> {
    const { loadConfig } = await import("../config/config.ts");
    const repo = findRepo(this.#options.repo, this.host);
    return loadConfig(repo === null ? null : path.join(repo, "config.toml"), this.host.env);
  }

  /** Opens the repo for the time of `use`, and closes it whatever happens. */
  async withApp<T>(use: (app: App) => Promise<T>): Promise<T> {
    const { openApp } = await import("../app/open.ts");
    await using app = await openApp({ path: this.repo(), env: this.env, log: this.log });
    if (this.#options.logLevel === null) this.#level = app.config.log.level;
    return await use(app);
  }

  /** Aborted by Ctrl-C, SIGTERM, or when nobody reads the output any more. Signals are listened to from here on. */
  stopSignal(): AbortSignal {
    this.#interrupt ??= listen(() => this.output.notice("stopping; press Ctrl-C again to end at once"));
    return AbortSignal.any([this.#interrupt.signal, this.#closed.signal]);
  }

  /** The reader of stdout or stderr is gone (`| head`). */
  readerGone(): void {
    this.#closed.abort(interrupted());
  }

  /** Takes the signal handlers away again: several programs may run in one process (tests). */
  close(): void {
    this.#interrupt?.remove();
  }
}

/** @throws REPO_PATH_UNKNOWN when nothing says where it is (cron without HOME). @internal */
export function repoPath(option: string | null, host: Pick<Host, "env" | "cwd">): string {
  const found = findRepo(option, host);
  if (found !== null) return found;
  throw new PadmaError({
    code: "REPO_PATH_UNKNOWN",
    kind: "user",
    message: "where the padma repo is cannot be told: HOME and PADMA_PATH are not set",
    next: "set PADMA_PATH, or name the folder with --repo",
  });
}

function findRepo(option: string | null, { env, cwd }: Pick<Host, "env" | "cwd">): string | null {
  const written = option ?? env["PADMA_PATH"];
  if (written) return path.resolve(cwd, expandHome(written, env));
  return env["HOME"] ? path.join(env["HOME"], ".padma") : null;
}

/** Shells leave `--repo=~/x` and `PADMA_PATH='~/x'` as they are; a folder called `~` is never what was meant. */
function expandHome(written: string, env: Host["env"]): string {
  if (written !== "~" && !written.startsWith("~/")) return written;
  return path.join(env["HOME"] || homedir(), written.slice(1));
}
