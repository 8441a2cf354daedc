import { describe, expect, it } from "vitest";
import { Together } from "../../../src/chain/devnet/together.ts";

const fulfilled = <T>(value: T): PromiseSettledResult<T> => ({ status: "fulfilled", value });

/** Doubles numbers; remembers what it was asked together, and can be held. */
function doubling(most: number) {
  const runs: (readonly number[])[] = [];
  const held = Promise.withResolvers<void>();
  const calls = new Together<number, number>(most, async (list) => {
    runs.push(list);
    if (list.includes(0)) await held.promise;
    if (list.includes(13)) throw new Error("the run failed");
    return list.map((n): PromiseSettledResult<number> => {
      return n < 0 ? { status: "rejected", reason: new Error(`${n} is refused`) } : fulfilled(2 * n);
    });
  });
  return { calls, runs, release: held.resolve };
}

const all = async (calls: Together<number, number>, list: readonly number[]) =>
  Promise.allSettled(list.map(async (n) => calls.add(n)));
const values = (outcomes: readonly PromiseSettledResult<number>[]) =>
  outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : "refused"));

describe("calls", () => {
  it("of one moment run together, each with its own outcome", async () => {
    const { calls, runs } = doubling(10);
    expect(values(await all(calls, [1, -2, 3]))).toEqual([2, "refused", 6]);
    expect(runs).toEqual([[1, -2, 3]]);
  });

  it("that come while a run is under way wait for the next one, at most so many together", async () => {
    const { calls, runs, release } = doubling(2);
    const first = calls.add(0);
    await Promise.resolve();
    await Promise.resolve();
    const later = all(calls, [1, 2, 3]);
    release();
    expect(await first).toBe(0);
    expect(values(await later)).toEqual([2, 4, 6]);
    expect(runs).toEqual([[0], [1, 2], [3]]);
  });

  it("fail together when their run does, and the next ones run", async () => {
    const { calls } = doubling(2);
    expect(values(await all(calls, [1, 13, 5]))).toEqual(["refused", "refused", 10]);
    expect(values(await all(calls, [7]))).toEqual([14]);
  });

  it("are over when it is idle", async () => {
    const { calls, runs } = doubling(2);
    await calls.idle();
    const list = all(calls, [1, 2, 3]);
    await calls.idle();
    expect(runs).toHaveLength(2);
    expect(values(await list)).toEqual([2, 4, 6]);
  });
});
