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
  const input = { ...INPUT, verifyingKey: new Uint8Array() };
  await expect(verifier.verifySeal(input)).rejects.toMatchObject({ code: "NATIVE_MISSING" });
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
    verifyingKey: new Uint8Array(await readFile(new URL(sector.verifyingKeyFile, fixtures))),
  };
  const verifier = createVerifier();

  it("is accepted", async () => {
    expect(await verifier.verifySeal(input)).toBe(true);
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
      expect(await verifier.verifySeal({ ...input, ...change })).toBe(false);
    });
  }
});

it("rejects a key that is none, whatever the proof is", async () => {
  const input = { ...INPUT, verifyingKey: new Uint8Array(100) };
  await expect(createVerifier().verifySeal(input)).rejects.toMatchObject({ code: "PROOF_PARAMS_DAMAGED" });
});

it("takes a commitment of another length for a wrong proof, not for an error", async () => {
  const input = { ...INPUT, verifyingKey: new Uint8Array(100) };
  expect(await createVerifier().verifySeal({ ...input, commR: "11" })).toBe(false);
  expect(await createVerifier().verifySeal({ ...input, commD: "zz".repeat(32) })).toBe(false);
});

it("knows the data commitment of committed capacity", async () => {
  // SHA-256 tree of zeros at 2 KiB, as in the network's table of zero commitments.
  const zeroCommD = "fc7e928296e516faade986b28f92d44a4f24b935485223376a799027bc18f833";
  expect(await createVerifier().commD(paddedSize(2048), [])).toBe(zeroCommD);
});
