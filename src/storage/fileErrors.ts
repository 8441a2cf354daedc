/** The errors of a sector's files, the same for every caller. */
import { type Facts, PadmaError } from "../errors.ts";

const NEXT = "`padma sectors why N` says from which step it will be made again";

/** STORAGE_FILE_MISSING: a file that an earlier step made is gone. */
export function missing(path: string, message: string): PadmaError {
  return new PadmaError({ code: "STORAGE_FILE_MISSING", message, facts: { path }, next: NEXT });
}

/** STORAGE_FILE_DAMAGED: a file has another length than it must have. */
export function damaged(path: string, lengths: { expected: number; found: number }): PadmaError {
  const facts: Facts = { path, "expected bytes": lengths.expected, "found bytes": lengths.found };
  return new PadmaError({
    code: "STORAGE_FILE_DAMAGED",
    message: "a file of the sector is damaged",
    facts,
    next: NEXT,
  });
}
