import { describe, expect, it } from "vitest";
import type { PadmaError } from "../../../src/errors.ts";
import type { EventKind, SectorEvent } from "../../../src/sealing/events.ts";
import { revertEvent, revertNote } from "../../../src/sealing/reverts.ts";
import type { Footing, Sector, State, Step } from "../../../src/sealing/sector.ts";
import { STATE_NAMES } from "../../../src/sealing/states.ts";
import { apply, TRANSITIONS } from "../../../src/sealing/transitions.ts";
import { type Epoch, epoch, paddedSize } from "../../../src/units.ts";
import { complete, POSITIONS, sectorAt } from "../../helpers/sectors.ts";

const { failure } = complete;
const fails = { failure: { ...failure, message: "this time" } };
const reorg = { epoch: epoch(20), from: epoch(18), noticedAt: epoch(45) };
const landed = { epoch: epoch(21), tipset: ["bafy2bzacenew"] };

/** One of each event. The type makes a missing one a compile error. */
const EVENTS: { [K in EventKind]: Extract<SectorEvent, { kind: K }> } = {
  SectorMessageRenewed: { kind: "SectorMessageRenewed", from: complete.preCommit, to: "bafy2bzacenew" },
  SectorPieceCommitments: { kind: "SectorPieceCommitments", drafts: complete.drafts },
  SectorDealsPublished: { kind: "SectorDealsPublished", message: "bafy2bzacenew" },
  SectorDealsLanded: { kind: "SectorDealsLanded", dealIds: [9], ...landed },
  SectorPieceAdded: { kind: "SectorPieceAdded", pieces: [] },
  SectorPacked: {
    kind: "SectorPacked",
    fillers: [{ size: paddedSize(1024), commP: "77".repeat(32), content: "zeros" }],
  },
  SectorAddPieceFailed: { kind: "SectorAddPieceFailed", ...fails },
  SectorFatalError: { kind: "SectorFatalError", ...fails },
  SectorTicket: { kind: "SectorTicket", ticket: { epoch: epoch(1), value: "88".repeat(32) } },
  SectorOldTicket: { kind: "SectorOldTicket", message: "old" },
  SectorPreCommit1: { kind: "SectorPreCommit1", attempt: "pc1-b", commD: "99".repeat(32) },
  SectorPreCommit2: { kind: "SectorPreCommit2", commD: "99".repeat(32), commR: "0a".repeat(32) },
  SectorSealPreCommit1Failed: { kind: "SectorSealPreCommit1Failed", ...fails },
  SectorSealPreCommit2Failed: { kind: "SectorSealPreCommit2Failed", ...fails },
  SectorPreCommitBatchSent: { kind: "SectorPreCommitBatchSent", message: "bafy2bzacenew" },
  SectorPreCommitLanded: { kind: "SectorPreCommitLanded", ...landed },
  SectorSeedReady: { kind: "SectorSeedReady", seed: { epoch: epoch(29), value: "bb".repeat(32) } },
  SectorChainPreCommitFailed: { kind: "SectorChainPreCommitFailed", ...fails },
  SectorCommit1: { kind: "SectorCommit1", attempt: "c1-b" },
  SectorCommitted: { kind: "SectorCommitted", proof: "cc".repeat(192) },
  SectorCommitAggregateSent: { kind: "SectorCommitAggregateSent", message: "bafy2bzacenew" },
  SectorProving: { kind: "SectorProving", activation: epoch(41), tipset: [] },
  SectorComputeProofFailed: { kind: "SectorComputeProofFailed", ...fails },
  SectorCommitFailed: { kind: "SectorCommitFailed", ...fails },
  SectorFinalized: { kind: "SectorFinalized" },
  SectorRetryPieces: { kind: "SectorRetryPieces" },
  SectorRetryPublishDeals: { kind: "SectorRetryPublishDeals" },
  SectorRetryFromPieces: { kind: "SectorRetryFromPieces" },
  SectorDealsExpired: { kind: "SectorDealsExpired", dealIds: [4], message: "deal 4 expired" },
  SectorDealsRenumbered: { kind: "SectorDealsRenumbered", deals: [{ from: 4, to: 11 }] },
  SectorRetryTicket: { kind: "SectorRetryTicket" },
  SectorRetrySealPreCommit1: { kind: "SectorRetrySealPreCommit1" },
  SectorRetrySealPreCommit2: { kind: "SectorRetrySealPreCommit2" },
  SectorRetryPreCommit: { kind: "SectorRetryPreCommit" },
  SectorRetryPreCommitWait: { kind: "SectorRetryPreCommitWait" },
  SectorRetryWaitSeed: { kind: "SectorRetryWaitSeed", ...landed },
  SectorRetryComputeProof: { kind: "SectorRetryComputeProof" },
  SectorRetrySubmitCommit: { kind: "SectorRetrySubmitCommit" },
  SectorRetryCommitWait: { kind: "SectorRetryCommitWait" },
  SectorDealsReverted: { kind: "SectorDealsReverted", reorg },
  SectorPreCommitReverted: { kind: "SectorPreCommitReverted", reorg },
  SectorSeedReverted: { kind: "SectorSeedReverted", reorg },
  SectorCommitReverted: { kind: "SectorCommitReverted", reorg },
  SectorForceState: { kind: "SectorForceState", state: "Unsealed" },
};
const KINDS = Object.keys(EVENTS) as EventKind[];

