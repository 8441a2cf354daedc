/** Codes and facts survive the way to JavaScript, from calls that answer at once and from promises. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadNative } from "../../../src/proofs/native.ts";

const native = loadNative();
const SIZE = 2048;
const bytes = (length = 32): Uint8Array => new Uint8Array(length).fill(1);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "padma-native-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function rejection(work: Promise<unknown>): Promise<Error & { code?: unknown; facts?: unknown }> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error("it did not reject with an Error");
  return outcome;
}

describe("a rejection", () => {
  it("has a code, the facts, and a message that names the file", async () => {
    const path = join(folder, "gone");
    const error = await rejection(native.digestFile(path));
    expect(error).toMatchObject({ code: "PROOF_IO", facts: { path, action: "open", errno: "2" } });
    expect(error.message).toContain(path);
  });

  it("has the code of the step that failed", async () => {
    const unsealed = join(folder, "unsealed");
    const source = { kind: "generated", seed: 1, size: 128 } as const;
    const piece = { sectorSize: SIZE, unsealed, existingPieces: [], pieceSize: 127, source };
    const error = await rejection(native.addPiece(piece));
    expect(error).toMatchObject({ code: "PROOF_PIECE_TOO_LARGE", facts: { limit: "127" } });
  });

  it("comes for a bad argument too, never a throw", async () => {
    const c2 = { sectorNumber: 1, ticket: bytes(), seed: bytes(), commR: bytes(), commD: bytes() };
    const options = { ...c2, sectorSize: SIZE, proverId: bytes(31), c1Output: "" };
    expect(await rejection(native.c2([options]))).toMatchObject({ code: "PROOF_BAD_INPUT" });
    for (const sectorNumber of [-1, 0.5, Number.NaN, 2 ** 53]) {
      const wrong = { ...options, proverId: bytes(), sectorNumber };
      expect(await rejection(native.c2([wrong]))).toMatchObject({ code: "PROOF_BAD_INPUT" });
    }
  });
});

describe("a call that answers at once", () => {
  it("throws with the code", () => {
    const piece = { commP: bytes(), paddedSize: SIZE };
    const wrong = [
      () => native.proofInfo(2049),
      () => native.proverId(-1),
      () => native.commD({ sectorSize: SIZE, pieces: [piece, piece] }),
      () => native.zeroCommD(0),
      () => native.trustedParameters(1),
    ];
    for (const call of wrong) expect(call).toThrow(expect.objectContaining({ code: "PROOF_BAD_INPUT" }));
  });
});

describe("a verifying key that cannot be used", () => {
  it("is an error, a malformed proof is not", async () => {
    const inputs = { sectorSize: SIZE, proverId: bytes(), sectorNumber: 1, ticket: bytes(), seed: bytes() };
    const claim = { ...inputs, commR: bytes(), commD: bytes() };
    const proofs = [{ claim, proof: bytes(192) }];
    const error = await rejection(native.verifySeals({ verifyingKey: bytes(), proofs }));
    expect(error).toMatchObject({ code: "PROOF_PARAMS_DAMAGED" });
  });
});

describe("progress", () => {
  it("ends at the whole", async () => {
    const path = join(folder, "data");
    await writeFile(path, new Uint8Array(3_000_000));
    const seen: number[] = [];
    const digest = await native.digestFile(path, (done) => seen.push(done));
    expect(digest.bytes).toBe(3_000_000);
    await expect.poll(() => seen.at(-1)).toBe(3_000_000);
  });
});

describe("lockFile", () => {
  it("keeps a second holder out until the first releases", async () => {
    const path = join(folder, "lock");
    const first = await native.lockFile(path, { wait: false });
    expect(await native.lockFile(path, { wait: false })).toBeNull();
    const waiting = native.lockFile(path, { wait: true });
    first?.release();
    const second = await waiting;
    expect(second).not.toBeNull();
    second?.release();
    first?.release();
  });

  it("names a place where no lock can be", async () => {
    const path = join(folder, "no", "lock");
    expect(await rejection(native.lockFile(path, { wait: false }))).toMatchObject({ code: "PROOF_IO" });
  });
});
