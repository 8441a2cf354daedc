/** Waiting for a message's receipt without holding a worker. */
import type { Chain, Landed } from "../chain/chain.ts";
import { isPadmaError, PadmaError } from "../errors.ts";
import { epoch, type Epoch, type SectorNumber } from "../units.ts";
import type { Wait } from "../tasks/queue.ts";
import type { MessageKind, Outbox } from "../store/outbox.ts";
import type { StepOutcome, StepRun, StepSettings } from "./step.ts";

export interface ReceiptDeps {
  readonly chain: Pick<Chain, "head" | "lookup" | "push">;
  readonly outbox: Pick<Outbox, "close" | "find" | "sent">;
  readonly settings: Pick<StepSettings, "messageConfidence">;
}

/** Epochs after which a message that has not landed is pushed again, because a pool may have lost it; then doubled. */
const PUSH_AGAIN_AFTER = 20;
const MOST_DOUBLINGS = 7;

/** A message that a step waits for. */
export interface Awaited {
  readonly kind: MessageKind;
  readonly sector: SectorNumber;
  readonly cid: string;
}

/** The landed message once it has its confidence, or what there is to do until then. */
export async function receipt(
  deps: ReceiptDeps,
  message: Awaited,
  run: Pick<StepRun, "attempt">,
): Promise<Landed | StepOutcome> {
  return (await settledReceipt(deps, message)) ?? notLanded(deps, message, run);
}

/** As `receipt`; null when it has not landed. */
export async function settledReceipt(
  deps: ReceiptDeps,
  { kind, cid }: Awaited,
): Promise<Landed | { wait: Wait } | null> {
  const landed = (await deps.chain.lookup([cid])).get(cid);
  if (landed === undefined) return null;
  return (await unsettled(deps, kind, landed.epoch)) ?? landed;
}

/** The wait until what landed at an epoch has its confidence; null when it has it. */
export async function unsettled(
  { chain, settings }: Pick<ReceiptDeps, "chain" | "settings">,
  kind: MessageKind,
  landed: Epoch,
): Promise<{ wait: Wait } | null> {
  const head = await chain.head();
  const settled = epoch(landed + settings.messageConfidence);
  if (head.epoch >= settled) return null;
  return {
    wait: {
      condition: { for: "epoch", epoch: settled },
      reason: `the ${WHAT[kind]} message landed at epoch ${landed}; it counts from epoch ${settled}`,
    },
  };
}

/**
 * The wait for a message that has not landed. One that was waited for in vain is pushed again, under its uuid: where
 * the pool still has it, that changes nothing; where it was lost, it is the same message, or the same one anew, and the
 * sector waits for that from then on.
 */
export async function notLanded(
  deps: Omit<ReceiptDeps, "settings">,
  message: Awaited,
  { attempt }: Pick<StepRun, "attempt">,
): Promise<StepOutcome> {
  const { kind, cid } = message;
  const pushed = attempt > 1 ? await pushAgain(deps, message) : { cid, note: "" };
  if (pushed.cid !== cid) return { event: { kind: "SectorMessageRenewed", from: cid, to: pushed.cid } };
  const head = await deps.chain.head();
  const until = epoch(head.epoch + PUSH_AGAIN_AFTER * 2 ** Math.min(attempt - 1, MOST_DOUBLINGS));
  const reason = `the ${WHAT[kind]} message ${cid} has not landed yet${pushed.note}`;
  return { wait: { condition: { for: "message", cid, until }, reason } };
}

/**
 * The CID that the message has now: another node knows nothing of the uuid and makes it anew, with another nonce. And
 * what to add to the reason: a network that refuses the message now may still have it, so it is waited for.
 * FAIL between `sent` and the event: the next run finds the message by its purpose, and its CID differs again.
 */
async function pushAgain(
  { chain, outbox }: Omit<ReceiptDeps, "settings">,
  { kind, sector, cid }: Awaited,
): Promise<{ readonly cid: string; readonly note: string }> {
  const message = await outbox.find(cid, kind, sector);
  if (message === undefined) return { cid, note: "" };
  try {
    const pushed = await chain.push(message);
    if (pushed.cid !== cid) await outbox.sent(message.uuid, pushed.cid);
    return { cid: pushed.cid, note: "; it was pushed again" };
  } catch (error) {
    if (!isPadmaError(error, "CHAIN_REFUSED")) throw error;
    return { cid, note: `; pushed again, it was refused: ${error.message}` };
  }
}

/**
 * Throws CHAIN_MESSAGE_FAILED for a receipt with an exit code, after closing its row in the outbox, so that a retry
 * makes a new message. FAIL between the two: the receipt is found again and the row closed again, which changes nothing.
 */
export async function requireSuccess(
  outbox: Pick<Outbox, "close">,
  kind: MessageKind,
  sector: SectorNumber,
  landed: Landed,
): Promise<void> {
  if (landed.exitCode === 0) return;
  await outbox.close(kind, sector);
  throw messageFailed(kind, landed.cid, landed.exitCode, landed.error);
}

const WHAT: Record<MessageKind, string> = {
  MarketBalance: "market balance",
  PublishDeals: "publish deals",
  PreCommit: "precommit",
  Commit: "commit",
};

export function messageFailed(
  kind: MessageKind,
  cid: string,
  exitCode: number,
  error: string | null,
): PadmaError {
  return new PadmaError({
    code: "CHAIN_MESSAGE_FAILED",
    message: `the ${WHAT[kind]} message failed on chain with exit code ${exitCode}${error === null ? "" : `: ${error}`}`,
    facts: { message: cid, exitCode },
  });
}
