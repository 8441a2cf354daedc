import { blake2b } from "@noble/hashes/blake2.js";
import { base64 } from "multiformats/bases/base64";
import { describe, expect, it } from "vitest";
import { int64 } from "../../../src/chain/devnet/block.ts";
import { drawRandomness } from "../../../src/chain/devnet/randomness.ts";
import { epoch } from "../../../src/units.ts";
import { idAddress } from "../../../src/wire/address.ts";
import { encodeCbor } from "../../../src/wire/cbor.ts";
import { testDevnet } from "./harness.ts";

describe("drawing randomness", () => {
  it("is what a lotus node draws", () => {
    // Filecoin.StateGetRandomnessFromBeacon [6, 75, "QwDoBw=="] of a 2 KiB network, whose mock beacon is a hash of
    // the round, 100 ahead of the epoch.
    const beacon = blake2b(int64(175), { dkLen: 32 });
    const entropy = encodeCbor(idAddress(1000).toBytes());
    const drawn = drawRandomness(6, beacon, epoch(75), entropy);
    expect(base64.baseEncode(drawn)).toBe("u9Fi4CDkPLz8yBp57MQ8/CwrRSrKnGRfNw5HvNUoc7g");
  });
});

describe("the chain's randomness", () => {
  it("is never drawn above the head", async () => {
    const { chain, clock } = await testDevnet();
    await chain.advance(5);
    clock.pass(60_000);
    for (const draw of [chain.ticket(epoch(6)), chain.seed(epoch(6))]) {
      await expect(draw).rejects.toMatchObject({
        code: "CHAIN_FUTURE_RANDOMNESS",
        facts: { epoch: 6, head: 5 },
      });
    }
    expect((await chain.ticket(epoch(5))).epoch).toBe(5);
  });

  it("differs by epoch, also within null rounds and before genesis, and between ticket and seed", async () => {
    const { chain } = await testDevnet();
    await chain.advance(20);
    const epochs = [-900, -1, 0, 1, 2, 19, 20].map(epoch);
    const drawn = await Promise.all(epochs.flatMap((at) => [chain.ticket(at), chain.seed(at)]));
    expect(drawn.every(({ value }) => /^[0-9a-f]{64}$/.test(value))).toBe(true);
    expect(new Set(drawn.map(({ value }) => value)).size).toBe(drawn.length);
  });

  it("of an epoch never changes as the chain grows", async () => {
    const { chain } = await testDevnet();
    await chain.advance(20);
    const epochs = [-5, 0, 7, 20].map(epoch);
    const draw = async () => Promise.all(epochs.flatMap((at) => [chain.ticket(at), chain.seed(at)]));
    const before = await draw();
    for (let i = 0; i < 10; i += 1) await chain.advance(3);
    expect(await draw()).toEqual(before);
  });

  it("is another on another devnet", async () => {
    const [one, two] = await Promise.all([testDevnet(), testDevnet()]);
    expect(await one.chain.ticket(epoch(0))).not.toEqual(await two.chain.ticket(epoch(0)));
    expect(await one.chain.seed(epoch(0))).not.toEqual(await two.chain.seed(epoch(0)));
  });
});
