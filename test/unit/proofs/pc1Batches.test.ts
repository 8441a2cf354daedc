import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createPc1Batches } from "../../../src/proofs/pc1Batches.ts";
import type { Pc1Outcome } from "../../../src/proofs/protocol.ts";
import type { Pc1Input } from "../../../src/proofs/prover.ts";
import { paddedSize } from "../../../src/units.ts";
import { pc1Input as sector } from "./pc1Input.ts";

const LARGE = paddedSize(8 * 2 ** 20);
/** Longer than any test: only `most` starts a batch then. */
const LONG_MS = 2 ** 30;

interface Batch {
  readonly sectors: readonly number[];
  readonly end: (outcomes?: readonly Pc1Outcome[]) => void;
  readonly fail: (error: Error) => void;
}

/** Batches that a test ends; an aborted one fails as a killed process does. */
function opened(waitMs: number, most?: number) {
  const batches: Batch[] = [];
  const heard: (() => void)[] = [];
  const call = (inputs: readonly Pc1Input[], signal: AbortSignal): Promise<readonly Pc1Outcome[]> => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly Pc1Outcome[]>();
    const sectors = inputs.map(({ number }) => Number(number));
    const end = (outcomes?: readonly Pc1Outcome[]): void =>
      resolve(outcomes ?? sectors.map((number) => ({ commD: `d${number}` })));
    const killed = (): void => reject(new Error("killed"));
    if (signal.aborted) killed();
    else signal.addEventListener("abort", killed);
    batches.push({ sectors, end, fail: reject });
    heard.splice(0).forEach((hear) => hear());
    return promise;
  };
  async function batch(index: number): Promise<Batch> {
    for (;;) {
      const found = batches[index];
      if (found !== undefined) return found;
      await new Promise<void>((hear) => heard.push(hear));
    }
  }
  const made = createPc1Batches({ waitMs, call, ...(most === undefined ? {} : { most }) });
  const expected = (input: Pc1Input): (() => void) => made.expect(input);
  const pc1 = (input: Pc1Input, abort = new AbortController()) => made.pc1(input, { signal: abort.signal });
  return { pc1, batch, batches, expected, hold: () => made.hold(), close: () => made.close() };
}

