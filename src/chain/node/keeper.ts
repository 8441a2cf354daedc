/** Keeps a served devnet at its clock, and sees what other processes do to it. */
import { setTimeout as sleep } from "node:timers/promises";
import { isPadmaError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { DevnetNode } from "./node.ts";

/** How late a new head may be seen, whoever made it. */
const LOOK_MS = 100;
/** A chain that is busy, or has no room, may be written again a little later. */
const RETRY_MS = 1000;

/**
 * Brings the chain up to its clock, again and again, until the signal is aborted.
 * FAIL: another process holds the lock, the disk is full → logged, tried again. Anything else (a damaged file, no
 * verifier) → rejects: a node that no longer follows its chain must not go on answering.
 */
export async function keepUp(node: DevnetNode, signal: AbortSignal, log: Pick<Log, "warn">): Promise<void> {
  const pause = Math.min(LOOK_MS, Math.ceil(node.chain.network.blockDelayMs / 2));
  while (!signal.aborted) {
    let next = pause;
    try {
      await node.head();
    } catch (error) {
      if (!isPadmaError(error) || error.kind !== "busy") throw error;
      log.warn("the chain could not be brought up to date", { code: error.code, error: error.message });
      next = RETRY_MS;
    }
    await sleep(next, undefined, { signal }).catch(() => undefined);
  }
}
