/** What an error means for the caller: `user` = flag, configuration or environment is wrong (exit 2);
 *  `failed` = the work failed (exit 1); `busy` = the same command may succeed later (exit 75);
 *  `interrupted` = somebody asked to stop, the sector goes on later (exit 130). */
export type ErrorKind = "user" | "failed" | "busy" | "interrupted";

export type Facts = Readonly<Record<string, string | number | bigint | boolean>>;

export interface PadmaErrorOptions {
  /** Stable, upper case, prefixed by the folder that raises it: `STORE_DAMAGED`, `PROOF_PARAMS_MISSING`. */
  readonly code: string;
  /** One short line: what happened. */
  readonly message: string;
  readonly kind?: ErrorKind;
  /** Printed one a line under the message, in this order. */
  readonly facts?: Facts;
  /** What the reader can do next, as a sentence or a command. */
  readonly next?: string;
  readonly cause?: unknown;
}

/** The only error that padma raises on purpose. Anything else that reaches the program's edge is a bug. */
export class PadmaError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly facts: Facts;
  readonly next: string | undefined;

  constructor(options: PadmaErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PadmaError";
    this.code = options.code;
    this.kind = options.kind ?? "failed";
    this.facts = options.facts ?? {};
    this.next = options.next;
  }
}

/** True for an error that padma raised, optionally with one of the given codes. */
export function isPadmaError(error: unknown, ...codes: readonly string[]): error is PadmaError {
  return error instanceof PadmaError && (codes.length === 0 || codes.includes(error.code));
}

/** The code of a Node system error (`ENOENT`, `EACCES`, …), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
