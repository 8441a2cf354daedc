/**
 * ChainNotify, as a stream without gaps: the node tells of every change of its head, and what was missed while the
 * connection was away is made up for from the parents of both heads.
 */
import * as v from "valibot";
import { isPadmaError, type PadmaError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { backoff } from "../../sealing/plan.ts";
import { type ChainTipSet, headChangesAnswer } from "./answers.ts";
import { Connection } from "./connection.ts";
import { badAnswer } from "./errors.ts";
import type { Nodes } from "./nodes.ts";
import { type HeadChange, sameKey, type TipSets } from "./tipsets.ts";
import type { Patience } from "./transport.ts";

export interface HeadStreamDeps {
  readonly nodes: Pick<Nodes, "current">;
  readonly tipsets: TipSets;
  readonly patience: Patience;
  /** 0 to 1; many clients of a node that comes back do not come all at once. */
  readonly random: () => number;
  readonly log: Pick<Log, "warn" | "info">;
  /** In order, one at a time; the first call after the start has no reverts, and the current head as its apply. */
  readonly onChange: (change: HeadChange) => void;
}

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

export class HeadStream {
  readonly #deps: HeadStreamDeps;
  readonly #closed = new AbortController();
  readonly #running: Promise<void>;
  #last: ChainTipSet | null = null;
  #failures = 0;

  /** Starts at once and goes on until `close`. */
  constructor(deps: HeadStreamDeps) {
    this.#deps = deps;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running;
  }

  /** One connection after the other. FAIL: none to be had → again after a pause that grows up to half a minute. */
  async #run(): Promise<void> {
    const { signal } = this.#closed;
    const { retryMs, maxRetryMs } = this.#deps.patience;
    while (!signal.aborted) {
      const reason = await this.#listen().catch((error: unknown) => error);
      if (signal.aborted) return;
      if (!isPadmaError(reason)) throw reason;
      this.#failures += 1;
      const spread = Math.floor(this.#deps.random() * 1000);
      const pauseMs = backoff({ baseMs: retryMs, maxMs: maxRetryMs }, this.#failures, spread);
      this.#deps.log.warn("chain notifications ended", { error: reason.message, ...reason.facts, pauseMs });
      await sleep(pauseMs, signal);
    }
  }

  /** Resolves with the reason for its end. */
  async #listen(): Promise<PadmaError> {
    const { nodes, tipsets, patience } = this.#deps;
    const { signal } = this.#closed;
    // Finds a node that answers and is on the right network.
    await tipsets.head();
    const connection = await Connection.open(nodes.current.endpoint, patience, signal);
    const stop = () => connection.close();
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await this.#follow(connection);
    } finally {
      signal.removeEventListener("abort", stop);
      connection.close();
    }
  }

  async #follow(connection: Connection): Promise<PadmaError> {
    const ended = Promise.withResolvers<PadmaError>();
    let taken: Promise<void> = Promise.resolve();
    await connection.open("ChainNotify", [], {
      onValue: (value) => {
        taken = taken
          .then(() => this.#take(connection.name, value))
          .catch((error: unknown) => ended.reject(error));
      },
      onClose: (reason) =>
        ended.resolve(reason ?? badAnswer(connection.name, "ChainNotify", "the node closed it")),
    });
    return ended.promise;
  }

  /** FAIL: a value of another shape, or a chain that cannot be walked → the connection ends, and the next one's
   * `current` is where the walk starts again. */
  async #take(node: string, value: unknown): Promise<void> {
    if (this.#closed.signal.aborted) return;
    const parsed = v.safeParse(headChangesAnswer, value);
    if (!parsed.success) throw badAnswer(node, "ChainNotify", parsed.issues[0].message);
    const head = await this.#headAfter(parsed.output);
    if (head === null) return;
    const change = await this.#changeTo(head);
    this.#last = head;
    this.#failures = 0;
    if (change.applies.length + change.reverts.length > 0) this.#deps.onChange(change);
  }

  async #headAfter(changes: v.InferOutput<typeof headChangesAnswer>): Promise<ChainTipSet | null> {
    const { tipsets } = this.#deps;
    for (const { Val } of changes) tipsets.remember(Val);
    const last = changes.at(-1);
    if (last === undefined) return null;
    return last.Type === "revert" ? tipsets.load(last.Val.parents) : last.Val;
  }

  /**
   * By the parents of both heads and not by what the node calls it: so nothing is missed, and nothing told twice.
   * FAIL: the node does not know the way from the last head (set up anew, pruned) → it would not next time either, so
   * the next connection's `current` is told like the first head of all.
   */
  async #changeTo(head: ChainTipSet): Promise<HeadChange> {
    const last = this.#last;
    if (last === null) return { reverts: [], applies: [head] };
    if (sameKey(last, head)) return { reverts: [], applies: [] };
    try {
      return await this.#deps.tipsets.path(last, head);
    } catch (error) {
      if (isPadmaError(error, "CHAIN_RPC", "CHAIN_WRONG_NETWORK")) this.#last = null;
      throw error;
    }
  }
}
