/** Aggregates under powers made here, through the child process: what they prove, and what damage is reported as. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createAggregates } from "../../src/proofs/aggregates.ts";
import { createProver } from "../../src/proofs/host.ts";
import { DEVNET_SEED, generatedFolder, parameterPlaces } from "../../src/proofs/parameterSets.ts";
import type { ProvenClaim } from "../../src/proofs/prover.ts";
import { actorId, paddedSize, sectorNumber } from "../../src/units.ts";
import { running, SEED } from "./proofsSupport.ts";

const SRS = "v28-fil-inner-product-v1.srs";
const DEVNET = { allowGenerated: true, seed: "a-test" };
const NETWORK = { ...DEVNET, allowGenerated: false };

interface Recorded {
  readonly [name: string]: string;
}

function fixtures() {
  const folder = new URL("../fixtures/devnet-2kib/", import.meta.url);
  const read = (file: string) => {
    const one = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Recorded;
    const { ticket = "", seed = "", commD = "", commR = "", proof = "" } = one;
    return {
      sectorSize: paddedSize(2048),
      miner: actorId(Number(one["minerId"])),
      number: sectorNumber(Number(one["sectorNumber"])),
      ticket,
      seed,
      commD,
      commR,
      proof: Uint8Array.from(Buffer.from(proof, "hex")),
    };
  };
  const [first, second] = [read("sector-0.json"), read("sector-1.json")];
  const key = readdirSync(folder).find((name) => name.endsWith(".vk")) ?? "";
  return {
    claims: [first, second, first, second] as const,
    key: new Uint8Array(readFileSync(new URL(key, folder))),
  };
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "padma-fault-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function open() {
  const folder = await temporaryFolder();
  const env = { PADMA_CACHE: folder, FIL_PROOFS_PARAMETER_CACHE: join(folder, "trusted") };
  const prover = createProver({
    env: process.env,
    temporaryFolder: folder,
  });
  onTestFinished(() => prover.close());
  const aggregates = createAggregates({ prover, places: parameterPlaces(env) });
  return { folder, prover, aggregates, ...fixtures() };
}

describe("an aggregate", () => {
  it("proves its sectors in their order, and nothing else", async () => {
    const { aggregates, claims, key } = await open();
    const made = await aggregates.aggregate(key, claims, DEVNET, running());
    const verify = (list: readonly ProvenClaim[], bytes = made) =>
      aggregates.verify(key, list, bytes, DEVNET, running());
    expect(await verify(claims)).toBe(true);
    expect(await verify(claims.toReversed())).toBe(false);
    expect(await verify(claims.map((claim) => ({ ...claim, seed: SEED })))).toBe(false);
    expect(await verify(claims, made.subarray(1))).toBe(false);
  });

  it("is not made of fewer than four sectors, or with a proof that is wrong", async () => {
    const { aggregates, claims, key } = await open();
    const make = (list: readonly ProvenClaim[]) => aggregates.aggregate(key, list, DEVNET, running());
    await expect(make(claims.slice(1))).rejects.toMatchObject({
      code: "PROOF_BAD_INPUT",
      message: "an aggregate is of 4 to 819 sectors, not of 3",
    });
    const wrong = claims.map((claim, i) => (i === 2 ? { ...claim, number: sectorNumber(77) } : claim));
    await expect(make(wrong)).rejects.toMatchObject({
      code: "PROOF_BAD_INPUT",
      message: "the proof does not verify of sector 77",
    });
  });

  it("takes no powers that were made here on a network that does not allow them", async () => {
    const { aggregates, claims, key, folder } = await open();
    await aggregates.aggregate(key, claims, DEVNET, running());
    const refused = aggregates.aggregate(key, claims, NETWORK, running());
    await expect(refused).rejects.toMatchObject({
      code: "PARAMS_MISSING",
      facts: { path: join(folder, "trusted", SRS) },
    });
  });

  it("takes no powers with the network's name and other bytes", async () => {
    const { aggregates, claims, key, folder, prover } = await open();
    await prover.generateSrs({ proofs: 4, seed: "x", folder: join(folder, "trusted") }, running());
    const refused = aggregates.aggregate(key, claims, NETWORK, running());
    await expect(refused).rejects.toMatchObject({
      code: "PARAMS_DAMAGED",
      facts: { "expected digest": "ae20310138f5ba81451d723f858e3797" },
    });
  });

  it("reports powers with a changed byte, and what to do", async () => {
    const { aggregates, claims, key, folder } = await open();
    const made = await aggregates.aggregate(key, claims, DEVNET, running());
    const path = join(folder, "srs", "a-test-4", SRS);
    const bytes = readFileSync(path);
    bytes[9] = (bytes[9] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const refused = aggregates.verify(key, claims, made, DEVNET, running());
    await expect(refused).rejects.toMatchObject({
      code: "PARAMS_DAMAGED",
      facts: { path },
      next: expect.stringContaining("it is made anew"),
    });
  });
});

describe("a C2 for which there is not enough memory", () => {
  it("is refused before C1's result is read, with both numbers, and is tried again later", async () => {
    const folder = await temporaryFolder();
    const options = { env: process.env, temporaryFolder: folder };
    const prover = createProver({ ...options, memoryLimit: 2 ** 26 });
    onTestFinished(() => prover.close());
    const [claim] = fixtures().claims;
    const recipe = { circuit: "porep", seed: DEVNET_SEED, sectorSize: paddedSize(2048) } as const;
    const parametersDir = generatedFolder(parameterPlaces(process.env), recipe);
    const refused = prover.c2({ ...claim, c1Path: join(folder, "nowhere"), parametersDir }, running());
    await expect(refused).rejects.toMatchObject({
      code: "PROOF_NO_MEMORY",
      kind: "busy",
      message: expect.stringMatching(/^C2 needs \d\.\d\d GiB of memory, it may use 0\.06 GiB$/),
      facts: { step: "C2", limit: String(2 ** 26) },
      next: expect.stringContaining("limits.memory"),
    });
  });
});
