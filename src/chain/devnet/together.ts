/** An outcome for each input, in order. */
type Run<I, O> = (inputs: readonly I[]) => Promise<readonly PromiseSettledResult<O>[]>;

interface Waiting<I, O> {
  readonly input: I;
  readonly resolve: (output: O) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Calls that are made while one is under way go together into the next: what costs the same for one and for many (a
 * transaction and its flush to the disk) is paid once for all of them. A single call waits for nobody.
 */
export class Together<I, O> {
  readonly #run: Run<I, O>;
  readonly #most: number;
  readonly #waiting: Waiting<I, O>[] = [];
  #running: Promise<void> | undefined;

  /** `most` inputs in one run. A run that rejects rejects each of its calls. */
  constructor(most: number, run: Run<I, O>) {
    this.#run = run;
    this.#most = most;
  }

  async add(input: I): Promise<O> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      this.#running ??= this.#runAll();
    });
  }

  /** Resolves when every call so far has its outcome. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #runAll(): Promise<void> {
    await Promise.resolve(); // so that the first run has all calls of this moment
    while (this.#waiting.length > 0) await this.#runSome(this.#waiting.splice(0, this.#most));
    this.#running = undefined;
  }

  async #runSome(calls: readonly Waiting<I, O>[]): Promise<void> {
    try {
      const outcomes = await this.#run(calls.map(({ input }) => input));
      calls.forEach((call, index) => settle(call, outcomes[index]));
    } catch (error) {
      for (const { reject } of calls) reject(error);
    }
  }
}

function settle<O>(
  { resolve, reject }: Waiting<unknown, O>,
  outcome: PromiseSettledResult<O> | undefined,
): void {
  if (outcome?.status === "fulfilled") resolve(outcome.value);
  else reject(outcome?.reason ?? new TypeError("a call has no outcome"));
}
