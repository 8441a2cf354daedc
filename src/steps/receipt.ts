/** Waiting for a message's receipt without holding a worker. */
import type { Chain, Landed } from "../chain/chain.ts";
import { isPadmaError, PadmaError } from "../errors.ts";
import { epoch, type SectorNumber } from "../units.ts";
import type { Wait } from "../tasks/queue.ts";
import type { MessageKind, Outbox } from "../store/outbox.ts";
import type { StepRun, StepSettings } from "./step.ts";

export interface ReceiptDeps {
  readonly chain: Pick<Chain, "head" | "lookup" | "push">;
  readonly outbox: Pick<Outbox, "close" | "find">;
  readonly settings: Pick<StepSettings, "messageConfidence">;
}

/** Epochs after which a message that has not landed is pushed again, because a pool may have lost it; then doubled. */
const PUSH_AGAIN_AFTER = 20;
const MOST_DOUBLINGS = 7;

/** The landed message once it has its confidence, or the wait until then. */
export async function receipt(
  deps: ReceiptDeps,
  kind: MessageKind,
  cid: string,
  run: Pick<StepRun, "attempt">,
): Promise<Landed | { wait: Wait }> {
  const { chain, settings } = deps;
  const landed = (await chain.lookup([cid])).get(cid);
  const head = await chain.head();
  if (landed === undefined) return { wait: await notLanded(deps, kind, cid, run) };
  const settled = epoch(landed.epoch + settings.messageConfidence);
  if (head.epoch >= settled) return landed;
  return {
    wait: {
      condition: { for: "epoch", epoch: settled },
      reason: `the ${WHAT[kind]} message landed at epoch ${landed.epoch}; it counts from epoch ${settled}`,
    },
  };
}

/**
 * The wait for a message that has not landed. One that was waited for in vain is pushed again, under its uuid: where
 * the pool still has it, that changes nothing; where it was lost, it is the same message.
 */
export async function notLanded(
  deps: Omit<ReceiptDeps, "settings">,
  kind: MessageKind,
  cid: string,
  { attempt }: Pick<StepRun, "attempt">,
): Promise<Wait> {
  const pushed = attempt > 1 ? await pushAgain(deps, cid) : "";
  const head = await deps.chain.head();
  const until = epoch(head.epoch + PUSH_AGAIN_AFTER * 2 ** Math.min(attempt - 1, MOST_DOUBLINGS));
  const reason = `the ${WHAT[kind]} message ${cid} has not landed yet${pushed}`;
  return { condition: { for: "message", cid, until }, reason };
}

/** What to add to the reason: a network that refuses the message now may still have it, so it is waited for. */
async function pushAgain({ chain, outbox }: Omit<ReceiptDeps, "settings">, cid: string): Promise<string> {
  const message = await outbox.find(cid);
  if (message === undefined) return "";
  try {
    await chain.push(message);
    return "; it was pushed again";
  } catch (error) {
    if (!isPadmaError(error, "CHAIN_REFUSED")) throw error;
    return `; pushed again, it was refused: ${error.message}`;
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
