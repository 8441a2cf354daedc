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
}

function drawn({ sector = false, preCommit, allocated = false }: World = {}): ReturnType<typeof ticket> {
  const chain: Pick<Chain, "head" | "ticket" | "sector" | "preCommit" | "isAllocated"> = {
    head: async () => ({ epoch: epoch(1000), key: [], timestampMs: 0 as never }),
    ticket: async (at) => ({ epoch: at, value: "00".repeat(32) }),
    sector: async () => (sector ? ({} as OnChainSector) : null),
    preCommit: async () => (preCommit === undefined ? null : (preCommit as OnChainPreCommit)),
    isAllocated: async () => allocated,
  };
  const network = { finality: 900 } as Chain["network"];
  return ticket(sectorAt("Unsealed", "Ticket") as At<"Ticket">, { chain: { ...chain, network } });
}

it("is drawn a finality below the head", async () => {
  expect(await drawn()).toMatchObject({ event: { kind: "SectorTicket", ticket: { epoch: 100 } } });
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
