import { expect, it } from "vitest";
import type { Chain, OnChainPreCommit, OnChainSector } from "../../../src/chain/chain.ts";
import type { At } from "../../../src/sealing/sector.ts";
import { ticket } from "../../../src/steps/ticket.ts";
import { epoch } from "../../../src/units.ts";
import { sectorAt } from "../../helpers/sectors.ts";

interface World {
  readonly sector?: boolean;
  readonly preCommit?: Partial<OnChainPreCommit>;
  readonly allocated?: boolean;
  /** Epochs that have a tipset. */
  readonly tipsets?: readonly number[];
  readonly head?: number;
}

function drawn(world: World = {}): ReturnType<typeof ticket> {
  const { sector = false, preCommit, allocated = false, head = 1000, tipsets = [0, 100] } = world;
  const tipset = (at: number) => ({ epoch: epoch(at), key: [], timestampMs: 0 as never });
  const chain: Pick<Chain, "head" | "ticket" | "tipsetAt" | "sector" | "preCommit" | "isAllocated"> = {
    head: async () => tipset(head),
    tipsetAt: async (at) => tipset(tipsets.findLast((one) => one <= at) ?? 0),
    ticket: async (at) => ({ epoch: at, value: "00".repeat(32) }),
    sector: async () => (sector ? ({} as OnChainSector) : null),
    preCommit: async () => (preCommit === undefined ? null : (preCommit as OnChainPreCommit)),
    isAllocated: async () => allocated,
  };
  const network = { finality: 900, maxPreCommitRandomnessLookback: 3780 } as Chain["network"];
  return ticket(sectorAt("Unsealed", "Ticket") as At<"Ticket">, { chain: { ...chain, network } });
}

it("is drawn a finality below the head", async () => {
  expect(await drawn()).toMatchObject({ event: { kind: "SectorTicket", ticket: { epoch: 100 } } });
});

it("is drawn at an epoch that has a tipset: a null round has the ticket of one that may not be final", async () => {
  expect(await drawn({ head: 2000, tipsets: [0, 1050, 1999] })).toMatchObject({
    event: { ticket: { epoch: 1050 } },
  });
});

it("is drawn in a null round where the tipset below is so old that the ticket would not last", async () => {
  expect(await drawn({ head: 9000, tipsets: [0, 8999] })).toMatchObject({
    event: { ticket: { epoch: 8100 } },
  });
});

it("is negative on a young chain, as the network takes it", async () => {
  expect(await drawn({ head: 30, tipsets: [0] })).toMatchObject({ event: { ticket: { epoch: -870 } } });
});

it("is that of a precommit that is there", async () => {
  const world = { preCommit: { sealRandEpoch: epoch(42) }, allocated: true };
  expect(await drawn(world)).toMatchObject({ event: { ticket: { epoch: 42 } } });
});

it("is not drawn for a number that the chain will not take again", async () => {
  await expect(drawn({ allocated: true })).rejects.toMatchObject({ code: "CHAIN_NUMBER_TAKEN" });
  await expect(drawn({ allocated: true, sector: true })).rejects.toMatchObject({
    code: "CHAIN_SECTOR_EXISTS",
  });
});
