/** Work that is done one after the other, in the order in which it was asked for. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve();
  #asked = 0;

  /** Runs `work` once everything before it has ended, well or not. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    this.#asked += 1;
    const mine = this.#last.then(work, work);
    this.#last = mine;
    try {
      return await mine;
    } finally {
      this.#asked -= 1;
    }
  }

  /** Nothing runs or waits. */
  get isFree(): boolean {
    return this.#asked === 0;
  }
}

/** The same for each key, and side by side for different ones. */
export class Turns {
  readonly #turns = new Map<string, Turn>();

  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.get(key) ?? new Turn();
    this.#turns.set(key, turn);
    try {
      return await turn.take(work);
    } finally {
      if (turn.isFree) this.#turns.delete(key);
    }
  }
}
