/**
 * Follows the chain for everybody who waits for it: one head, one lookup of all awaited messages and one wake a
 * head, however many sectors wait. It looks only when somebody waits and something can be new.
 */
import type { Chain, EmbeddedChain } from "../chain/chain.ts";
import type { Log } from "../log.ts";
import { epoch, type Epoch, millis, type Millis } from "../units.ts";
import type { Outlook, TaskQueue } from "./queue.ts";
import { askChainAgainAt, describe } from "./retry.ts";

export interface FollowerDeps {
  readonly chain: Pick<Chain, "head" | "lookup">;
  /** Wall time of an epoch. */
  readonly timeOf: (at: Epoch) => Millis;
  /** Given for an instant clock: moves the head to an epoch. Null where epochs come with time. */
  readonly jumpTo: EmbeddedChain["jumpTo"] | null;
  readonly queue: Pick<TaskQueue, "awaitedMessages" | "wake">;
  readonly log: Pick<Log, "warn">;
}

/** A head that should be there by its time may be late (a null round, a slow node): asked again after this. */
const LATE_HEAD_MS = 1000;
/** An instant clock that jumped so often without waking anybody goes on at one epoch a second. */
const MOST_JUMPS = 1000;

export class Follower {
  readonly #deps: FollowerDeps;
  #next: Millis | null = null;
  #lookedFor = "";
  #failures = 0;
  #jumps = 0;

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
  }

  /** When `follow` should be called again at the latest; null while nobody waits for the chain. */
  get nextLook(): Millis | null {
    return this.#next;
  }

  /** The chain says that its head has changed: the next `follow` looks, whatever the time. */
  headChanged(): void {
    if (this.#failures === 0 && this.#next !== null) this.#next = millis(0);
  }

  /** Wall time at which the earliest awaited epoch comes; null when none is awaited. */
  dueAt({ earliestEpoch }: Outlook, now: Millis): Millis | null {
    if (earliestEpoch === null) return null;
    return this.#deps.jumpTo === null ? this.#deps.timeOf(earliestEpoch) : now;
  }

  /**
   * Turns what the chain has met into tasks and returns how many. `quiet`: no step is runnable or leased in any
   * process, so that an instant clock may jump.
   * FAIL: the chain cannot be reached → logged, asked again after a pause; waits stay as they are.
   */
  async follow(outlook: Outlook, now: Millis, quiet: boolean): Promise<number> {
    if (!isAwaited(outlook)) {
      this.#next = null;
      return 0;
    }
    if (this.#isPausing(now)) return 0;
    try {
      const woken = await this.#lookOrJump(outlook, now, quiet);
      this.#failures = 0;
      return woken;
    } catch (error) {
      this.#next = askChainAgainAt(error, this.#failures + 1, now);
      this.#failures += 1;
      this.#deps.log.warn("chain cannot be followed", { ...describe(error), nextTryAt: this.#next });
      return 0;
    }
  }

  #isPausing(now: Millis): boolean {
    const pausing = this.#failures > 0 || this.#jumps >= MOST_JUMPS;
    return pausing && this.#next !== null && now < this.#next;
  }

  async #lookOrJump(outlook: Outlook, now: Millis, quiet: boolean): Promise<number> {
    const jumpTo = quiet ? this.#deps.jumpTo : null;
    const due = this.#next === null || now >= this.#next;
    // A new wait may be met by a head that was looked at before.
    if (subjectOf(outlook) !== this.#lookedFor || (due && jumpTo === null)) {
      const woken = await this.#look(outlook, (await this.#deps.chain.head()).epoch, now);
      if (woken > 0) return woken;
    }
    return jumpTo === null ? 0 : this.#jump(jumpTo, outlook, now);
  }

  /** For a message one epoch at a time, until it has landed; else straight to the earliest epoch. */
  async #jump(jumpTo: EmbeddedChain["jumpTo"], outlook: Outlook, now: Millis): Promise<number> {
    this.#jumps += 1;
    const head = await jumpTo(nextOf(outlook, (await this.#deps.chain.head()).epoch));
    const woken = await this.#look(outlook, head.epoch, now);
    if (this.#jumps < MOST_JUMPS) this.#next = now;
    return woken;
  }

  /** One lookup, one wake. */
  async #look(outlook: Outlook, head: Epoch, now: Millis): Promise<number> {
    const { chain, queue } = this.#deps;
    const cids = outlook.messages === 0 ? [] : await queue.awaitedMessages();
    const landed = cids.length === 0 ? [] : [...(await chain.lookup(cids)).keys()];
    const woken = await queue.wake({ head, now, landed });
    if (woken > 0) this.#jumps = 0;
    this.#lookedFor = subjectOf(outlook);
    this.#next = this.#timeAfter(outlook, head, now);
    return woken;
  }

  #timeAfter(outlook: Outlook, head: Epoch, now: Millis): Millis {
    const at = this.#deps.jumpTo === null ? this.#deps.timeOf(nextOf(outlook, head)) : now;
    return at > now ? at : millis(now + LATE_HEAD_MS);
  }
}

/** Messages may land with every head; an epoch comes at its time. */
function nextOf({ messages, earliestEpoch }: Outlook, head: Epoch): Epoch {
  return messages > 0 || earliestEpoch === null ? epoch(head + 1) : earliestEpoch;
}

const isAwaited = ({ messages, earliestEpoch }: Outlook): boolean => messages > 0 || earliestEpoch !== null;
const subjectOf = ({ messages, earliestEpoch }: Outlook): string => `${messages} ${earliestEpoch ?? ""}`;