interface AnyRow {
  readonly at: readonly (Step | null)[];
  readonly to: readonly State[];
}

function rowOf(state: State, kind: EventKind): AnyRow | undefined {
  const rows: Partial<Record<EventKind, AnyRow>> = TRANSITIONS[state];
  return rows[kind];
}

function rowsOf(state: State): readonly [string, AnyRow][] {
  return Object.entries<AnyRow>(TRANSITIONS[state]);
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as PadmaError).code;
  }
  return "no error";
}

describe("every state × every event", () => {
  for (const { state, step } of POSITIONS) {
    for (const kind of KINDS.filter((k) => k !== "SectorForceState")) {
      const row = rowOf(state, kind);
      const allowed = row !== undefined && row.at.includes(step);
      const place = `${state}/${step ?? "-"}`;
      if (allowed) {
        it(`${place} takes ${kind} to ${row.to.join(" or ")}`, () => {
          const before = sectorAt(state, step);
          const after = apply(before, EVENTS[kind]);
          expect(row.to).toContain(after.state);
          expect(after.version).toBe(before.version + 1);
          expect(POSITIONS).toContainEqual({ state: after.state, step: after.step });
        });
      } else {
        it(`${place} refuses ${kind}`, () => {
          expect(codeOf(() => apply(sectorAt(state, step), EVENTS[kind]))).toBe("UNEXPECTED_EVENT");
        });
      }
    }
  }
});

describe("the table", () => {
  it("names only steps that its state has", () => {
    for (const state of STATE_NAMES) {
      const steps = POSITIONS.filter((place) => place.state === state).map(({ step }) => step);
      for (const [, row] of rowsOf(state)) {
        expect(row.at.filter((step) => !steps.includes(step))).toEqual([]);
      }
    }
  });

  it("gives every step of every state a way on and, before Proving, a way to fail", () => {
    for (const { state, step } of POSITIONS) {
      if (step === null) continue;
      const rows = rowsOf(state).filter(([, row]) => row.at.includes(step));
      expect(rows.length, `${state}/${step}`).toBeGreaterThan(0);
      if (step === "Diagnose" || step === "Finalize") continue;
      expect(
        rows.some(([kind]) => kind.endsWith("Failed")),
        `${state}/${step} can fail`,
      ).toBe(true);
    }
  });

  it("leaves the sector it was given as it was", () => {
    const before = Object.freeze(sectorAt("Unsealed", "Ticket"));
    apply(before, EVENTS.SectorTicket);
    expect(before.step).toBe("Ticket");
  });
});

