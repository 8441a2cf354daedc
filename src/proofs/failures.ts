/** From the crate's codes to errors with a next step. The codes are those of `padma-porep`'s `ProofError`. */
import { type ErrorKind, PadmaError } from "../errors.ts";
import type { Failure } from "./protocol.ts";

interface Meaning {
  readonly kind?: ErrorKind;
  readonly next: string;
}

const AGAIN = "the step is tried again; if this comes back, report it with `padma sectors status N --log`";
const PARAMETERS =
  "`padma params status` shows what is there, `padma params generate` makes a set for a devnet";

const MEANINGS: Readonly<Record<string, Meaning>> = {
  PROOF_BAD_INPUT: { next: AGAIN },
  PROOF_PIECE_TOO_LARGE: { kind: "user", next: "use a smaller file, or a miner with larger sectors" },
  PROOF_IO: { next: "check that the file above is there and can be read, and that the disk is not full" },
  PROOF_PARAMS_MISSING: { kind: "user", next: PARAMETERS },
  PROOF_PARAMS_DAMAGED: {
    kind: "user",
    next: "`padma params verify` names the bad file; remove it and get it again",
  },
  PROOF_PIECES_MISMATCH: { next: "the unsealed file is not what was added: its pieces are added again" },
  PROOF_SECTOR_DAMAGED: { next: "the sector is sealed again from its unsealed data" },
  PROOF_VANILLA_INVALID: { next: "the sector is sealed again from its unsealed data" },
  PROOF_SELF_VERIFY_FAILED: { next: "`padma params verify` checks the parameters; the proof is made again" },
  PROOF_BACKEND: { kind: "user", next: "unset PADMA_BACKEND, or name one that this CPU has" },
  PROOF_NO_MEMORY: {
    kind: "busy",
    next: "close other programs, or allow more (`limits.memory`); it is tried again when there may be room",
  },
  PROOF_PANIC: { next: AGAIN },
  PROOF_LIBRARY: { next: AGAIN },
};

/** The caller's signal was aborted; the child is gone. */
export function cancelled(method: string): PadmaError {
  return new PadmaError({
    code: "PROOF_CANCELLED",
    message: `${method} was stopped`,
    kind: "interrupted",
    next: "the sector goes on later",
  });
}

/** A failure that crossed from the child, or a rejection of the native module, as a PadmaError. */
export function proofError(failure: Failure): PadmaError {
  const meaning = MEANINGS[failure.code];
  const kind = failure.kind ?? meaning?.kind;
  return new PadmaError({
    code: failure.code,
    message: failure.message,
    ...(kind === undefined ? {} : { kind }),
    facts: failure.facts,
    next: failure.next ?? meaning?.next ?? AGAIN,
  });
}
