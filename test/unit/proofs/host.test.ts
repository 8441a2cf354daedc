/** What becomes of a child after a call that failed. No input is known over which padma's own code panics, so the children here are stand-ins. */
import { describe, expect, it } from "vitest";
import { PadmaError } from "../../../src/errors.ts";
import type { ProofsChild } from "../../../src/proofs/childProcess.ts";
import { proverOver } from "../../../src/proofs/host.ts";
import type { ChildPool } from "../../../src/proofs/pool.ts";
import type { Pc1Input } from "../../../src/proofs/prover.ts";
import { actorId, paddedSize, sectorNumber } from "../../../src/units.ts";

const running = () => ({ signal: new AbortController().signal, onProgress: () => {} });

/** A pool of one child that calls end in like this; `ends` says what was done with it then. */
function poolOf(call: ProofsChild["call"]): { pool: ChildPool; ends: string[] } {
  const ends: string[] = [];
  const child: ProofsChild = {
    pid: 1,
    call,
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
    const { pool, ends } = poolOf(() => Promise.reject(new PadmaError({ code, message: "failed" })));
    const call = proverOver(pool).clearCache("/nowhere", paddedSize(2048), running());
    await expect(call).rejects.toMatchObject({ code });
    expect(ends).toEqual([end]);
  });
});

describe("PC1 of several sectors, one of which failed", () => {
  const sector = (number: number): Pc1Input => ({
    sectorSize: paddedSize(2048),
    miner: actorId(1000),
    number: sectorNumber(number),
    ticket: "00".repeat(32),
    pieces: [],
    cacheDir: "/nowhere",
    unsealedPath: "/nowhere",
    sealedPath: "/nowhere",
    outputPath: "/nowhere",
  });

  it.each([
    ["PROOF_PANIC", "ended"],
    ["PROOF_PIECES_MISMATCH", "kept"],
  ])("with %s: their child is %s, and the other sector has its result", async (code, end) => {
    const outcomes = [{ commD: "d1" }, { failure: { code, message: "failed", facts: {} } }];
    const { pool, ends } = poolOf(async () => ({ outcomes }));
    const prover = proverOver(pool, { pc1: { waitMs: 2 ** 30, most: 2 } });
    const [good, bad] = [prover.pc1(sector(1), running()), prover.pc1(sector(2), running())];
    await expect(bad).rejects.toMatchObject({ code });
    expect(await good).toEqual({ commD: "d1" });
    expect(ends).toEqual([end]);
  });
});
