/**
 * Diagnose: looks at chain and disk, and says where the work goes on with the least repeated. Reads only: may run
 * again. Bounded by MAX_ATTEMPTS; what no retry can help goes to FailedUnrecoverable with the reason.
 * FAIL: chain unreachable → the task waits and tries again; nothing is decided on a guess.
 */
import { hexToBytes } from "@noble/hashes/utils.js";
import type { Chain } from "../chain/chain.ts";
import { isPadmaError, PadmaError } from "../errors.ts";
import { canBeMadeAgain } from "../sealing/drafts.ts";
import type { SectorEvent } from "../sealing/events.ts";
import { failureOf } from "../sealing/failures.ts";
import type { At } from "../sealing/sector.ts";
import type { SectorStorage } from "../storage/storage.ts";
import { epoch } from "../units.ts";
import { sealedCid } from "../wire/cid.ts";
import { livePreCommit } from "./livePreCommit.ts";
import { onChainActivation } from "./onChainActivation.ts";
import type { StepOutcome } from "./step.ts";
import { oldTicket } from "./ticketAge.ts";

export interface DiagnoseDeps {
  readonly chain: Pick<
    Chain,
    "head" | "network" | "lookup" | "preCommit" | "sector" | "isAllocated" | "seed" | "ticket"
  >;
  readonly storage: Pick<SectorStorage, "inspect" | "attempt">;
}

type Failed = At<"Diagnose">;

export async function diagnose(sector: Failed, deps: DiagnoseDeps): Promise<StepOutcome> {
  // Brings the chain's state up to date: a message that landed a moment ago must be seen.
  await deps.chain.head();
  return { event: await verdict(sector, deps) };
}

function verdict(sector: Failed, deps: DiagnoseDeps): Promise<SectorEvent> {
  switch (sector.state) {
    case "SealFailed":
      return sealFailed(sector, deps);
    case "PreCommitFailed":
      return preCommitFailed(sector, deps);
    case "SealCommitFailed":
      return sealCommitFailed(sector, deps);
    case "CommitFailed":
      return commitFailed(sector, deps);
  }
}

async function sealFailed(sector: Failed, deps: DiagnoseDeps): Promise<SectorEvent> {
  switch (sector.failure.step) {
    case "CommP":
    case "PublishDeals":
    case "AddPiece":
      return piecesFailed(sector);
    case "AwaitDeals":
      // Only a receipt fails here, and its row in the outbox is closed: a new message with the same pieces.
      return { kind: "SectorRetryPublishDeals" };
    case "PC2":
      return afterPc2(sector, deps);
    case "PC1":
      return seal(sector, deps);
    default:
      return ticketFailed(sector);
  }
}

/** A replica under this number of which the store knows nothing stays; everything else is tried again. */
function piecesFailed(sector: Failed): SectorEvent {
  const { code, message, next } = sector.failure;
  return code === "STORAGE_REPLICA_EXISTS"
    ? giveUp(sector, code, message, next)
    : { kind: "SectorRetryPieces" };
}

/** Only the chain can refuse a ticket for good: a sector or a number that it has must not be sealed again. */
function ticketFailed(sector: Failed): SectorEvent {
  const { code, message, next } = sector.failure;
  return ["CHAIN_SECTOR_EXISTS", "CHAIN_NUMBER_TAKEN"].includes(code)
    ? giveUp(sector, code, message, next)
    : { kind: "SectorRetryTicket" };
}

/** Failures of PC2 that say nothing bad about the layers. */
const LAYERS_ARE_FINE = ["PROOF_CHILD_CRASHED", "PROOF_CANCELLED", "STORAGE_FULL", "STORAGE_NOT_WRITABLE"];

async function afterPc2(sector: Failed, deps: DiagnoseDeps): Promise<SectorEvent> {
  const again = LAYERS_ARE_FINE.includes(sector.failure.code) && sector.phase1 !== undefined;
  if (again && (await attemptExists(sector, deps, sector.phase1.attempt)))
    return { kind: "SectorRetrySealPreCommit2" };
  return seal(sector, deps);
}

async function attemptExists(sector: Failed, { storage }: DiagnoseDeps, id: string): Promise<boolean> {
  try {
    await storage.attempt(sector, id);
    return true;
  } catch (error) {
    if (isPadmaError(error, "STORAGE_FILE_MISSING", "STORAGE_FILE_DAMAGED")) return false;
    throw error;
  }
}

/** From the unsealed data again: with the same ticket it gives the same CommR, so a precommit on chain stays good. */
async function seal(sector: Failed, { chain, storage }: DiagnoseDeps): Promise<SectorEvent> {
  const files = await storage.inspect(sector);
  if (!files.unsealed || UNSEALED_IS_BAD.includes(sector.failure.code)) return piecesAgain(sector);
  if (sector.ticket === undefined) return { kind: "SectorRetryTicket" };
  const old = await oldTicket({ ...sector, ticket: sector.ticket }, chain);
  return old === null ? { kind: "SectorRetrySealPreCommit1" } : { kind: "SectorRetryTicket" };
}

/** What PC1 and C1 report when the unsealed file is not what was added. */
const UNSEALED_IS_BAD = ["PROOF_PIECES_MISMATCH"];

