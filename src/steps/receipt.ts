/** Waiting for a message's receipt without holding a worker. */
import type { Chain, Landed } from "../chain/chain.ts";
import { PadmaError } from "../errors.ts";
import { epoch, type SectorNumber } from "../units.ts";
import type { Wait } from "../tasks/queue.ts";
import type { MessageKind, Outbox } from "../store/outbox.ts";
import type { StepSettings } from "./step.ts";

export interface ReceiptDeps {
  readonly chain: Pick<Chain, "head" | "lookup">;
  readonly settings: Pick<StepSettings, "messageConfidence">;
}

/** The landed message once it has its confidence, or the wait until then. */
export async function receipt(
  { chain, settings }: ReceiptDeps,
  what: string,
  cid: string,
): Promise<Landed | { wait: Wait }> {
  const landed = (await chain.lookup([cid])).get(cid);
  if (landed === undefined) {
    return {
      wait: { condition: { for: "message", cid }, reason: `the ${what} message ${cid} has not landed yet` },
    };
  }
  const settled = epoch(landed.epoch + settings.messageConfidence);
  const head = await chain.head();
  if (head.epoch >= settled) return landed;
  return {
    wait: {
      condition: { for: "epoch", epoch: settled },
      reason: `the ${what} message landed at epoch ${landed.epoch}; it counts from epoch ${settled}`,
    },
  };
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
