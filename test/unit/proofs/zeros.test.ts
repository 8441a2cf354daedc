import { expect, it } from "vitest";
import { loadNative } from "../../../src/proofs/native.ts";
import { hex } from "../../../src/proofs/nativeCalls.ts";
import { createVerifier } from "../../../src/proofs/verifier.ts";
import { padPiece } from "../../../src/proofs/zeros.ts";
import { paddedSize } from "../../../src/units.ts";

const native = loadNative();
const zeros = async (padded: number) => {
  const { commP } = await native.commP({ kind: "zeros", size: (padded / 128) * 127 });
  return { commP, paddedSize: padded };
};
const data = (padded: number) => native.commP({ kind: "generated", seed: 42, size: (padded / 128) * 127 });

it("pads zeros to the crate's own commitment of more zeros", async () => {
  const small = await zeros(128);
  for (const padded of [128, 256, 2048, 65_536]) {
    expect(hex(padPiece(small.commP, 128, padded))).toBe(hex((await zeros(padded)).commP));
  }
});

it("pads a piece to the commitment of a sector that holds it and zero pieces", async () => {
  const { commP } = await data(256);
  const pieces = [{ commP, paddedSize: 256 }, await zeros(256), await zeros(512), await zeros(1024)];
  expect(hex(padPiece(commP, 256, 2048))).toBe(hex(native.commD({ sectorSize: 2048, pieces })));
});

it("makes the verifier's CommD that of the whole sector, also for one small piece", async () => {
  const { commP } = await data(256);
  const pieces = [{ commP: hex(commP), size: paddedSize(256) }];
  const whole = hex(padPiece(commP, 256, 2048));
  expect(await createVerifier().commD(paddedSize(2048), pieces)).toBe(whole);
});