describe("what a sector knows after an event", () => {
  it("plans fillers for what the pledge left free, smallest first", () => {
    const pledge = { size: paddedSize(256), commP: "11".repeat(32), content: "file" } as const;
    const before: Sector = { ...sectorAt("Incoming", "AddPiece"), pieces: [], deal: "none" };
    const after = apply(before, { kind: "SectorPieceAdded", pieces: [pledge] });
    expect(after).toMatchObject({ state: "Packing", step: "AddPiece", pieces: [pledge] });
    expect(after.drafts?.map((draft) => draft.size)).toEqual([256, 512, 1024]);
    expect(after.drafts?.every((draft) => draft.content.kind === "zeros")).toBe(true);
  });

  it("pledges fillers like the first piece when the pledge is a deal with itself", () => {
    const pledge = { size: paddedSize(1024), commP: "11".repeat(32), content: "random", dealId: 1 } as const;
    const after = apply(
      { ...sectorAt("Incoming", "AddPiece"), pieces: [] },
      { kind: "SectorPieceAdded", pieces: [pledge] },
    );
    expect(after).toMatchObject({ state: "Packing", step: "CommP" });
    expect(after.drafts).toEqual([{ size: 1024, content: { kind: "random", seed: 42 } }]);
  });

  it("leaves too much data to Packing, which refuses it", () => {
    const pledge = { size: paddedSize(4096), commP: "11".repeat(32), content: "file" } as const;
    const after = apply(
      { ...sectorAt("Incoming", "AddPiece"), pieces: [] },
      { kind: "SectorPieceAdded", pieces: [pledge] },
    );
    expect(after).toMatchObject({ state: "Packing", step: "AddPiece", drafts: [] });
  });

  it("forgets everything that hangs on the ticket when the ticket is too old", () => {
    const after = apply(sectorAt("Unsealed", "PC2"), EVENTS.SectorOldTicket);
    expect(after).toMatchObject({ state: "Unsealed", step: "Ticket", pieces: complete.pieces });
    expect(Object.keys(after)).not.toEqual(expect.arrayContaining(["ticket"]));
    for (const key of ["ticket", "phase1", "replica", "preCommit", "seed", "proof", "commit"])
      expect(after).not.toHaveProperty(key);
  });

  it("keeps ticket and precommit when it seals again, so that the precommit on chain stays good", () => {
    const after = apply(sectorAt("SealCommitFailed", "Diagnose"), EVENTS.SectorRetrySealPreCommit1);
    expect(after).toMatchObject({
      state: "Unsealed",
      step: "PC1",
      ticket: complete.ticket,
      preCommitLanded: complete.preCommitLanded,
    });
  });

  it("counts each entry into a failure state and keeps what is known", () => {
    const once = apply(sectorAt("Unsealed", "PC2"), EVENTS.SectorSealPreCommit2Failed);
    expect(once).toMatchObject({
      state: "SealFailed",
      step: "Diagnose",
      attempts: { SealFailed: 1 },
      ticket: complete.ticket,
    });
    const again = apply(
      { ...sectorAt("Unsealed", "PC1"), attempts: once.attempts },
      EVENTS.SectorSealPreCommit1Failed,
    );
    expect(again.attempts).toEqual({ SealFailed: 2 });
  });

  it("waits for deals that were published, and publishes again only when their message failed", () => {
    const drafts = [{ size: paddedSize(1024), content: { kind: "random", seed: 42 } }] as const;
    const failed: Sector = { ...sectorAt("SealFailed", "Diagnose"), drafts };
    expect(apply(failed, EVENTS.SectorRetryPieces)).toMatchObject({
      step: "AwaitDeals",
      publish: complete.publish,
    });
    const republished = apply(failed, EVENTS.SectorRetryPublishDeals);
    expect(republished.step).toBe("CommP");
    expect(republished).not.toHaveProperty("publish");
  });

  it("refuses to go back to what the sector never had", () => {
    const { ticket: _none, ...bare } = sectorAt("SealFailed", "Diagnose");
    expect(codeOf(() => apply(bare as Sector, EVENTS.SectorRetrySealPreCommit1))).toBe("EVENT_NOT_POSSIBLE");
  });
});

