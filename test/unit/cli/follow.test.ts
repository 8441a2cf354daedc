import { beforeEach, describe, expect, it } from "vitest";
import type { Move } from "../../../src/app/execute.ts";
import { Follower } from "../../../src/cli/follow.ts";
import { Output, PLAIN } from "../../../src/cli/output.ts";

let lines: string;
let now: number;

/** A follower whose clock stands still; on a terminal unless `isTTY` says otherwise. */
function follower({ json = false, isTTY = false } = {}): Follower {
  const sink = { write: (text: string) => (lines += text), isTTY };
  const output = new Output({ stdout: sink, stderr: sink, env: {}, cwd: "/" }, json, PLAIN, PLAIN);
  return new Follower(
    output,
    "t01000",
    () => {},
    () => now,
  );
}

const moved: Move = {
  sector: 3,
  from: "Packing",
  to: "Unsealed",
  done: "AddPiece",
  step: "Ticket",
  event: "SectorPacked",
  durationMs: 1200,
};
const start = { sector: 3, state: "Unsealed", step: "PC1", phase: "start" } as const;
const wait = {
  sector: 3,
  state: "PreCommitted",
  step: "AwaitSeed",
  reason: "the seed is drawn at epoch 37",
} as const;

beforeEach(() => {
  lines = "";
  now = Date.UTC(2026, 10, 22, 11, 58, 21);
});

describe("in a pipe", () => {
  it("every move is a line with its time", () => {
    const { events } = follower();
    events.onMove?.(moved);
    events.onMove?.({ ...moved, from: "Unsealed", done: "PC1", durationMs: 46_000 });
    events.onMove?.({ ...moved, from: "Committing", to: "CommitFailed", done: "SendCommit", durationMs: 5 });
    expect(lines).toMatchInlineSnapshot(`
      "2026-11-22 11:58:21 s-t01000-3  Packing → Unsealed (AddPiece 1.2s)
      2026-11-22 11:58:21 s-t01000-3  Unsealed · PC1 (46s)
      2026-11-22 11:58:21 s-t01000-3  Committing → CommitFailed (SendCommit 5ms)
      "
    `);
  });

  it("a wait says its reason", () => {
    follower().events.onWait?.(wait);
    expect(lines).toMatchInlineSnapshot(`
      "2026-11-22 11:58:21 s-t01000-3  PreCommitted · AwaitSeed waits: the seed is drawn at epoch 37
      "
    `);
  });

  it("progress prints nothing", () => {
    const { events } = follower();
    events.onStep?.(start);
    events.onStep?.({ ...start, phase: "progress", progress: { done: 1, total: 2, unit: "layers" } });
    expect(lines).toBe("");
  });
});

it("with --json every line is a JSON object", () => {
  const { events } = follower({ json: true });
  events.onMove?.(moved);
  events.onWait?.(wait);
  expect(
    lines
      .trim()
      .split("\n")
      .map((line) => Object.keys(JSON.parse(line))),
  ).toEqual([["notice"], ["notice"]]);
});

describe("on a terminal", () => {
  it("moves are marked, and waits are left to the live view", () => {
    const view = follower({ isTTY: true });
    view.events.onMove?.(moved);
    view.events.onMove?.({ ...moved, to: "SealFailed" });
    view.events.onWait?.(wait);
    expect(lines).toMatchInlineSnapshot(`
      "✔ s-t01000-3  Packing → Unsealed (AddPiece 1.2s)
      ✖ s-t01000-3  Packing → SealFailed (AddPiece 1.2s)
      "
    `);
    expect(view.view()).toBe("s-t01000-3  PreCommitted · AwaitSeed  0ms  the seed is drawn at epoch 37");
  });

  it("shows elapsed time beside what was observed and this machine's last duration", () => {
    const view = follower({ isTTY: true });
    view.events.onStep?.({ ...start, lastMs: 46_000 });
    now += 400;
    expect(view.view()).toBe("s-t01000-3  Unsealed · PC1  400ms, last 46s");
    view.events.onStep?.({ ...start, phase: "progress", progress: { done: 1, total: 2, unit: "layers" } });
    now += 60_000;
    expect(view.view()).toBe("s-t01000-3  Unsealed · PC1  1m0s, layer 1 of 2, last 46s");
  });

  it("shows what is next as queued, and what runs before what waits", () => {
    const view = follower({ isTTY: true });
    view.events.onMove?.(moved);
    expect(view.view()).toBe("s-t01000-3  Unsealed · Ticket  0ms  queued");
    view.events.onStep?.({ ...start, sector: 4 });
    expect(view.view()).toBe("s-t01000-4  Unsealed · PC1  0ms\n  s-t01000-3  Unsealed · Ticket  0ms  queued");
  });

  it("leaves out lines that a terminal has no room for", () => {
    const view = follower({ isTTY: true });
    for (let sector = 0; sector < 20; sector++) view.events.onStep?.({ ...start, sector });
    expect(view.view().split("\n")).toHaveLength(9);
    expect(view.view()).toMatch(/ {2}and 12 more$/);
  });

  it("forgets a sector that has no next step", () => {
    const view = follower({ isTTY: true });
    view.events.onStep?.(start);
    view.events.onMove?.({ ...moved, to: "Proving", step: null });
    expect(view.view()).toBe("waiting for work");
  });
});
