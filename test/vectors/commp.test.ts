/** CommP of zeros and of 0xCC, as lotus computes it: testdata of go-fil-commp-hashhash 0.2.0 (payload, piece size, CID). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadNative } from "../../src/proofs/native.ts";

interface Row {
  readonly payload: number;
  readonly padded: number;
  readonly commP: string;
}

/** The last 32 bytes of the CID are the root. */
function rows(name: string): Row[] {
  const text = readFileSync(new URL(`commp/${name}.txt`, import.meta.url), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [payload, padded, cid] = line.split(",");
      const digest = CID.parse(cid ?? "").multihash.digest;
      return { payload: Number(payload), padded: Number(padded), commP: Buffer.from(digest).toString("hex") };
    });
}

async function commP(payload: number, byte: number) {
  const folder = mkdtempSync(join(tmpdir(), "padma-commp-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "data");
  writeFileSync(path, Buffer.alloc(payload, byte));
  const made = await loadNative().commP({ kind: "file", path });
  return { payload, padded: made.paddedSize, commP: Buffer.from(made.commP).toString("hex") };
}

describe("CommP", () => {
  for (const [name, byte] of [
    ["zero", 0],
    ["0xCC", 0xcc],
  ] as const) {
    it(`is lotus's of ${name} in every length`, async () => {
      const expected = rows(name);
      expect(expected).toHaveLength(18);
      for (const row of expected) expect(await commP(row.payload, byte)).toEqual(row);
    });
  }
});
