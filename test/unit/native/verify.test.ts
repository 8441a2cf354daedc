/** Real proofs, checked through the binding: the one of lotus and those of the devnet fixtures. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadNative } from "../../../src/proofs/native.ts";

const native = loadNative();
const fixtures = new URL("../../fixtures/", import.meta.url);
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

interface Recorded {
  readonly verifyingKeyFile: string;
  readonly sectorSize: number;
  readonly minerId: number;
  readonly proverId: string;
  readonly sectorNumber: number;
  readonly ticket: string;
  readonly seed: string;
  readonly pieces: readonly { readonly commP: string; readonly paddedSize: number }[];
  readonly commD: string;
  readonly commR: string;
  readonly proof: string;
}

function read(folder: string, file: string) {
  const text = readFileSync(new URL(`${folder}/${file}`, fixtures), "utf8");
  const recorded = JSON.parse(text) as Recorded;
  const { sectorSize, sectorNumber } = recorded;
  const options = {
    verifyingKey: readFileSync(new URL(`${folder}/${recorded.verifyingKeyFile}`, fixtures)),
    sectorSize,
    proverId: native.proverId(recorded.minerId),
    sectorNumber,
    ticket: hex(recorded.ticket),
    seed: hex(recorded.seed),
    commR: hex(recorded.commR),
    commD: hex(recorded.commD),
    proof: hex(recorded.proof),
  };
  return { recorded, options };
}

const proofs = ["lotus-2kib", "devnet-2kib"].flatMap((folder) =>
  readdirSync(new URL(folder, fixtures))
    .filter((file) => file.endsWith(".json"))
    .map((file) => ({ folder, file, ...read(folder, file) })),
);

describe.each(proofs)("$folder/$file", ({ recorded, options }) => {
  it("verifies", async () => {
    expect(await native.verifySeal(options)).toBe(true);
  });

  it("has the prover id and CommD of its miner and pieces", () => {
    expect(Buffer.from(options.proverId).toString("hex")).toBe(recorded.proverId);
    const pieces = recorded.pieces.map(({ commP, paddedSize }) => ({ commP: hex(commP), paddedSize }));
    expect(native.commD({ sectorSize: recorded.sectorSize, pieces })).toEqual(options.commD);
  });

  it.each(["ticket", "seed", "commR", "commD", "proverId", "proof"] as const)(
    "does not verify with another %s",
    async (name) => {
      const changed = options[name].slice();
      changed[5] = (changed[5] ?? 0) ^ 1;
      expect(await native.verifySeal({ ...options, [name]: changed })).toBe(false);
    },
  );

  it("does not verify as another sector, cut short, or empty", async () => {
    const { sectorNumber, proof } = options;
    expect(await native.verifySeal({ ...options, sectorNumber: sectorNumber + 1 })).toBe(false);
    expect(await native.verifySeal({ ...options, proof: proof.subarray(0, 191) })).toBe(false);
    expect(await native.verifySeal({ ...options, proof: new Uint8Array() })).toBe(false);
  });
});
