import { expect, it, onTestFinished, vi } from "vitest";
import { gatherPc1 } from "../../../src/app/pc1Claims.ts";
import { createPc1Batches } from "../../../src/proofs/pc1Batches.ts";
import { createTaskQueue } from "../../../src/store/taskQueue.ts";
import type { Task, TaskQueue } from "../../../src/tasks/queue.ts";
import { paddedSize, sectorNumber } from "../../../src/units.ts";
import { pc1Input } from "../proofs/pc1Input.ts";
import { request, T0 } from "../store/sectors.ts";
import { tempStore } from "../store/tempStore.ts";

const WAIT_MS = 200;
const SIZE = paddedSize(2048);
const task = (sector: number): Task => ({
  sector: sectorNumber(sector),
  step: "PC1",
  attempt: 1,
  fence: 1,
  version: 1,
});

/** Claims that a test answers, steps that ask for PC1 when it says so, and the calls that come of them. */
async function opened() {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const calls: number[][] = [];
  const gathering = createPc1Batches({
    waitMs: WAIT_MS,
    call: async (inputs) => {
      calls.push(inputs.map(({ number }) => Number(number)));
      return inputs.map(() => ({ commD: "d" }));
    },
  });
  const answers: ((task: Task) => void)[] = [];
  const claim: TaskQueue["claim"] = () => new Promise((answer) => answers.push(answer));
  const steps = new Map<number, PromiseWithResolvers<boolean>>();
  const { signal } = new AbortController();
  const { queue, execute } = gatherPc1({
    queue: { ...createTaskQueue(await tempStore(), () => T0), claim },
    gathering,
    sectorSize: SIZE,
    async execute({ sector }) {
      const step = Promise.withResolvers<boolean>();
      steps.set(sector, step);
      if (await step.promise) await gathering.pc1(pc1Input(sector), { signal });
    },
  });
  return {
    calls,
    steps,
    claim: () => queue.claim(request()),
    answer: (claimed: Task) => answers.shift()?.(claimed),
    execute: (claimed: Task) => execute(claimed, signal),
  };
}

it("what is claimed in time begins together, however late its claim is done and its labels are wanted", async () => {
  const { calls, steps, claim, answer, execute } = await opened();
  const first = claim();
  answer(task(1));
  const runs = [execute((await first) as Task)];
  const second = claim(); // The ledger counts on the first one's gathering.
  vi.advanceTimersByTime(WAIT_MS);
  steps.get(1)?.resolve(true);
  answer(task(2));
  runs.push(execute((await second) as Task));
  expect(calls).toEqual([]);
  steps.get(2)?.resolve(true);
  await Promise.all(runs);
  expect(calls).toEqual([[1, 2]]);
});

it("nobody waits for a step that ended without labels", async () => {
  const { calls, steps, claim, answer, execute } = await opened();
  const runs: Promise<void>[] = [];
  for (const number of [1, 2]) {
    const claimed = claim();
    answer(task(number));
    runs.push(execute((await claimed) as Task));
  }
  vi.advanceTimersByTime(WAIT_MS);
  steps.get(1)?.resolve(true);
  steps.get(2)?.resolve(false); // Its ticket was too old.
  await Promise.all(runs);
  expect(calls).toEqual([[1]]);
});
