import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { PadmaError } from "../../../src/errors.ts";
import { createVerifier } from "../../../src/proofs/verifier.ts";
import { actorId, paddedSize, sectorNumber } from "../../../src/units.ts";

const zeros = "00".repeat(32);
const INPUT = {
  sectorSize: paddedSize(2048),
  miner: actorId(1000),
  number: sectorNumber(1),
  ticket: zeros,
  seed: zeros,
  commD: "11".repeat(32),
  commR: "11".repeat(32),
  proof: new Uint8Array(192),
};

it("says what to do when the native module is missing", async () => {
  const verifier = createVerifier(() => {
    throw new PadmaError({ code: "NATIVE_MISSING", message: "missing" });
  });
  await expect(verifier.verifySeals(new Uint8Array(), [INPUT])).rejects.toMatchObject({
    code: "NATIVE_MISSING",
  });
});

describe("a proof of the real network", async () => {
  const fixtures = new URL("../../fixtures/lotus-2kib/", import.meta.url);
  const text = await readFile(new URL("sector-2.json", fixtures), "utf8");
  const sector = JSON.parse(text) as typeof INPUT & {
    proof: string;
    sectorNumber: number;
    verifyingKeyFile: string;
  };
  const input = {
    ...INPUT,
    ...sector,
    number: sectorNumber(sector.sectorNumber),
    proof: Uint8Array.from(Buffer.from(sector.proof, "hex")),
  };
  const key = new Uint8Array(await readFile(new URL(sector.verifyingKeyFile, fixtures)));
  const verifier = createVerifier();

  it("is accepted", async () => {
    expect(await verifier.verifySeals(key, [input])).toEqual([true]);
  });

  for (const [what, change] of [
    ["of another sector number", { number: sectorNumber(3) }],
    ["of another miner", { miner: actorId(1001) }],
    ["under another ticket", { ticket: zeros }],
    ["under another seed", { seed: zeros }],
    ["of another CommR", { commR: input.commD }],
    ["of another CommD", { commD: input.commR }],
    ["of a CommR above the field", { commR: "ff".repeat(32) }],
    ["of a CommR of zeros", { commR: zeros }],
    ["that is empty", { proof: new Uint8Array() }],
    ["that is short", { proof: input.proof.slice(1) }],
    ["that is off the curve", { proof: input.proof.map((byte, i) => (i === 5 ? byte ^ 1 : byte)) }],
  ] as const) {
    it(`${what} is refused, not an error`, async () => {
      expect(await verifier.verifySeals(key, [{ ...input, ...change }])).toEqual([false]);
    });
  }

  it("is told apart from wrong ones that are checked with it", async () => {
    const wrong = { ...input, seed: zeros };
    const malformed = { ...input, commR: "11" };
    const verdicts = await verifier.verifySeals(key, [wrong, input, malformed, input, wrong]);
    expect(verdicts).toEqual([false, true, false, true, false]);
  });
});

it("rejects a key that is none, whatever the proof is", async () => {
  const verdicts = createVerifier().verifySeals(new Uint8Array(100), [INPUT]);
  await expect(verdicts).rejects.toMatchObject({ code: "PROOF_PARAMS_DAMAGED" });
});

it("takes a commitment of another length for a wrong proof, not for an error", async () => {
  const key = new Uint8Array(100);
  const short = { ...INPUT, commR: "11" };
  const noHex = { ...INPUT, commD: "zz".repeat(32) };
  expect(await createVerifier().verifySeals(key, [short, noHex])).toEqual([false, false]);
});

it("knows the data commitment of committed capacity", async () => {
  // SHA-256 tree of zeros at 2 KiB, as in the network's table of zero commitments.
  const zeroCommD = "fc7e928296e516faade986b28f92d44a4f24b935485223376a799027bc18f833";
  expect(await createVerifier().commD(paddedSize(2048), [])).toBe(zeroCommD);
});
