/** What becomes of a child after a call that failed. No input is known over which padma's own code panics, so the children here are stand-ins. */
import { describe, expect, it } from "vitest";
import { PadmaError } from "../../../src/errors.ts";
import type { ProofsChild } from "../../../src/proofs/childProcess.ts";
import { proverOver } from "../../../src/proofs/host.ts";
import type { ChildPool } from "../../../src/proofs/pool.ts";
import { paddedSize } from "../../../src/units.ts";

const running = () => ({ signal: new AbortController().signal, onProgress: () => {} });

/** A pool of one child whose every call ends with this error; `ends` says what was done with it then. */
function poolOf(error: PadmaError): { pool: ChildPool; ends: string[] } {
  const ends: string[] = [];
  const child: ProofsChild = {
    pid: 1,
    call: () => Promise.reject(error),
    kill: () => {},
    gone: new Promise(() => {}),
    hold: () => {},
  };
  const pool: ChildPool = {
    take: async () => child,
    giveBack: () => void ends.push("kept"),
    retire: async () => void ends.push("ended"),
    isClosed: () => false,
    close: async () => {},
  };
  return { pool, ends };
}

describe("a call that failed", () => {
  it.each([
    ["PROOF_PANIC", "ended"],
    ["PROOF_CHILD_CRASHED", "ended"],
    ["PROOF_BAD_INPUT", "kept"],
    ["PROOF_IO", "kept"],
  ])("with %s: its child is %s", async (code, end) => {
    const { pool, ends } = poolOf(new PadmaError({ code, message: "failed" }));
    const call = proverOver(pool).clearCache("/nowhere", paddedSize(2048), running());
    await expect(call).rejects.toMatchObject({ code });
    expect(ends).toEqual([end]);
  });
});
