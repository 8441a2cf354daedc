/** What Diagnose decides, from what chain and disk say. The chain and the disk are given as they would answer. */
import { hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import type { Landed, OnChainPreCommit } from "../../../src/chain/chain.ts";
import { PadmaError } from "../../../src/errors.ts";
import type { At, Failure, FailureState, Known } from "../../../src/sealing/sector.ts";
import { diagnose, type DiagnoseDeps } from "../../../src/steps/diagnose.ts";
import { attoFil, epoch } from "../../../src/units.ts";
import { sealedCid } from "../../../src/wire/cid.ts";
import { complete, sectorAt } from "../../helpers/sectors.ts";

const ours = sealedCid(hexToBytes(complete.replica.commR)).toString();
const preCommit: OnChainPreCommit = {
  number: complete.number,
  sealProof: 5,
  sealedCid: ours,
  unsealedCid: null,
  sealRandEpoch: complete.ticket.epoch,
  expiration: epoch(1_555_220),
  deposit: attoFil(1n),
  epoch: epoch(20),
};

interface World {
  readonly head?: number;
  readonly preCommit?: OnChainPreCommit | null;
  readonly allocated?: boolean;
  readonly onChain?: boolean;
  readonly landed?: readonly string[];
  readonly seed?: string;
  readonly ticket?: string;
  readonly files?: { unsealed?: boolean; sealed?: boolean; cache?: boolean };
  readonly attemptGone?: boolean;
  readonly content?: "random" | "file";
}

function world(w: World): DiagnoseDeps {
  return {
    chain: {
      network: {
        finality: 900,
        maxPreCommitRandomnessLookback: 3780,
        preCommitChallengeDelay: 8,
        maxProveCommitDuration: 86_408,
      } as DiagnoseDeps["chain"]["network"],
      head: async () => ({ epoch: epoch(w.head ?? 50), key: [], timestampMs: 0 as never }),
      lookup: async (cids) =>
        new Map(cids.filter((cid) => w.landed?.includes(cid)).map((cid) => [cid, {} as Landed])),
      preCommit: async () => w.preCommit ?? null,
      isAllocated: async () => w.allocated ?? false,
      sector: async () =>
        w.onChain === true
          ? ({ sealedCid: ours, activation: epoch(40) } as Awaited<
              ReturnType<DiagnoseDeps["chain"]["sector"]>
            >)
          : null,
      ticket: async (at) => ({ epoch: at, value: w.ticket ?? complete.ticket.value }),
      seed: async (at) => ({ epoch: at, value: w.seed ?? complete.seed.value }),
    },
    storage: {
      inspect: async () => ({ unsealed: true, sealed: true, cache: true, ...w.files }),
      attempt: async () => {
        if (w.attemptGone === true) throw new PadmaError({ code: "STORAGE_FILE_MISSING", message: "gone" });
        return { id: "pc1-a", dir: "", cache: "", sealed: "", output: "" };
      },
    },
  };
}

async function verdict(
  state: FailureState,
  failure: Partial<Failure>,
  w: World,
  without: readonly (keyof Known)[] = [],
): Promise<unknown> {
  const pieces = complete.pieces.map((piece) => ({ ...piece, content: w.content ?? "random" }));
  const whole = { ...sectorAt(state, "Diagnose"), pieces, failure: { ...complete.failure, ...failure } };
  const sector = Object.fromEntries(Object.entries(whole).filter(([key]) => !without.some((k) => k === key)));
  const outcome = await diagnose(sector as unknown as At<"Diagnose">, world(w));
  return "event" in outcome ? outcome.event : outcome;
}

/** Nothing of the seal is on chain yet. */
const before: readonly (keyof Known)[] = [
  "preCommit",
  "preCommitLanded",
  "seed",
  "vanilla",
  "proof",
  "commit",
  "activation",
];

describe("SealFailed", () => {
  it("adds the pieces again after a failed AddPiece", async () => {
    expect(await verdict("SealFailed", { step: "AddPiece" }, {}, before)).toEqual({
      kind: "SectorRetryPieces",
    });
  });

  it("publishes again when the publish message failed on chain", async () => {
    expect(await verdict("SealFailed", { step: "AwaitDeals" }, {}, before)).toEqual({
      kind: "SectorRetryPublishDeals",
    });
  });

  it("runs PC2 again on the layers when only its child was lost", async () => {
    const crashed = { step: "PC2", code: "PROOF_CHILD_CRASHED" } as const;
    expect(await verdict("SealFailed", crashed, {}, before)).toEqual({ kind: "SectorRetrySealPreCommit2" });
    expect(await verdict("SealFailed", crashed, { attemptGone: true }, before)).toEqual({
      kind: "SectorRetrySealPreCommit1",
    });
  });

  it("makes the layers again when the replica was wrong", async () => {
    expect(await verdict("SealFailed", { step: "PC2", code: "PROOF_VANILLA_INVALID" }, {}, before)).toEqual({
      kind: "SectorRetrySealPreCommit1",
    });
  });

  it("draws a new ticket when the old one could not land any more", async () => {
    expect(await verdict("SealFailed", { step: "PC1" }, { head: 2900 }, before)).toEqual({
      kind: "SectorRetryTicket",
    });
  });

  it("makes zeros and the pledge's stream again when the unsealed data is gone or not what was added", async () => {
    const again = { kind: "SectorRetryFromPieces" };
    expect(await verdict("SealFailed", { step: "PC1" }, { files: { unsealed: false } }, before)).toEqual(
      again,
    );
    const mismatch = { step: "PC1", code: "PROOF_PIECES_MISMATCH" } as const;
    expect(await verdict("SealFailed", mismatch, {}, before)).toEqual(again);
  });

  it.each(["CHAIN_SECTOR_EXISTS", "CHAIN_NUMBER_TAKEN"])(
    "never seals a sector that the chain has or will not take: %s",
    async (code) => {
      const failure = { step: "Ticket", code } as const;
      expect(await verdict("SealFailed", failure, {}, before)).toMatchObject({ failure: { code } });
    },
  );

  it("keeps an old ticket when its precommit is on chain", async () => {
    expect(await verdict("SealFailed", { step: "PC1" }, { head: 2900, preCommit })).toEqual({
      kind: "SectorRetrySealPreCommit1",
    });
  });

  it("gives up, and says so, when unsealed data that came from a file is gone", async () => {
    expect(
      await verdict("SealFailed", { step: "PC1" }, { files: { unsealed: false }, content: "file" }, before),
    ).toMatchObject({
      kind: "SectorFatalError",
      failure: { code: "STORAGE_UNSEALED_GONE" },
    });
  });
});

describe("PreCommitFailed", () => {
  it("goes on to the seed when the precommit is on chain after all", async () => {
    expect(await verdict("PreCommitFailed", {}, { preCommit })).toEqual({
      kind: "SectorRetryWaitSeed",
      epoch: 20,
      tipset: [],
    });
  });

  it("gives up when the chain holds another replica under this number", async () => {
    const other = { ...preCommit, sealedCid: sealedCid(new Uint8Array(32).fill(7)).toString() };
    expect(await verdict("PreCommitFailed", {}, { preCommit: other })).toMatchObject({
      failure: { code: "CHAIN_PRECOMMIT_DIFFERS" },
    });
  });

  it("names an expired precommit: number and deposit are burnt", async () => {
    expect(await verdict("PreCommitFailed", {}, { allocated: true })).toMatchObject({
      kind: "SectorFatalError",
      failure: { code: "CHAIN_PRECOMMIT_EXPIRED", next: "pledge another sector" },
    });
  });

  it("waits for a message that is still in the pool", async () => {
    expect(await verdict("PreCommitFailed", {}, {}, ["preCommitLanded"])).toEqual({
      kind: "SectorRetryPreCommitWait",
    });
  });

  it("sends again after a failed receipt, or seals with a new ticket when it is too old", async () => {
    const landed = [complete.preCommit];
    expect(await verdict("PreCommitFailed", {}, { landed }, ["preCommitLanded"])).toEqual({
      kind: "SectorRetryPreCommit",
    });
    expect(await verdict("PreCommitFailed", {}, { landed, head: 2900 }, ["preCommitLanded"])).toEqual({
      kind: "SectorRetryTicket",
    });
  });
});

describe("SealCommitFailed", () => {
  it("proves again when the files are whole", async () => {
    expect(await verdict("SealCommitFailed", { step: "C2", code: "PROOF_CHILD_CRASHED" }, {})).toEqual({
      kind: "SectorRetryComputeProof",
    });
  });

  it("seals again with the same ticket when a file is bad or gone", async () => {
    const again = { kind: "SectorRetrySealPreCommit1" };
    expect(await verdict("SealCommitFailed", { step: "C1", code: "PROOF_VANILLA_INVALID" }, {})).toEqual(
      again,
    );
    expect(await verdict("SealCommitFailed", { step: "C1" }, { files: { cache: false } })).toEqual(again);
  });
});

describe("SealCommitFailed without a precommit", () => {
  it("names an expired precommit before any more work is done", async () => {
    const gone = { step: "C2", code: "CHAIN_PRECOMMIT_GONE" } as const;
    expect(await verdict("SealCommitFailed", gone, { allocated: true })).toMatchObject({
      failure: { code: "CHAIN_PRECOMMIT_EXPIRED" },
    });
  });
});

describe("a proof that comes too late", () => {
  it("is not made: a precommit that is older than a proof may take counts as expired", async () => {
    const late = { head: 20 + 86_409, preCommit, allocated: true };
    const expired = { failure: { code: "CHAIN_PRECOMMIT_EXPIRED" } };
    expect(await verdict("SealCommitFailed", { step: "C2" }, late)).toMatchObject(expired);
    expect(await verdict("CommitFailed", { exitCode: 16 }, late)).toMatchObject(expired);
  });
});

describe("after a reorg", () => {
  const ticket = "ee".repeat(32);

  it("draws a new ticket when the chain has another one at its epoch, unless the precommit is on chain", async () => {
    expect(await verdict("SealFailed", { step: "PC1" }, { ticket })).toEqual({ kind: "SectorRetryTicket" });
    expect(await verdict("SealFailed", { step: "PC1" }, { ticket, preCommit })).toEqual({
      kind: "SectorRetrySealPreCommit1",
    });
  });

  it("gives a sector up whose precommit landed again over another ticket", async () => {
    const failure = { step: "AwaitSeed", code: "CHAIN_TICKET_REVERTED" } as const;
    expect(await verdict("PreCommitFailed", failure, { ticket, preCommit })).toMatchObject({
      kind: "SectorFatalError",
      failure: { code: "CHAIN_TICKET_REVERTED" },
    });
  });

  it("waits for the seed again when the precommit has landed at another epoch", async () => {
    const later = { ...preCommit, epoch: epoch(25) };
    expect(await verdict("SealCommitFailed", { step: "C2" }, { preCommit: later })).toMatchObject({
      kind: "SectorRetryWaitSeed",
      epoch: 25,
    });
  });
});

describe("CommitFailed", () => {
  it("is proving when the chain has this very replica", async () => {
    expect(await verdict("CommitFailed", {}, { onChain: true, allocated: true })).toEqual({
      kind: "SectorProving",
      activation: 40,
      tipset: [],
    });
  });

  it("waits for a commit that is still in the pool", async () => {
    expect(await verdict("CommitFailed", {}, { preCommit })).toEqual({ kind: "SectorRetryCommitWait" });
  });

  it("sends the same proof again when only money or gas was missing", async () => {
    const landed = [complete.commit];
    expect(await verdict("CommitFailed", { exitCode: 19 }, { preCommit, landed })).toEqual({
      kind: "SectorRetrySubmitCommit",
    });
  });

  it("proves again when the chain refused the proof", async () => {
    const landed = [complete.commit];
    expect(await verdict("CommitFailed", { exitCode: 16 }, { preCommit, landed })).toEqual({
      kind: "SectorRetryComputeProof",
    });
  });

  it("draws the seed again when the chain has another one now", async () => {
    const world = { preCommit, landed: [complete.commit], seed: "ff".repeat(32) };
    expect(await verdict("CommitFailed", {}, world)).toMatchObject({
      kind: "SectorRetryWaitSeed",
      epoch: 20,
    });
  });

  it("names an expired precommit", async () => {
    expect(await verdict("CommitFailed", {}, { allocated: true })).toMatchObject({
      failure: { code: "CHAIN_PRECOMMIT_EXPIRED" },
    });
  });
});
