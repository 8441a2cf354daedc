/**
 * Recorded proofs against the real verifier. A proof is bound to the randomness of the chain it was made on, so these
 * tests give the devnet that chain's ticket and seed; everything else comes from the devnet's own state.
 */
import { readFileSync } from "node:fs";
import { hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import type { RandomnessSource } from "../../../src/chain/devnet/randomness.ts";
import { createVerifier } from "../../../src/proofs/verifier.ts";
import { paddedSize, sectorNumber } from "../../../src/units.ts";
import { sealedCid, unsealedCid } from "../../../src/wire/cid.ts";
import type { PieceActivationManifest } from "../../../src/wire/params/proveCommitSectors3.ts";
import { testDevnet } from "./harness.ts";
import { land, preCommitInfo, preCommitMessage, preCommitted, proveMessage } from "./messages.ts";

interface RecordedSector {
  readonly verifyingKeyFile: string;
  readonly sectorNumber: number;
  readonly ticket: string;
  readonly seed: string;
  readonly commD: string;
  readonly commR: string;
  readonly proof: string;
}

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const recordOf = (path: string) =>
  JSON.parse(readFileSync(new URL(path, FIXTURES), "utf8")) as RecordedSector;
const keyOf = (folder: string, { verifyingKeyFile }: RecordedSector) =>
  new Uint8Array(readFileSync(new URL(`${folder}/${verifyingKeyFile}`, FIXTURES)));

const recorded = recordOf("lotus-2kib/sector-2.json");
const lotusKey = keyOf("lotus-2kib", recorded);
const own = recordOf("devnet-2kib/sector-0.json");
const devnetKey = keyOf("devnet-2kib", own);
const NUMBER = recorded.sectorNumber;
const PROOF = hexToBytes(recorded.proof);

interface Changes {
  readonly ticket?: string;
  readonly seed?: string;
  readonly commR?: string;
  readonly number?: number;
  readonly proof?: Uint8Array;
  readonly verifyingKey?: Uint8Array;
}

const randomnessOf = (ticket: string, seed: string): RandomnessSource => ({
  ticket: () => hexToBytes(ticket),
  seed: () => hexToBytes(seed),
});

/** Takes the recorded sector through a devnet, with something changed. */
async function proveRecorded(changes: Changes = {}) {
  const randomness = randomnessOf(changes.ticket ?? recorded.ticket, changes.seed ?? recorded.seed);
  const number = changes.number ?? NUMBER;
  const { chain } = await testDevnet(
    { verifyingKey: changes.verifyingKey ?? lotusKey },
    { verifier: createVerifier(), randomness },
  );
  const commR = sealedCid(hexToBytes(changes.commR ?? recorded.commR));
  await preCommitted(chain, { sectorNumber: sectorNumber(number), sealedCid: commR });
  const landed = await land(chain, proveMessage([{ number, proof: changes.proof ?? PROOF }]));
  return { chain, landed };
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

describe("the proof of a sector that lotus sealed on a real network", () => {
  it("is accepted", async () => {
    const { chain, landed } = await proveRecorded();
    expect(landed).toMatchObject({ exitCode: 0, error: null });
    expect(await chain.sector(sectorNumber(NUMBER))).toMatchObject({ number: NUMBER });
    expect((await chain.power()).minerRaw).toBe(2048n);
  });

  const other = "11".repeat(31) + "01";
  it.each<[string, Changes]>([
    ["another ticket", { ticket: other }],
    ["another seed", { seed: other }],
    ["another CommR", { commR: other }],
    ["a CommR outside the field", { commR: "ff".repeat(32) }],
    ["a CommR of zeros", { commR: "00".repeat(32) }],
    ["another sector number", { number: NUMBER + 1 }],
    ["parameters of another set", { verifyingKey: devnetKey }],
    ["a flipped bit in the first point", { proof: flipped(PROOF, 40) }],
    ["a flipped bit in the last point", { proof: flipped(PROOF, 191) }],
    [
      "a cleared compression flag",
      { proof: flipped(PROOF, 0).map((byte, i) => (i === 0 ? byte & 0x7f : byte)) },
    ],
    ["a byte too few", { proof: PROOF.subarray(1) }],
    ["a byte too many", { proof: Uint8Array.of(...PROOF, 0) }],
    ["no bytes", { proof: new Uint8Array(0) }],
    ["zeros", { proof: new Uint8Array(192) }],
    ["ones", { proof: new Uint8Array(192).fill(255) }],
  ])("is refused with %s, and the chain goes on", async (_what, changes) => {
    const { chain, landed } = await proveRecorded(changes);
    expect(landed.exitCode).toBe(16);
    expect(await chain.sectors()).toEqual([]);
    expect((await chain.power()).minerRaw).toBe(0n);
    expect((await chain.advance(1)).epoch).toBeGreaterThan(landed.epoch);
  });
});

describe("an unsealed CID of zeros", () => {
  it("is refused when it is precommitted", async () => {
    const { chain } = await testDevnet({ verifyingKey: lotusKey }, { verifier: createVerifier() });
    const { epoch: now } = await chain.head();
    const zeros = preCommitInfo(now, { unsealedCid: unsealedCid(new Uint8Array(32)) });
    expect(await land(chain, preCommitMessage(zeros))).toMatchObject({ exitCode: 16 });
  });
});

describe("a verifying key that cannot be read", () => {
  it("stops the chain instead of refusing the proof", async () => {
    const randomness = randomnessOf(recorded.ticket, recorded.seed);
    const { chain } = await testDevnet(
      { verifyingKey: lotusKey.subarray(0, 100) },
      { verifier: createVerifier(), randomness },
    );
    await preCommitted(chain);
    const { cid } = await chain.push(proveMessage([{ number: 0, proof: PROOF }]));
    await chain.advance(1);
    const before = await chain.storedHead();
    await expect(chain.advance(1)).rejects.toMatchObject({ name: "PadmaError" });
    expect(await chain.storedHead()).toEqual(before);
    expect(await chain.lookup([cid])).toEqual(new Map());
    expect(await chain.preCommit(sectorNumber(0))).not.toBeNull();
  });
});

describe("a sector with data that padma sealed under the devnet's parameters", () => {
  const commP = unsealedCid(hexToBytes(own.commD)); // one piece fills the sector
  const manifest = (pieces: readonly PieceActivationManifest[]) => [
    { number: own.sectorNumber, proof: hexToBytes(own.proof), pieces },
  ];
  const whole = { cid: commP, size: paddedSize(2048), verifiedAllocationKey: null, notify: [] };
  const half = { ...whole, size: paddedSize(1024) };

  async function ownPreCommitted() {
    const { chain } = await testDevnet(
      { verifyingKey: devnetKey },
      { verifier: createVerifier(), randomness: randomnessOf(own.ticket, own.seed) },
    );
    const number = sectorNumber(own.sectorNumber);
    const commR = sealedCid(hexToBytes(own.commR));
    await preCommitted(chain, { sectorNumber: number, sealedCid: commR, unsealedCid: commP });
    return chain;
  }

  it("is accepted with its piece", async () => {
    const chain = await ownPreCommitted();
    const landed = await land(chain, proveMessage(manifest([whole])));
    expect(landed).toMatchObject({ exitCode: 0, error: null });
    expect((await chain.sectors())[0]?.dealWeight).toBeGreaterThan(0n);
  });

  it("is refused with a commitment of zeros beside its piece, alone and in a batch, and the chain goes on", async () => {
    const chain = await ownPreCommitted();
    const zero = { ...half, cid: unsealedCid(new Uint8Array(32)) };
    for (const pieces of [[zero], [half, zero], [zero, half]]) {
      for (const requireActivationSuccess of [true, false]) {
        const message = proveMessage(manifest(pieces), { requireActivationSuccess });
        const landed = await land(chain, message);
        expect(landed).toMatchObject({ exitCode: 16, error: expect.stringMatching(/a piece is malformed/) });
      }
    }
    expect(await land(chain, proveMessage(manifest([whole])))).toMatchObject({ exitCode: 0 });
  });

  it.each([
    ["pieces that do not fit once they are aligned", [128, 1024, 512], /up to byte 2560 do not fit/],
    ["as many pieces as fit", Array.from({ length: 16 }, () => 128), /do not make up/],
    ["pieces from small to large", [128, 256, 512, 1024], /do not make up/],
  ])("is refused with %s", async (_what, sizes, words) => {
    const chain = await ownPreCommitted();
    const pieces = sizes.map((size) => ({ ...whole, size: paddedSize(size) }));
    const landed = await land(chain, proveMessage(manifest(pieces)));
    expect(landed).toMatchObject({ exitCode: 16, error: expect.stringMatching(words) });
  });

  it.each([
    ["half of it", [half]],
    ["twice half of it", [half, half]],
  ])("is refused with %s: the chain computes CommD from the manifest", async (_what, pieces) => {
    const chain = await ownPreCommitted();
    const landed = await land(chain, proveMessage(manifest(pieces)));
    expect(landed).toMatchObject({ exitCode: 16, error: expect.stringMatching(/do not make up/) });
  });
});
