import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadNative } from "../../../src/proofs/native.ts";

const native = loadNative();

const EXPORTS = [
  "FileLock",
  "addPiece",
  "aggregateSeals",
  "c1",
  "c1SelfCheck",
  "c2",
  "c2Memory",
  "checkSector",
  "clearCache",
  "commD",
  "commP",
  "digestFile",
  "generateParameters",
  "generateSrs",
  "lockFile",
  "parameterNames",
  "pc1",
  "pc2",
  "proofInfo",
  "proverId",
  "publicKey",
  "replicaId",
  "sectorsACore",
  "sign",
  "trustedParameters",
  "trustedSrs",
  "unsealRange",
  "verifyAggregate",
  "verifySeals",
  "verifySignatures",
  "version",
  "zeroCommD",
];

describe("the native module", () => {
  it("exports exactly this", () => {
    expect(Object.keys(native).sort()).toEqual(EXPORTS);
  });

  it("exports what its types declare", () => {
    const types = new URL("../../../crates/padma-node/index.d.ts", import.meta.url);
    const declared = /^export declare (?:function|class) (\w+)/gm;
    const names = [...readFileSync(types, "utf8").matchAll(declared)].map(([, name]) => name);
    expect(new Set(names)).toEqual(new Set(EXPORTS));
  });

  it("says what it is", () => {
    expect(native.version()).toEqual({
      version: "0.1.0",
      proofs: "filecoin-proofs 19.1",
      cuda: expect.any(Boolean),
      backend: expect.stringMatching(/^(portable|avx2|avx512)$/),
    });
  });
});

describe("proofInfo", () => {
  const KIB = 1024;
  it.each([
    [2 * KIB, 5, 2, 1],
    [8 * KIB ** 2, 6, 2, 1],
    [512 * KIB ** 2, 7, 2, 1],
    [32 * KIB ** 3, 8, 11, 10],
    [64 * KIB ** 3, 9, 11, 10],
  ])("knows sectors of %d bytes", (size, proofType, layers, partitions) => {
    const info = native.proofInfo(size);
    expect(info).toMatchObject({ proofType, layers, partitions, proofBytes: 192 * partitions });
    expect(info.userBytes).toBe((size / 128) * 127);
    expect(native.trustedParameters(size).map(({ file }) => file)).toEqual([
      info.paramsFile,
      info.verifyingKeyFile,
    ]);
  });
});
