/** Between the ledger and the proofs: PC1s that were claimed to share cores become one call. */
import type { Pc1Gathering } from "../proofs/prover.ts";
import type { Task, TaskQueue } from "../tasks/queue.ts";
import type { PaddedSize } from "../units.ts";

interface Deps {
  readonly queue: TaskQueue;
  readonly gathering: Pc1Gathering;
  readonly sectorSize: PaddedSize;
  readonly execute: (task: Task, signal: AbortSignal) => Promise<void>;
}

/**
 * Says of each PC1 with its claim that it will come, and takes that back when its step ends without (the ticket was too
 * old). No gathering ends while a claim is under way, as the ledger may count on it.
 */
export function gatherPc1({ queue, gathering, sectorSize, execute }: Deps): Pick<Deps, "queue" | "execute"> {
  const expected = new Map<Task, () => void>();
  return {
    queue: {
      ...queue,
      claim: async (request) => {
        const release = gathering.hold();
        try {
          const task = await queue.claim(request);
          if (task?.step === "PC1") expected.set(task, gathering.expect({ sectorSize, number: task.sector }));
          return task;
        } finally {
          release();
        }
      },
    },
    execute: async (task, signal) => {
      try {
        await execute(task, signal);
      } finally {
        expected.get(task)?.();
        expected.delete(task);
      }
    },
  };
}
