/** The one place that knows exit codes, prints errors and ends the process. */
import { type ErrorKind, isPadmaError, type PadmaError } from "../errors.ts";
import { jsonValue, type Output } from "./output.ts";

/** 0 done · 1 the work failed · 2 wrong flag, configuration or environment · 75 try again later · 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 75 | 130;

const CODE_OF: Readonly<Record<ErrorKind, ExitCode>> = { user: 2, failed: 1, busy: 75, interrupted: 130 };

/** A bug counts as failed work. */
function exitCodeOf(error: unknown): ExitCode {
  return isPadmaError(error) ? CODE_OF[error.kind] : 1;
}

/** Prints the error as the output wants it, and says with which code the process should end. */
export function report(error: unknown, output: Output): ExitCode {
  if (output.json) output.line(JSON.stringify({ error: errorValue(error) }, jsonValue));
  else output.line(isPadmaError(error) ? known(error, output) : bug(error, output));
  return exitCodeOf(error);
}

function errorValue(error: unknown): object {
  if (!isPadmaError(error))
    return { code: "BUG", message: messageOf(error), facts: { stack: stackOf(error) }, next: REPORT };
  const { code, message, facts, next } = error;
  return { code, message, facts, next: next ?? null };
}

/** What happened, the facts one a line, what to do next. */
function known({ message, facts, next }: PadmaError, { paintNotice }: Output): string {
  const lines = Object.entries(facts).map(([name, value]) => `  ${name}: ${value}`);
  const last = next === undefined ? [] : [`→ ${next}`];
  return [`${paintNotice.red("padma:")} ${message}`, ...lines, ...last].join("\n");
}

const REPORT = "this is a bug in padma, please report it with the lines above";

function bug(error: unknown, { paintNotice }: Output): string {
  return `${paintNotice.red("padma:")} ${stackOf(error)}\n→ ${REPORT}`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

/** Ends the process; whatever still runs in it (timers, sockets, children's channels) ends with it. */
export function exit(code: ExitCode): never {
  process.exit(code);
}
