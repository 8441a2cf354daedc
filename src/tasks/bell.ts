import type { Clock } from "./clock.ts";

/** Ends a sleep early. A ring while nobody sleeps is kept for the next sleep. */
export class Bell {
  #rung = new AbortController();

  readonly ring = (): void => this.#rung.abort();

  /** Sleeps at most `ms`; true when it was rung. */
  async sleep(clock: Clock, ms: number): Promise<boolean> {
    if (!this.#rung.signal.aborted) await clock.sleep(ms, this.#rung.signal);
    const rung = this.#rung.signal.aborted;
    if (rung) this.#rung = new AbortController();
    return rung;
  }
}
