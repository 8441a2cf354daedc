/**
 * PC1 of sectors that are wanted at about the same time, made in one call: a core labels several in much less time
 * than one after the other.
 *
 * The first one waits a moment for others of its size; how many come, the ledger decides by what their steps hold: who
 * claims says whom to expect, so that all that were claimed to share cores begin together, however long each takes from
 * its claim to here. Each keeps its own signal: a sector that is cancelled costs the others nothing (pc1Batch.ts).
 */
import type { PaddedSize } from "../units.ts";
import { cancelled } from "./failures.ts";
import { loadNative, nativeCall } from "./native.ts";
import { type Made, type Member, Pc1Batch, type Pc1Call } from "./pc1Batch.ts";
import type { Pc1Gathering, Pc1Input, Running } from "./prover.ts";

/** Sectors that a core labels side by side, in much less time than one after the other. Rejects with PROOF_BACKEND, NATIVE_…. */
export const sectorsACore = (): Promise<number> => nativeCall(() => loadNative().sectorsACore());

export interface Pc1BatchOptions {
  /** How long the first sector of a batch waits for others. */
  readonly waitMs: number;
  /** With so many nobody is waited for any longer; absent: the moment always passes. */
  readonly most?: number;
  readonly call: Pc1Call;
}

type Expected = Parameters<Pc1Gathering["expect"]>[0];

/** FAIL: one that is expected is neither asked for nor taken back → the others wait for it until they are cancelled. */
export interface Pc1Batches extends Pc1Gathering {
  /**
   * Rejects with what PC1 of this sector failed with, and with PROOF_CANCELLED when the signal is aborted: at once while
   * it has not begun, else when nothing is written for it any more.
   */
  pc1(input: Pc1Input, running: Pick<Running, "signal">): Promise<Made>;
  /** Those that have not begun are cancelled. */
  close(): void;
}

/** One that has not begun. */
interface Waiting extends Member {
  readonly leave: () => void;
}

/** Sectors of a size that will begin together. */
interface Gathering {
  readonly size: PaddedSize;
  readonly expected: Set<Expected>;
  readonly members: Set<Waiting>;
  readonly timer: NodeJS.Timeout;
  /** Until then others may join. */
  isOpen: boolean;
  isTimeOver: boolean;
}

export function createPc1Batches(options: Pc1BatchOptions): Pc1Batches {
  const batches = new Batches(options);
  return {
    pc1: (input, running) => batches.pc1(input, running.signal),
    // Where nobody waits for others, nobody waits for one that is late either.
    expect: (sector) => (options.waitMs === 0 ? () => {} : batches.expect(sector)),
    hold: () => batches.hold(),
    close: () => batches.close(),
  };
}

class Batches {
  readonly #options: Pc1BatchOptions;
  // By size alone: the registered proof, and with it the graph, follows from the size (V1_1).
  readonly #gatherings = new Set<Gathering>();
  readonly #running = new Set<Pc1Batch>();
  #holds = 0;

  constructor(options: Pc1BatchOptions) {
    this.#options = options;
  }

  async pc1(input: Pc1Input, signal: AbortSignal): Promise<Made> {
    if (signal.aborted) throw cancelled("pc1");
    const { promise, resolve, reject } = Promise.withResolvers<Made>();
    const announced = this.#arrived(input);
    if ([...this.#running].some((batch) => batch.takeUp({ input, signal, resolve, reject }))) {
      if (announced !== undefined) this.#look(announced);
      return promise;
    }
    const gathering = announced ?? this.#open(input.sectorSize);
    const leave = (): void => this.#leave(gathering, member);
    const member: Waiting = { input, signal, resolve, reject, leave };
    signal.addEventListener("abort", leave, { once: true });
    gathering.members.add(member);
    this.#look(gathering);
    return promise;
  }

  expect({ sectorSize, number }: Expected): () => void {
    const gathering = this.#open(sectorSize);
    const expected = { sectorSize, number };
    gathering.expected.add(expected);
    this.#look(gathering);
    return () => {
      if (gathering.expected.delete(expected)) this.#look(gathering);
    };
  }

  hold(): () => void {
    this.#holds += 1;
    return () => {
      this.#holds -= 1;
      for (const gathering of this.#gatherings) this.#look(gathering);
    };
  }

  close(): void {
    for (const gathering of this.#gatherings) {
      gathering.expected.clear();
      for (const member of gathering.members) member.leave();
      this.#look(gathering);
    }
  }

  #open(size: PaddedSize): Gathering {
    for (const gathering of this.#gatherings)
      if (gathering.isOpen && gathering.size === size) return gathering;
    const timeOver = (): void => {
      opened.isTimeOver = true;
      this.#look(opened);
    };
    const opened: Gathering = {
      size,
      expected: new Set(),
      members: new Set(),
      timer: setTimeout(timeOver, this.#options.waitMs),
      isOpen: true,
      isTimeOver: false,
    };
    this.#gatherings.add(opened);
    return opened;
  }

  /** The gathering that expected this sector, which is there now. */
  #arrived({ sectorSize, number }: Pc1Input): Gathering | undefined {
    for (const gathering of this.#gatherings) {
      if (gathering.size !== sectorSize) continue;
      for (const expected of gathering.expected) {
        if (expected.number !== number) continue;
        gathering.expected.delete(expected);
        return gathering;
      }
    }
    return undefined;
  }

  #leave(gathering: Gathering, member: Waiting): void {
    gathering.members.delete(member);
    member.signal.removeEventListener("abort", member.leave);
    member.reject(cancelled("pc1"));
    this.#look(gathering);
  }

  /** Closes a gathering that nobody may join any more, and begins when all that are expected are there. */
  #look(gathering: Gathering): void {
    if (!this.#gatherings.has(gathering)) return;
    const { expected, members, timer } = gathering;
    const count = expected.size + members.size;
    const isOver = gathering.isTimeOver && this.#holds === 0;
    if (isOver || count === 0 || count >= (this.#options.most ?? Infinity)) gathering.isOpen = false;
    if (gathering.isOpen || expected.size > 0) return;
    clearTimeout(timer);
    this.#gatherings.delete(gathering);
    if (members.size > 0) this.#begin([...members]);
  }

  #begin(members: readonly Waiting[]): void {
    for (const { signal, leave } of members) signal.removeEventListener("abort", leave);
    const batch = new Pc1Batch(members);
    this.#running.add(batch);
    void batch.run(this.#options.call).finally(() => this.#running.delete(batch));
  }
}
