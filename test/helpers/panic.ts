/** Seals a sector up to C2 in the folder given, where the parameters are empty files; prints what came out. */
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
const seed = new Uint8Array(32).fill(9);

const source = { kind: "zeros", size: 2032 } as const;
await native.addPiece({ sectorSize: SIZE, unsealed, existingPieces: [], pieceSize: 2032, source });
const pieces = [{ commP: native.zeroCommD(SIZE), paddedSize: SIZE }];
await native.pc1({ ...identity, pieces, unsealed, sealed, cache, output: phase1 });
const { commR, commD } = await native.pc2({ sectorSize: SIZE, phase1, unsealed, sealed, cache });
await native.c1({ ...identity, seed, commR, commD, pieces, sealed, cache, output: at("c1") });
const error = await native
  .c2({ ...identity, seed, commR, commD, c1Output: at("c1") })
  .catch((e: unknown) => e);

const code = error instanceof Error && "code" in error ? error.code : undefined;
const { proofType } = native.proofInfo(SIZE);
stdout.write(JSON.stringify({ code, isError: error instanceof Error, proofType }));
