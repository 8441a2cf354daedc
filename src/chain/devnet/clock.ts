import { PadmaError } from "../../errors.ts";
import { type Epoch, epoch, type Millis, millis } from "../../units.ts";
import type { Database } from "./database.ts";
import { type DevnetParameters, latestEpoch } from "./parameters.ts";

export interface ClockReading {
  readonly epoch: Epoch;
  /** Above 0 when wall time is before an epoch already used (the machine's clock was set back): the chain stands still. */
  readonly behindMs: number;
}

/**
 * Epoch = wall time since genesis in block delays, plus a stored offset that only grows (`advance`, `jumpTo`). It never
 * runs back: the highest epoch ever used by any process is stored beside the offset.
 */
export class Clock {
  readonly #database: Database;
  readonly #parameters: DevnetParameters;
  readonly #now: () => number;

  constructor(database: Database, parameters: DevnetParameters, now: () => number) {
    this.#database = database;
    this.#parameters = parameters;
    this.#now = now;
  }

  read(): ClockReading {
    const { offsetMs, highWater } = this.#stored();
    const wall = this.#wallEpoch(offsetMs);
    if (wall >= highWater) return { epoch: epoch(wall), behindMs: 0 };
    const behindMs = this.#startOf(highWater, offsetMs) - this.#now();
    return { epoch: epoch(highWater), behindMs };
  }

  /** Wall time at which the clock reaches an epoch. */
  timeOf(at: Epoch): Millis {
    return millis(this.#startOf(at, this.#stored().offsetMs));
  }

  /** Inside a write: no process will see an earlier epoch from now on. */
  use(at: Epoch): void {
    this.#database.run("update clock set high_water = ? where high_water < ?", at, at);
  }

  /**
   * Inside a write: moves the offset so that the clock shows at least `to`.
   * @throws PadmaError CHAIN_EPOCHS beyond the last epoch that is a date: the file would never be readable again.
   */
  moveTo(to: Epoch): void {
    const latest = latestEpoch(this.#parameters);
    if (!Number.isSafeInteger(to) || to > latest) throw tooFar(this.read().epoch, to, latest);
    const ahead = this.#startOf(to, this.#stored().offsetMs) - this.#now();
    if (ahead > 0) this.#database.run("update clock set offset_ms = offset_ms + ?", Math.ceil(ahead));
    this.use(to);
  }

  #startOf(at: number, offsetMs: number): number {
    return this.#parameters.genesisMs + at * this.#parameters.blockDelayMs - offsetMs;
  }

  #wallEpoch(offsetMs: number): number {
    return Math.floor((this.#now() + offsetMs - this.#parameters.genesisMs) / this.#parameters.blockDelayMs);
  }

  #stored(): { offsetMs: number; highWater: number } {
    const row = this.#database.get("select offset_ms, high_water from clock");
    return { offsetMs: Number(row?.["offset_ms"]), highWater: Number(row?.["high_water"]) };
  }
}

function tooFar(now: Epoch, to: Epoch, latest: Epoch): PadmaError {
  return new PadmaError({
    code: "CHAIN_EPOCHS",
    kind: "user",
    message: "the devnet's clock cannot be moved so far",
    facts: { now, epochs: to - now, latest },
    next: `advance by at most ${Math.max(latest - now, 0)} epochs`,
  });
}
