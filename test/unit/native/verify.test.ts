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
  const verifyingKey = readFileSync(new URL(`${folder}/${recorded.verifyingKeyFile}`, fixtures));
  const claim = {
    sectorSize,
    proverId: native.proverId(recorded.minerId),
    sectorNumber,
    ticket: hex(recorded.ticket),
    seed: hex(recorded.seed),
    commR: hex(recorded.commR),
    commD: hex(recorded.commD),
  };
  return { recorded, verifyingKey, claim, proof: hex(recorded.proof) };
}

const proofs = ["lotus-2kib", "devnet-2kib"].flatMap((folder) =>
  readdirSync(new URL(folder, fixtures))
    .filter((file) => file.endsWith(".json"))
    .map((file) => ({ folder, file, ...read(folder, file) })),
);

describe.each(proofs)("$folder/$file", ({ recorded, verifyingKey, claim, proof }) => {
  it("verifies", async () => {
    expect(await native.verifySeals({ verifyingKey, proofs: [{ claim, proof }] })).toEqual([true]);
  });

  it("has the prover id and CommD of its miner and pieces", () => {
    expect(Buffer.from(claim.proverId).toString("hex")).toBe(recorded.proverId);
    const pieces = recorded.pieces.map(({ commP, paddedSize }) => ({ commP: hex(commP), paddedSize }));
    expect(native.commD({ sectorSize: recorded.sectorSize, pieces })).toEqual(claim.commD);
  });

  it("does not verify with anything changed, cut short or empty, and is found among those that do not", async () => {
    const bent = (value: Uint8Array) => value.map((byte, i) => (i === 5 ? byte ^ 1 : byte));
    const names = ["ticket", "seed", "commR", "commD", "proverId"] as const;
    const wrong = [
      ...names.map((name) => ({ claim: { ...claim, [name]: bent(claim[name]) }, proof })),
      { claim: { ...claim, sectorNumber: claim.sectorNumber + 1 }, proof },
      { claim, proof: bent(proof) },
      { claim, proof: proof.subarray(0, 191) },
      { claim, proof: new Uint8Array() },
    ];
    const verdicts = await native.verifySeals({ verifyingKey, proofs: [...wrong, { claim, proof }] });
    expect(verdicts).toEqual([...wrong.map(() => false), true]);
  });
});

it("verifies nothing when it is asked nothing", async () => {
  const [first] = proofs;
  expect(await native.verifySeals({ verifyingKey: first?.verifyingKey ?? hex(""), proofs: [] })).toEqual([]);
});
