/**
 * PC1 of sectors that are wanted at about the same time, made in one call: a core labels several in much less time
 * than one after the other.
 *
 * The first one waits a moment for others of its size; how many come, the ledger decides by what their steps hold. Each
 * keeps its own signal: a sector that is cancelled costs the others nothing (pc1Batch.ts).
 */
import type { PaddedSize } from "../units.ts";
import { cancelled } from "./failures.ts";
import { loadNative, nativeCall } from "./native.ts";
import { type Made, type Member, Pc1Batch, type Pc1Call } from "./pc1Batch.ts";
import type { Pc1Input, Running } from "./prover.ts";

/** Sectors that a core labels side by side, in much less time than one after the other. Rejects with PROOF_BACKEND, NATIVE_…. */
export const sectorsACore = (): Promise<number> => nativeCall(() => loadNative().sectorsACore());

export interface Pc1BatchOptions {
  /** How long the first sector of a batch waits for others. */
  readonly waitMs: number;
  /** With so many nobody is waited for any longer; absent: the moment always passes. */
  readonly most?: number;
  readonly call: Pc1Call;
}

export interface Pc1Batches {
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

interface Gathering {
  readonly members: Set<Waiting>;
  readonly timer: NodeJS.Timeout;
}

export function createPc1Batches({ waitMs, most = Infinity, call }: Pc1BatchOptions): Pc1Batches {
  // By size alone: the registered proof, and with it the graph, follows from the size (V1_1).
  const gatherings = new Map<PaddedSize, Gathering>();
  const running = new Set<Pc1Batch>();

  function gathering(size: PaddedSize): Gathering {
    const open = gatherings.get(size);
    if (open !== undefined) return open;
    const opened: Gathering = { members: new Set(), timer: setTimeout(() => start(size, opened), waitMs) };
    gatherings.set(size, opened);
    return opened;
  }

  function start(size: PaddedSize, { members, timer }: Gathering): void {
    clearTimeout(timer);
    gatherings.delete(size);
    for (const { signal, leave } of members) signal.removeEventListener("abort", leave);
    const batch = new Pc1Batch([...members]);
    running.add(batch);
    void batch.run(call).finally(() => running.delete(batch));
  }

  function leave(member: Waiting): void {
    const { sectorSize } = member.input;
    const open = gatherings.get(sectorSize);
    open?.members.delete(member);
    member.reject(cancelled("pc1"));
    if (open?.members.size !== 0) return;
    clearTimeout(open.timer);
    gatherings.delete(sectorSize);
  }

  return {
    async pc1(input, { signal }) {
      if (signal.aborted) throw cancelled("pc1");
      const { promise, resolve, reject } = Promise.withResolvers<Made>();
      const member: Waiting = { input, signal, leave: () => leave(member), resolve, reject };
      if ([...running].some((batch) => batch.takeUp(member))) return promise;
      signal.addEventListener("abort", member.leave, { once: true });
      const open = gathering(input.sectorSize);
      open.members.add(member);
      if (open.members.size >= most) start(input.sectorSize, open);
      return promise;
    },
    close() {
      const waiting = [...gatherings.values()].flatMap(({ members }) => [...members]);
      for (const member of waiting) leave(member);
    },
  };
}
