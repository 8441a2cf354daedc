/**
 * PC1 of sectors that are wanted at about the same time, made in one call: a core labels several in much less time
 * than one after the other.
 *
 * The first one waits a moment for others of its size; how many come, the ledger decides by what their steps hold. Each
 * keeps its own signal: a batch that loses a sector is ended, and the others go on in a new process behind their last
 * whole layers.
 */
import type { PaddedSize } from "../units.ts";
import { cancelled, proofError } from "./failures.ts";
import { loadNative, nativeCall } from "./native.ts";
import type { Pc1Outcome } from "./protocol.ts";
import type { Pc1Input, Running } from "./prover.ts";

/** Sectors that a core labels side by side, in much less time than one after the other. Rejects with PROOF_BACKEND, NATIVE_…. */
export const sectorsACore = (): Promise<number> => nativeCall(() => loadNative().sectorsACore());

interface Made {
  readonly commD: string;
}

export interface Pc1BatchOptions {
  /** How long the first sector of a batch waits for others. */
  readonly waitMs: number;
  /** With so many nobody is waited for any longer; absent: the moment always passes. */
  readonly most?: number;
  /** Runs a batch; when the signal is aborted its process is ended. */
  readonly call: (inputs: readonly Pc1Input[], signal: AbortSignal) => Promise<readonly Pc1Outcome[]>;
}

export interface Pc1Batches {
  /** Rejects with PROOF_CANCELLED when the signal is aborted, and with what PC1 of this sector failed with. */
  pc1(input: Pc1Input, running: Pick<Running, "signal">): Promise<Made>;
  /** Those that have not begun are cancelled. */
  close(): void;
}

interface Member extends Pick<PromiseWithResolvers<Made>, "resolve" | "reject"> {
  readonly input: Pc1Input;
  readonly signal: AbortSignal;
  /** While it has not begun. */
  readonly leave: () => void;
}

/** Sectors that have not begun. */
interface Gathering {
  readonly members: Set<Member>;
  readonly timer: NodeJS.Timeout;
}

export function createPc1Batches({ waitMs, most = Infinity, call }: Pc1BatchOptions): Pc1Batches {
  // By size alone: the registered proof, and with it the graph, follows from the size (V1_1).
  const gatherings = new Map<PaddedSize, Gathering>();

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
    void runBatch([...members], call);
  }

  function leave(member: Member): void {
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
      const member: Member = { input, signal, leave: () => leave(member), resolve, reject };
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

/**
 * Settles every member.
 * FAIL: the process of the batch dies → all of them fail with that, and each is tried again.
 */
async function runBatch(members: readonly Member[], call: Pc1BatchOptions["call"]): Promise<void> {
  let left = members;
  while (left.length > 0) {
    const stop = new AbortController();
    const end = (): void => stop.abort();
    for (const { signal } of left) signal.addEventListener("abort", end, { once: true });
    if (left.some(({ signal }) => signal.aborted)) end();
    try {
      const inputs = left.map(({ input }) => input);
      const outcomes = await call(inputs, stop.signal);
      left.forEach((member, index) => settle(member, outcomes[index]));
      return;
    } catch (error) {
      left = survivors(left, stop.signal, error);
    } finally {
      for (const { signal } of members) signal.removeEventListener("abort", end);
    }
  }
}

/** Rejects whoever the failed call was ended for, or all of them where nobody had asked for that. */
function survivors(members: readonly Member[], stopped: AbortSignal, error: unknown): readonly Member[] {
  const isOver = ({ signal }: Member): boolean => !stopped.aborted || signal.aborted;
  for (const { reject } of members.filter(isOver)) reject(stopped.aborted ? cancelled("pc1") : error);
  return members.filter((member) => !isOver(member));
}

function settle({ resolve, reject }: Member, outcome: Pc1Outcome | undefined): void {
  if (outcome === undefined) reject(new Error("PC1 gave fewer results than it had sectors"));
  else if ("failure" in outcome) reject(proofError(outcome.failure));
  else resolve(outcome);
}
