/** Waiting for a precommit and a commit, from what chain and outbox say. */
import { hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import type { Landed, OnChainPreCommit, OnChainSector, OutgoingMessage } from "../../../src/chain/chain.ts";
import type { At } from "../../../src/sealing/sector.ts";
import { awaitCommit } from "../../../src/steps/awaitCommit.ts";
import { awaitPreCommit } from "../../../src/steps/awaitPreCommit.ts";
import { attoFil, epoch } from "../../../src/units.ts";
import { sealedCid } from "../../../src/wire/cid.ts";
import { complete, sectorAt } from "../../helpers/sectors.ts";

const ours = sealedCid(hexToBytes(complete.replica.commR)).toString();
const message: OutgoingMessage = {
  uuid: "7b1f",
  to: "t01000",
  method: 28,
  params: new Uint8Array(0),
  value: attoFil(0n),
};
const landed = {
  epoch: epoch(20),
  tipset: ["bafy2bzacelanded"],
  exitCode: 0,
  returned: new Uint8Array(0),
  gasUsed: 1,
  error: null,
};
const preCommit = sectorAt("PreCommitted", "AwaitPreCommit") as At<"AwaitPreCommit">;
const commit = sectorAt("CommitWait", "AwaitCommit") as At<"AwaitCommit">;

interface World {
  readonly landed?: readonly string[];
  readonly recordAt?: number;
  readonly recordOf?: string;
  /** CID that a push gives. */
  readonly pushed?: string;
}

function world({ landed: there = [], recordAt, recordOf = ours, pushed = "none" }: World) {
  const sent: string[][] = [];
  const record = recordAt === undefined ? null : { sealedCid: recordOf, epoch: epoch(recordAt) };
  const deps = {
    chain: {
      network: { maxProveCommitDuration: 86_408 } as never,
      head: async () => ({ epoch: epoch(50), key: [], timestampMs: 0 as never }),
      lookup: async (cids: readonly string[]) =>
        new Map<string, Landed>(
          cids.filter((cid) => there.includes(cid)).map((cid) => [cid, { ...landed, cid }]),
        ),
      push: async () => ({ cid: pushed }),
      preCommit: async () => record as OnChainPreCommit | null,
      sector: async () =>
        (record === null ? null : { ...record, activation: record.epoch }) as OnChainSector | null,
    },
    outbox: {
      close: async () => {},
      find: async () => message,
      sent: async (uuid: string, cid: string) => void sent.push([uuid, cid]),
    },
    settings: { messageConfidence: 5 },
  };
  return { deps, sent };
}

describe("a message that has not landed", () => {
  it("is waited for under the CID that another node has given it", async () => {
    const { deps, sent } = world({ pushed: "bafy2bzaceanew" });
    const to = "bafy2bzaceanew";
    expect(await awaitPreCommit(preCommit, deps, { attempt: 2 })).toEqual({
      event: { kind: "SectorMessageRenewed", from: complete.preCommit, to },
    });
    expect(await awaitCommit(commit, deps, { attempt: 2 })).toEqual({
      event: { kind: "SectorMessageRenewed", from: complete.commit, to },
    });
    expect(sent).toEqual([
      [message.uuid, to],
      [message.uuid, to],
    ]);
  });

  it("is waited for as it is while its CID stays", async () => {
    const { deps, sent } = world({ pushed: complete.preCommit });
    expect(await awaitPreCommit(preCommit, deps, { attempt: 2 })).toMatchObject({
      wait: { condition: { for: "message", cid: complete.preCommit } },
    });
    expect(sent).toEqual([]);
  });

  it("counts by the chain's record of the replica, once that has its confidence", async () => {
    const { deps } = world({ recordAt: 30 });
    expect(await awaitPreCommit(preCommit, deps, { attempt: 1 })).toEqual({
      event: { kind: "SectorPreCommitLanded", epoch: 30, tipset: [] },
    });
    expect(await awaitCommit(commit, deps, { attempt: 1 })).toEqual({
      event: { kind: "SectorProving", activation: 30, tipset: [] },
    });
    const young = world({ recordAt: 48 });
    const wait = { wait: { condition: { for: "epoch", epoch: 53 } } };
    expect(await awaitPreCommit(preCommit, young.deps, { attempt: 1 })).toMatchObject(wait);
    expect(await awaitCommit(commit, young.deps, { attempt: 1 })).toMatchObject(wait);
  });

  it("does not count by the record of another replica", async () => {
    const { deps } = world({ recordAt: 30, recordOf: "bagboea4another" });
    const wait = { wait: { condition: { for: "message" } } };
    expect(await awaitPreCommit(preCommit, deps, { attempt: 1 })).toMatchObject(wait);
    expect(await awaitCommit(commit, deps, { attempt: 1 })).toMatchObject(wait);
  });
});

it("a precommit stands on its message's tipset only where the record is of that epoch", async () => {
  const at = async (recordAt: number) => {
    const { deps } = world({ landed: [complete.preCommit], recordAt });
    return awaitPreCommit(preCommit, deps, { attempt: 1 });
  };
  expect(await at(20)).toMatchObject({ event: { epoch: 20, tipset: landed.tipset } });
  expect(await at(18)).toMatchObject({ event: { epoch: 18, tipset: [] } });
});
