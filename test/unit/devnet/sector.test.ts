import { describe, expect, it } from "vitest";
import { sectorNumber } from "../../../src/units.ts";
import { testDevnet } from "./harness.ts";
import { land, preCommitted, proveMessage, ZERO_COMM_D_2KIB } from "./messages.ts";

describe("a sector's way onto the chain", () => {
  it("gains power once its proof has landed", async () => {
    const { chain, verifier } = await testDevnet();
    const number = sectorNumber(0);
    const preCommit = await preCommitted(chain);
    expect(await chain.preCommit(number)).toMatchObject({
      number,
      epoch: preCommit.epoch,
      unsealedCid: null,
    });
    expect(await chain.sector(number)).toBeNull();
    const commit = await land(chain, proveMessage([{ number: 0 }]));
    expect(commit).toMatchObject({ exitCode: 0, error: null });
    expect(await chain.sector(number)).toMatchObject({ number, sealProof: 5, activation: commit.epoch });
    expect(await chain.preCommit(number)).toBeNull();
    expect(await chain.power()).toMatchObject({
      minerRaw: 2048n,
      totalQualityAdjusted: 2048n,
      hasMinPower: true,
    });
    expect(verifier.asked).toHaveLength(1);
    expect(verifier.asked[0]).toMatchObject({ commD: ZERO_COMM_D_2KIB, miner: 1000, number: 0 });
  });
});