describe("a reorg", () => {
  const reverted = (state: State, step: Step | null, kind: "PreCommit" | "Seed" | "Commit"): Sector =>
    apply(sectorAt(state, step), EVENTS[`Sector${kind}Reverted`]);
  const seed = (value: string): SectorEvent => ({
    kind: "SectorSeedReady",
    seed: { epoch: complete.seed.epoch, value },
  });

  it("that takes the precommit away goes back to its message, and says so until it has landed again", () => {
    const after = reverted("Committing", "C2", "PreCommit");
    expect(after).toMatchObject({
      state: "PreCommitted",
      step: "AwaitPreCommit",
      replica: complete.replica,
      preCommit: complete.preCommit,
      reverted: { what: "preCommit", ...reorg },
    });
    expect(after).not.toHaveProperty("preCommitLanded");
    expect(revertNote(after)).toBe(
      "a reorg deeper than the confidence took the precommit of epoch 20 away (noticed at epoch 45)",
    );
    const again = apply(after, EVENTS.SectorPreCommitLanded);
    expect(again).not.toHaveProperty("reverted");
    expect(revertNote(again)).toBeNull();
  });

  it("sends a precommit whose CID nobody noted again, which finds the same message", () => {
    const { preCommit: _unknown, ...found } = sectorAt("PreCommitted", "AwaitSeed");
    expect(apply(found as Sector, EVENTS.SectorPreCommitReverted)).toMatchObject({
      state: "PreCommitting",
      step: "SendPreCommit",
    });
  });

  it("makes nothing again that still fits the seed, and sends no second commit", () => {
    const waiting = reverted("CommitWait", "AwaitCommit", "Seed");
    expect(waiting).toMatchObject({ state: "PreCommitted", step: "AwaitSeed" });
    expect(apply(waiting, seed(complete.seed.value))).toMatchObject({
      state: "CommitWait",
      step: "AwaitCommit",
      commit: complete.commit,
    });
    const { commit: _unsent, ...proved } = reverted("Committing", "SendCommit", "Seed");
    expect(apply(proved as Sector, seed(complete.seed.value))).toMatchObject({
      step: "SendCommit",
      proof: complete.proof,
    });
  });

  it("proves again for another seed", () => {
    const after = apply(reverted("CommitWait", "AwaitCommit", "Seed"), seed("ee".repeat(32)));
    expect(after).toMatchObject({ state: "Committing", step: "C1" });
    for (const key of ["vanilla", "proof", "commit"]) expect(after).not.toHaveProperty(key);
  });

  it("takes a sector out of Proving also when it is finalized", () => {
    const after = reverted("Proving", null, "Commit");
    expect(after).toMatchObject({ state: "CommitWait", step: "AwaitCommit", commit: complete.commit });
    expect(after).not.toHaveProperty("activation");
  });

  it("forgets the ids of deals that are gone: they may get others", () => {
    const after = apply(sectorAt("Incoming", "AddPiece"), EVENTS.SectorDealsReverted);
    expect(after).toMatchObject({ step: "AwaitDeals", publish: complete.publish });
    expect(after.drafts?.every(({ dealId }) => dealId === undefined)).toBe(true);
  });

  it("undoes the first thing that is gone, and with it all that followed", () => {
    const lost = new Map<Footing, Epoch>([
      ["commit", epoch(40)],
      ["preCommit", epoch(20)],
      ["seed", epoch(28)],
    ]);
    const about = { from: epoch(20), noticedAt: epoch(45) };
    expect(revertEvent(sectorAt("Proving", "Finalize"), lost, about)).toEqual({
      kind: "SectorPreCommitReverted",
      reorg: { epoch: 20, ...about },
    });
    lost.delete("preCommit");
    expect(revertEvent(sectorAt("Committing", "C2"), lost, about)?.kind).toBe("SectorSeedReverted");
    expect(revertEvent(sectorAt("PreCommitting", "SendPreCommit"), lost, about)).toBeNull();
  });
});