/** Zeros and the pledge's stream can be made again; a user's file was theirs to keep. */
function piecesAgain(sector: Failed): SectorEvent {
  if (canBeMadeAgain(sector)) return { kind: "SectorRetryFromPieces" };
  return giveUp(
    sector,
    "STORAGE_UNSEALED_GONE",
    "the unsealed file is missing or damaged, and the data came from a file: the sector cannot be sealed again",
    "pledge the file again",
  );
}

async function preCommitFailed(sector: Failed, deps: DiagnoseDeps): Promise<SectorEvent> {
  const { chain } = deps;
  const { code, message, next } = sector.failure;
  if (code === "CHAIN_TICKET_REVERTED") return giveUp(sector, code, message, next);
  const onChain = await livePreCommit(chain, sector.number);
  if (onChain !== null) {
    if (onChain.sealedCid === ourSealedCid(sector))
      return { kind: "SectorRetryWaitSeed", epoch: onChain.epoch, tipset: [] };
    return giveUp(
      sector,
      "CHAIN_PRECOMMIT_DIFFERS",
      `the chain holds a precommit of sector ${sector.number} with another CommR`,
    );
  }
  if (await chain.isAllocated(sector.number)) return provingOrBurnt(sector, chain);
  if (await stillPending(chain, sector.preCommit)) return { kind: "SectorRetryPreCommitWait" };
  if (sector.ticket === undefined || (await oldTicket({ ...sector, ticket: sector.ticket }, chain)) !== null)
    return { kind: "SectorRetryTicket" };
  return sector.replica === undefined ? seal(sector, deps) : { kind: "SectorRetryPreCommit" };
}

/** What C1 and C2 report when the sector's own files are bad: proving again cannot help, sealing again can. */
const REPLICA_IS_BAD = [
  "PROOF_VANILLA_INVALID",
  "PROOF_SECTOR_DAMAGED",
  "STORAGE_FILE_DAMAGED",
  "STORAGE_FILE_MISSING",
];

async function sealCommitFailed(sector: Failed, deps: DiagnoseDeps): Promise<SectorEvent> {
  const { chain } = deps;
  const onChain = await livePreCommit(chain, sector.number);
  if (onChain === null && (await chain.isAllocated(sector.number))) return provingOrBurnt(sector, chain);
  // It has landed again, later, and has another seed.
  if (onChain !== null && onChain.epoch !== sector.preCommitLanded?.epoch)
    return { kind: "SectorRetryWaitSeed", epoch: onChain.epoch, tipset: [] };
  const files = await deps.storage.inspect(sector);
  const good = files.sealed && files.cache && !REPLICA_IS_BAD.includes(sector.failure.code);
  return good ? { kind: "SectorRetryComputeProof" } : seal(sector, deps);
}

/**
 * Exit codes after which the very same message can succeed: another message took its nonce, insufficient funds (system
 * and actor), out of gas.
 */
const SEND_AGAIN = [2, 6, 7, 19];

async function commitFailed(sector: Failed, deps: DiagnoseDeps): Promise<SectorEvent> {
  const { chain } = deps;
  const onChain = await livePreCommit(chain, sector.number);
  if (onChain === null) {
    const allocated = await chain.isAllocated(sector.number);
    return allocated ? provingOrBurnt(sector, chain) : { kind: "SectorRetryPreCommit" };
  }
  if (await stillPending(chain, sector.commit)) return { kind: "SectorRetryCommitWait" };
  const seed = await chain.seed(epoch(onChain.epoch + chain.network.preCommitChallengeDelay));
  if (seed.value !== sector.seed?.value)
    return { kind: "SectorRetryWaitSeed", epoch: onChain.epoch, tipset: [] };
  const { exitCode } = sector.failure;
  const proofIsFine = exitCode === undefined || SEND_AGAIN.includes(exitCode);
  return proofIsFine && sector.proof !== undefined
    ? { kind: "SectorRetrySubmitCommit" }
    : { kind: "SectorRetryComputeProof" };
}

async function stillPending(chain: Pick<Chain, "lookup">, cid: string | undefined): Promise<boolean> {
  return cid !== undefined && !(await chain.lookup([cid])).has(cid);
}

const ourSealedCid = (sector: Failed): string | null =>
  sector.replica === undefined ? null : sealedCid(hexToBytes(sector.replica.commR)).toString();

/** A number without a usable precommit: its proof landed after all, or it came too late for good. */
async function provingOrBurnt(sector: Failed, chain: Pick<Chain, "sector">): Promise<SectorEvent> {
  const activation =
    sector.replica === undefined ? null : await onChainActivation(chain, sector.number, sector.replica.commR);
  if (activation !== null) return { kind: "SectorProving", activation, tipset: [] };
  return giveUp(
    sector,
    "CHAIN_PRECOMMIT_EXPIRED",
    `the precommit of sector ${sector.number} expired before its proof landed: deposit and number are burnt`,
    "pledge another sector",
  );
}

function giveUp(sector: Failed, code: string, message: string, next?: string): SectorEvent {
  const error = new PadmaError(next === undefined ? { code, message } : { code, message, next });
  return { kind: "SectorFatalError", failure: failureOf(sector.failure.step, error) };
}