describe("PC1 of several sectors", () => {
  it("is one call for those that come together, and never for two sizes", async () => {
    const { pc1, batch, batches } = opened(0);
    const small = [pc1(sector(1)), pc1(sector(2))];
    const large = [pc1(sector(3, LARGE)), pc1(sector(4, LARGE))];
    small.push(pc1(sector(5)));
    await batch(1);
    expect(batches.map(({ sectors }) => sectors)).toEqual([
      [1, 2, 5],
      [3, 4],
    ]);
    batches.forEach(({ end }) => end());
    expect(await Promise.all(small)).toEqual([{ commD: "d1" }, { commD: "d2" }, { commD: "d5" }]);
    expect(await Promise.all(large)).toEqual([{ commD: "d3" }, { commD: "d4" }]);
  });

  it("begins after the wait with a sector that is alone, and does not hold up those that come later", async () => {
    const { pc1, batch } = opened(0);
    const first = pc1(sector(1));
    const running = await batch(0);
    const second = pc1(sector(2));
    (await batch(1)).end();
    expect(await second).toEqual({ commD: "d2" });
    running.end();
    expect(await first).toEqual({ commD: "d1" });
  });

  it("does not wait when as many are there as one batch takes", async () => {
    const { pc1, batch } = opened(LONG_MS, 2);
    const all = [1, 2, 3, 4].map((number) => pc1(sector(number)));
    expect((await batch(0)).sectors).toEqual([1, 2]);
    expect((await batch(1)).sectors).toEqual([3, 4]);
    (await batch(0)).end();
    (await batch(1)).end();
    await Promise.all(all);
  });

  it("begins when all that were claimed are there, or will not come", async () => {
    const { pc1, batch, batches, expected } = opened(LONG_MS, 3);
    const expectations = [1, 2, 3].map((number) => expected(sector(number)));
    const other = expected(sector(4)); // The first three are as many as a batch takes.
    const calls = [pc1(sector(4)), pc1(sector(3)), pc1(sector(1))];
    await turn();
    expect(batches).toEqual([]);
    expectations[1]?.();
    const first = await batch(0);
    expect(first.sectors).toEqual([3, 1]);
    other(); // It is there: that changes nothing.
    calls.push(pc1(sector(5)), pc1(sector(6)));
    const second = await batch(1);
    expect(second.sectors).toEqual([4, 5, 6]);
    [first, second].forEach(({ end }) => end());
    await Promise.all(calls);
  });

  it("waits for a claim that is under way when the time is over", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const { pc1, batch, batches, expected, hold } = opened(LONG_MS);
    const release = hold();
    const calls = [pc1(sector(1))];
    vi.advanceTimersByTime(LONG_MS);
    expect(batches).toEqual([]);
    expected(sector(2));
    release();
    await turn();
    expect(batches).toEqual([]);
    calls.push(pc1(sector(2)));
    const only = await batch(0);
    expect(only.sectors).toEqual([1, 2]);
    only.end();
    await Promise.all(calls);
  });

  it("waits for nobody who is late where nobody waits for others", async () => {
    const { pc1, batch, expected } = opened(0);
    expected(sector(2));
    const call = pc1(sector(1));
    (await batch(0)).end();
    expect(await call).toEqual({ commD: "d1" });
  });

  it("goes on when one is cancelled, whose call ends with the batch, and ends when nobody is left", async () => {
    const { pc1, batch, batches } = opened(LONG_MS, 3);
    const aborts = [1, 2, 3].map(() => new AbortController());
    const calls = aborts.map((abort, index) => pc1(sector(index + 1), abort));
    const ends: number[] = [];
    calls.forEach((call, index) => void call.catch(() => ends.push(index + 1)));
    await batch(0);
    aborts[1]?.abort();
    aborts[0]?.abort();
    await turn();
    expect(ends).toEqual([]);
    aborts[2]?.abort();
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: "PROOF_CANCELLED" });
    expect(batches).toHaveLength(1);
  });

  it("drops the result of one that was cancelled", async () => {
    const { pc1, batch } = opened(LONG_MS, 2);
    const abort = new AbortController();
    const calls = [pc1(sector(1)), pc1(sector(2), abort)];
    const running = await batch(0);
    abort.abort();
    running.end();
    await expect(calls[1]).rejects.toMatchObject({ code: "PROOF_CANCELLED" });
    expect(await calls[0]).toEqual({ commD: "d1" });
  });

  it("tells one that was cancelled of that, also when the process dies", async () => {
    const { pc1, batch } = opened(LONG_MS, 2);
    const abort = new AbortController();
    const calls = [pc1(sector(1)), pc1(sector(2), abort)];
    const running = await batch(0);
    abort.abort();
    running.fail(new Error("the process died"));
    await expect(calls[1]).rejects.toMatchObject({ code: "PROOF_CANCELLED" });
    await expect(calls[0]).rejects.toThrow("the process died");
  });

  it("gives one that comes back while it is still being made what is made, and no other", async () => {
    const { pc1, batch } = opened(LONG_MS, 2);
    const abort = new AbortController();
    const calls = [pc1(sector(1)), pc1(sector(2), abort)];
    const running = await batch(0);
    abort.abort();
    const again = pc1(sector(2));
    await expect(calls[1]).rejects.toMatchObject({ code: "PROOF_CANCELLED" });
    const others = [pc1(sector(2)), pc1({ ...sector(2), ticket: "11".repeat(32) })];
    const second = await batch(1);
    expect(second.sectors).toEqual([2, 2]);
    running.end();
    second.end();
    expect(await again).toEqual({ commD: "d2" });
    await Promise.all([calls[0], ...others]);
  });

  it("makes nothing again when all are cancelled", async () => {
    const { pc1, batch, batches } = opened(LONG_MS, 2);
    const abort = new AbortController();
    const calls = [pc1(sector(1), abort), pc1(sector(2), abort)];
    await batch(0);
    abort.abort();
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: "PROOF_CANCELLED" });
    expect(batches).toHaveLength(1);
  });

  it("cancels one that has not begun at once, and the rest begin without it", async () => {
    const { pc1, batch } = opened(LONG_MS, 2);
    const abort = new AbortController();
    const waiting = pc1(sector(1), abort);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: "PROOF_CANCELLED" });
    await expect(pc1(sector(1), abort)).rejects.toMatchObject({ code: "PROOF_CANCELLED" });
    const others = [pc1(sector(2)), pc1(sector(3))];
    const first = await batch(0);
    expect(first.sectors).toEqual([2, 3]);
    first.end();
    await Promise.all(others);
  });

  it("cancels those that have not begun when it is closed", async () => {
    const { pc1, close, batches } = opened(LONG_MS);
    const waiting = [pc1(sector(1)), pc1(sector(2, LARGE))];
    close();
    for (const call of waiting) await expect(call).rejects.toMatchObject({ code: "PROOF_CANCELLED" });
    expect(batches).toEqual([]);
  });

  it("gives each its own failure, and all of them that of their process", async () => {
    const { pc1, batch } = opened(LONG_MS, 2);
    const failure = { code: "PROOF_PIECES_MISMATCH", message: "no", facts: {} };
    const [good, bad] = [pc1(sector(1)), pc1(sector(2))];
    (await batch(0)).end([{ commD: "d1" }, { failure }]);
    await expect(bad).rejects.toMatchObject({ code: "PROOF_PIECES_MISMATCH" });
    expect(await good).toEqual({ commD: "d1" });
    const lost = [pc1(sector(3)), pc1(sector(4))];
    (await batch(1)).fail(new Error("the process died"));
    for (const call of lost) await expect(call).rejects.toThrow("the process died");
  });

  it("leaves nobody without an answer when there are too few", async () => {
    const { pc1, batch } = opened(LONG_MS, 2);
    const calls = [pc1(sector(1)), pc1(sector(2))];
    (await batch(0)).end([{ commD: "d1" }]);
    expect(await calls[0]).toEqual({ commD: "d1" });
    await expect(calls[1]).rejects.toThrow("fewer results");
  });
});
