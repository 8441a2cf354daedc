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

/** STORAGE_REPLICA_EXISTS: pieces of a sector that is sealed already. Its files are left as they are. */
export function replicaExists(path: string): PadmaError {
  return new PadmaError({
    code: "STORAGE_REPLICA_EXISTS",
    message: "this sector number was sealed before: its files are here, and the store does not know of them",
    facts: { path },
    next: "if padma.db was restored from a backup, restore a newer one; otherwise pledge another sector",
  });
}