describe("SectorForceState", () => {
  const forced = (sector: Sector, state: State): Sector => apply(sector, { kind: "SectorForceState", state });
  const { activation: _none, ...notOnChain } = sectorAt("CommitFailed", "Diagnose");
  const stuck = { ...notOnChain, attempts: { CommitFailed: 6 } } as Sector;

  it.each(STATE_NAMES.filter((state) => state !== "Proving" && state !== "Incoming"))(
    "puts a sector into %s and clears its retry counters",
    (state) => {
      const after = forced(stuck, state);
      expect(after.state).toBe(state);
      expect(after.attempts).toEqual({});
      expect(POSITIONS).toContainEqual({ state: after.state, step: after.step });
    },
  );

  it("goes on with the pledge in Incoming and with fillers in Packing, never the other way round", () => {
    expect(forced({ ...stuck, pieces: [] }, "Incoming")).toMatchObject({
      state: "Incoming",
      step: "AddPiece",
    });
    expect(codeOf(() => forced(stuck, "Incoming"))).toBe("FORCE_NOT_POSSIBLE");
  });

  it("keeps a deal on its way when it goes back to its pieces", () => {
    const drafts = [{ size: paddedSize(1024), content: { kind: "random", seed: 42 } }] as const;
    expect(forced({ ...stuck, drafts }, "Packing")).toMatchObject({
      step: "AwaitDeals",
      publish: complete.publish,
    });
  });

  it("forgets what hung on an old ticket", () => {
    const after = forced(stuck, "Unsealed");
    for (const key of ["ticket", "replica", "preCommitLanded", "seed", "proof"])
      expect(after).not.toHaveProperty(key);
  });

  it("refuses to seal or prove a sector again that is on chain", () => {
    const proving = sectorAt("Proving", "Finalize");
    for (const state of ["Unsealed", "PreCommitting", "Committing", "SealFailed"] as const) {
      expect(codeOf(() => forced(proving, state))).toBe("FORCE_NOT_POSSIBLE");
    }
    expect(forced(proving, "CommitWait")).toMatchObject({ state: "CommitWait", step: "AwaitCommit" });
  });

  it("refuses a state whose work needs what the sector does not have", () => {
    const { proof: _p, commit: _c, seed: _s, ...bare } = stuck;
    expect(codeOf(() => forced(bare as Sector, "Committing"))).toBe("EVENT_NOT_POSSIBLE");
  });
});

describe("tickets", () => {
  it("that are always too old stop the sector with the reason", () => {
    let sector: Sector = { ...sectorAt("Unsealed", "PC1"), attempts: {} };
    for (let i = 0; i < 3; i += 1) {
      expect(apply(sector, EVENTS.SectorOldTicket)).toMatchObject({ state: "Unsealed", step: "Ticket" });
      sector = { ...sector, attempts: apply(sector, EVENTS.SectorOldTicket).attempts };
    }
    expect(apply(sector, EVENTS.SectorOldTicket)).toMatchObject({
      state: "SealFailed",
      attempts: { SealFailed: 4 },
      failure: { code: "TICKET_OUTLIVED" },
    });
  });
});

describe("deals", () => {
  it("that expired are named, and their data stays in the sector", () => {
    const after = apply(sectorAt("Committing", "SendCommit"), EVENTS.SectorDealsExpired);
    expect(after).toMatchObject({ state: "Committing", step: "SendCommit", expiredDeals: [4] });
    expect(after.pieces).toEqual([{ size: 1024, commP: complete.pieces[0].commP, content: "random" }]);
  });
});

describe("deals that a reorg renumbered", () => {
  it("have their new ids, and everything else stays", () => {
    const after = apply(sectorAt("Committing", "SendCommit"), EVENTS.SectorDealsRenumbered);
    expect(after).toMatchObject({ step: "SendCommit", proof: complete.proof });
    expect(after.pieces).toEqual([{ ...complete.pieces[0], dealId: 11 }]);
  });
});

describe("a message under another CID", () => {
  it("is the one that the sector waits for, wherever it knows it from", () => {
    const event = (from: string) => ({ kind: "SectorMessageRenewed", from, to: "bafy2bzacenew" }) as const;
    const waiting = sectorAt("PreCommitted", "AwaitPreCommit");
    expect(apply(waiting, event(complete.preCommit))).toEqual({
      ...waiting,
      preCommit: "bafy2bzacenew",
      version: waiting.version + 1,
    });
    const publish = { message: "bafy2bzaceold", index: 0, epoch: epoch(5) };
    const before = { ...sectorAt("Committing", "SendCommit"), pieces: [{ ...complete.pieces[0], publish }] };
    expect(apply(before, event("bafy2bzaceold")).pieces).toEqual([
      { ...complete.pieces[0], publish: { ...publish, message: "bafy2bzacenew" } },
    ]);
  });
});

describe("an unsealed file that was lost", () => {
  it("is made again from its pieces, which keep their CommP and deals", () => {
    const after = apply(sectorAt("SealFailed", "Diagnose"), EVENTS.SectorRetryFromPieces);
    expect(after).toMatchObject({ state: "Packing", step: "AddPiece", pieces: [] });
    expect(after.drafts).toEqual([
      { size: 1024, commP: complete.pieces[0].commP, dealId: 4, content: { kind: "random", seed: 42 } },
    ]);
  });
});
