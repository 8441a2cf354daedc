/** Unseals a sector that it made in the folder given, with settings that the library cannot read; prints what came out. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { argv, stdout } from "node:process";
import { loadNative } from "../../src/proofs/native.ts";

const native = loadNative();
const folder = argv[2] ?? ".";
const at = (name: string): string => join(folder, name);
const SIZE = 2048;
const [unsealed, sealed, cache, phase1] = [at("unsealed"), at("sealed"), at("cache"), at("pc1")];
const identity = {
  sectorSize: SIZE,
  proverId: native.proverId(1000),
  sectorNumber: 1,
  ticket: new Uint8Array(32).fill(7),
};

/** The library reads its settings from the current folder when it first needs one, and panics over a broken file. */
async function sealAndUnseal(): Promise<void> {
  const source = { kind: "zeros", size: 2032 } as const;
  await native.addPiece({ sectorSize: SIZE, unsealed, existingPieces: [], pieceSize: 2032, source });
  await writeFile("rust-fil-proofs.config.toml", "no settings");
  const pieces = [{ commP: native.zeroCommD(SIZE), paddedSize: SIZE }];
  await native.pc1([{ ...identity, pieces, unsealed, sealed, cache, output: phase1 }]);
  const { commD } = await native.pc2({ sectorSize: SIZE, phase1, unsealed, sealed, cache });
  // Without the last layer the library makes the labels again.
  await native.unsealRange({ ...identity, commD, sealed, offset: 0, size: 2032, output: at("data") });
}

const error: unknown = await sealAndUnseal().catch((cause: unknown) => cause);
const code = error instanceof Error && "code" in error ? error.code : undefined;
const { proofType } = native.proofInfo(SIZE);
stdout.write(JSON.stringify({ code, isError: error instanceof Error, proofType }));
