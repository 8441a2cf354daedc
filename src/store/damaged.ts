import { PadmaError } from "../errors.ts";

/** The file is not what padma wrote: in SQLite's words, or in ours where a row cannot be read back. */
export function damaged(file: string, words: string, cause?: unknown): PadmaError {
  return new PadmaError({
    code: "STORE_DAMAGED",
    message: "the store is damaged",
    facts: { file, found: words },
    next: "stop every padma process, keep a copy of the file with its -wal and -shm, and put a backup in its place (or salvage it with `sqlite3 FILE .recover`)",
    cause,
  });
}

/**
 * JSON that padma stored; `what` names it in the error.
 *
 * @throws STORE_DAMAGED when it cannot be read back.
 */
export function parseStored(file: string, what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(file, `${what} cannot be read`, error);
  }
}
