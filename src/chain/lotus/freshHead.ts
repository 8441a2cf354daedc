import { PadmaError } from "../../errors.ts";
import type { ChainTipSet } from "./answers.ts";
import type { Nodes } from "./nodes.ts";

/** A head older than both is that of a node which is still syncing, or cut off. */
const STALE_EPOCHS = 20;
/** Blocks have their time in whole seconds, and clocks differ. */
const STALE_MS = 60_000;

export interface FreshHeadDeps {
  readonly nodes: Pick<Nodes, "size" | "current" | "demote">;
  readonly read: () => Promise<ChainTipSet>;
  readonly now: () => number;
  readonly blockDelayMs: number;
}

/**
 * The head of a node that has caught up.
 * FAIL: the node's head is old → the other nodes are asked; with none that is better CHAIN_NOT_SYNCED.
 */
export async function freshHead({ nodes, read, now, blockDelayMs }: FreshHeadDeps): Promise<ChainTipSet> {
  for (let others = nodes.size - 1; ; others -= 1) {
    const head = await read();
    const behindMs = now() - head.timestampMs;
    if (behindMs <= Math.max(STALE_MS, STALE_EPOCHS * blockDelayMs)) return head;
    const node = nodes.current;
    const error = notSynced(node.name, head, behindMs);
    if (others <= 0) throw error;
    nodes.demote(node, error);
  }
}

function notSynced(node: string, head: ChainTipSet, behindMs: number): PadmaError {
  return new PadmaError({
    code: "CHAIN_NOT_SYNCED",
    kind: "busy",
    message: "the node's head is old: it is still syncing, or cut off from the network",
    facts: { node, head: head.epoch, behindSeconds: Math.round(behindMs / 1000) },
    next: "look at `lotus sync wait`; padma goes on by itself when the node has caught up",
  });
}
