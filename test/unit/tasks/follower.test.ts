import { describe, expect, it } from "vitest";
import type { Landed } from "../../../src/chain/chain.ts";
import { PadmaError } from "../../../src/errors.ts";
import { silentLog } from "../../../src/log.ts";
import { Follower } from "../../../src/tasks/follower.ts";
import type { Outlook, TaskQueue } from "../../../src/tasks/queue.ts";
import { type Epoch, epoch, millis, type Millis } from "../../../src/units.ts";

const NOBODY: Outlook = { queued: 0, leased: 0, messages: 0, earliestEpoch: null, earliestTime: null };
const MESSAGE: Outlook = { ...NOBODY, messages: 1 };
const EPOCH_9: Outlook = { ...NOBODY, earliestEpoch: epoch(9) };
const s = (seconds: number): Millis => millis(seconds * 1000);

/** A chain of one epoch a second, on which `bafy-a` lands at an epoch. */
function follow({
  head = 0,
  lands = Infinity,
  instant = false,
  unreachable = 0,
  code = "CHAIN_UNREACHABLE",
} = {}) {
  const state = { head, unreachable, heads: 0, lookups: 0, jumps: [] as number[] };
  const woken: Parameters<TaskQueue["wake"]>[0][] = [];
  const tipset = () => ({ epoch: epoch(state.head), key: [], timestampMs: s(state.head) });
  const follower = new Follower({
    chain: {
      head: async () => {
        state.heads += 1;
        if (state.unreachable > 0) {
          state.unreachable -= 1;
          const kind = code === "CHAIN_UNREACHABLE" ? "busy" : "user";
          throw new PadmaError({ code, kind, message: "no answer" });
        }
        return tipset();
      },
      lookup: async (cids) => {
        state.lookups += 1;
        return new Map(state.head >= lands ? cids.map((cid) => [cid, { cid } as Landed]) : []);
      },
    },
    timeOf: (at: Epoch) => s(at),
    jumpTo: instant
      ? async (to) => {
          state.jumps.push(to);
          state.head = to;
          return tipset();
        }
      : null,
    queue: {
      awaitedMessages: async () => ["bafy-a"],
      wake: async (met) => {
        woken.push(met);
        return met.landed.length + (met.head >= 9 ? 1 : 0);
      },
    },
    log: silentLog,
  });
  return { follower, state, woken };
}

describe("Follower", () => {
  it("leaves the chain alone while nobody waits for it", async () => {
    const { follower, state } = follow();
    expect(await follower.follow(NOBODY, s(1), true)).toBe(0);
    expect(state.heads).toBe(0);
    expect(follower.nextLook).toBeNull();
  });

  it("looks once a head, and wakes what has landed", async () => {
    const { follower, state, woken } = follow({ head: 3, lands: 4 });
    expect(await follower.follow(MESSAGE, s(3), false)).toBe(0);
    expect(follower.nextLook).toBe(s(4));
    expect(await follower.follow(MESSAGE, millis(3500), false)).toBe(0);
    expect(state.lookups).toBe(1);
    state.head = 4;
    expect(await follower.follow(MESSAGE, s(4), false)).toBe(1);
    expect(woken.at(-1)).toEqual({ head: 4, now: s(4), landed: ["bafy-a"] });
  });

  it("sleeps until the epoch that is waited for", async () => {
    const { follower, state } = follow({ head: 3 });
    await follower.follow(EPOCH_9, s(3), false);
    expect(follower.nextLook).toBe(s(9));
    expect(state.lookups).toBe(0);
    expect(follower.dueAt(EPOCH_9, s(3))).toBe(s(9));
  });

  it("looks again at once for a new wait", async () => {
    const { follower, state } = follow({ head: 3 });
    await follower.follow(EPOCH_9, s(3), false);
    await follower.follow({ ...EPOCH_9, messages: 1 }, s(3), false);
    expect(state.lookups).toBe(1);
  });

  it("asks again a second later for a head that is late", async () => {
    const { follower } = follow({ head: 3 });
    await follower.follow(MESSAGE, s(20), false);
    expect(follower.nextLook).toBe(s(21));
  });

  it("waits longer each time for a chain that cannot be reached, and goes on when it can", async () => {
    const { follower, state } = follow({ head: 9, unreachable: 3 });
    const pauses: number[] = [];
    for (let now = 0; pauses.length < 3; now += pauses.at(-1) ?? 0) {
      expect(await follower.follow(EPOCH_9, millis(now), false)).toBe(0);
      pauses.push((follower.nextLook ?? 0) - now);
    }
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(state.heads).toBe(3);
    const before = follower.nextLook ?? 0;
    expect(await follower.follow(EPOCH_9, millis(before - 1), false)).toBe(0);
    expect(state.heads).toBe(3);
    expect(await follower.follow(EPOCH_9, millis(before), false)).toBe(1);
  });

  it.each(["CHAIN_AUTH", "CHAIN_PERMISSION", "CHAIN_WRONG_NETWORK", "CHAIN_METHOD"])(
    "waits for somebody to put right %s: running proofs go on",
    async (code) => {
      const { follower } = follow({ head: 9, unreachable: 1, code });
      expect(await follower.follow(EPOCH_9, s(1), false)).toBe(0);
      expect(await follower.follow(EPOCH_9, follower.nextLook ?? s(0), false)).toBe(1);
    },
  );

  it("passes on any other error of the chain", async () => {
    const { follower } = follow();
    const broken = new Follower({ ...depsOf(), jumpTo: null });
    await expect(broken.follow(MESSAGE, s(1), false)).rejects.toThrow("verifier");
    expect(follower.nextLook).toBeNull();
  });
});

describe("Follower on an instant clock", () => {
  it("jumps to the earliest epoch when nothing runs anywhere", async () => {
    const { follower, state } = follow({ instant: true });
    expect(await follower.follow(EPOCH_9, s(0), true)).toBe(1);
    expect(state.jumps).toEqual([9]);
  });

  it("stays where it is while something runs", async () => {
    const { follower, state } = follow({ instant: true });
    expect(await follower.follow(EPOCH_9, s(0), false)).toBe(0);
    expect(state.jumps).toEqual([]);
  });

  it("goes epoch by epoch for a message, without pause, until it has landed", async () => {
    const { follower, state } = follow({ instant: true, head: 1, lands: 4 });
    let woken = 0;
    while (woken === 0) {
      woken = await follower.follow(MESSAGE, s(0), true);
      expect(follower.nextLook === s(0) || woken > 0).toBe(true);
    }
    expect(state.jumps).toEqual([2, 3, 4]);
  });

  it("slows down to an epoch a second when a message does not land", async () => {
    const { follower, state } = follow({ instant: true });
    const always = { ...MESSAGE };
    state.head = -5000;
    for (let i = 0; i < 3000; i += 1) await follower.follow(always, s(0), true);
    expect(state.jumps).toHaveLength(1000);
    await follower.follow(always, s(1), true);
    expect(state.jumps).toHaveLength(1001);
  });
});

function depsOf() {
  return {
    chain: {
      head: async () => {
        throw new PadmaError({ code: "DEVNET_VERIFIER", message: "the verifier cannot run" });
      },
      lookup: async () => new Map<string, Landed>(),
    },
    timeOf: (at: Epoch) => s(at),
    queue: { awaitedMessages: async () => [], wake: async () => 0 },
    log: silentLog,
  };
}
