/**
 * Looks, as often as there are blocks, whether the chain has left tipsets that sectors stand on. Nobody need have been
 * there when it happened: what was stood on is stored. It looks only while something is not final yet.
 */
import type { Log } from "../log.ts";
import { type Millis, millis } from "../units.ts";
import { askChainAgainAt, describe } from "./retry.ts";

export interface RevertWatchDeps {
  /** Moves the sectors that lost their footing, and says how many; null: nothing is stood on that is not final. */
  readonly settle: () => Promise<number | null>;
  readonly everyMs: number;
  readonly log: Pick<Log, "warn">;
}

export class RevertWatch {
  readonly #deps: RevertWatchDeps;
  #next: Millis = millis(0);
  #failures = 0;

  constructor(deps: RevertWatchDeps) {
    this.#deps = deps;
  }

  /**
   * How many sectors were moved; 0 while it is not time to look. `changed`: the store has been written, so that
   * something may be stood on since.
   * FAIL: the chain cannot be reached → logged, asked again after a pause.
   */
  async look(now: Millis, changed: boolean): Promise<number> {
    if (now < this.#next && !(changed && this.#next === NEVER)) return 0;
    try {
      const moved = await this.#deps.settle();
      this.#failures = 0;
      this.#next = moved === null ? NEVER : millis(now + this.#deps.everyMs);
      return moved ?? 0;
    } catch (error) {
      this.#next = askChainAgainAt(error, this.#failures + 1, now);
      this.#failures += 1;
      this.#deps.log.warn("chain cannot be asked for reorgs", { ...describe(error), nextTryAt: this.#next });
      return 0;
    }
  }
}

const NEVER = millis(Number.MAX_SAFE_INTEGER);
