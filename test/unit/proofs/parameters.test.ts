/** Small files stand in for the gigabyte: what they must be is said by a manifest, or by the network's digests. */
import { mkdir, mkdtemp, rename, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadNative } from "../../../src/proofs/native.ts";
import { createParameters } from "../../../src/proofs/parameters.ts";
import { DEVNET_SEED } from "../../../src/proofs/parameterSets.ts";
import { paddedSize } from "../../../src/units.ts";

const SIZE = paddedSize(2048);
const SEED = "a-test-seed";
const DEVNET = { allowGenerated: true, seed: SEED };
const MAINNET = { allowGenerated: false, seed: SEED };
const { paramsFile, verifyingKeyFile, metadataFile } = loadNative().proofInfo(SIZE);

async function places() {
  const folder = await mkdtemp(join(tmpdir(), "padma-params-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const trusted = join(folder, "trusted");
  await mkdir(trusted);
  const env = { PADMA_CACHE: join(folder, "cache"), FIL_PROOFS_PARAMETER_CACHE: trusted };
  return { env, trusted, generated: join(folder, "cache", "parameters"), parameters: createParameters(env) };
}

/** A generated set of a seed, with a manifest as the crate writes it. */
async function makeSet(generated: string, seed = SEED): Promise<string> {
  const dir = join(generated, seed);
  await mkdir(dir, { recursive: true });
  const files: Record<string, object> = {};
  for (const name of [paramsFile, verifyingKeyFile, metadataFile]) {
    await writeFile(join(dir, name), `${seed} ${name}`);
    files[name] = await loadNative().digestFile(join(dir, name));
  }
  await writeFile(join(dir, "manifest.json"), JSON.stringify({ format: 1, seed, sectorSize: SIZE, files }));
  return dir;
}

describe("locate", () => {
  it("finds the generated set of a devnet, checked", async () => {
    const { parameters, generated } = await places();
    const dir = await makeSet(generated);
    expect(await parameters.locate(SIZE, DEVNET)).toMatchObject({
      origin: "generated",
      dir,
      paramsPath: join(dir, paramsFile),
      verifyingKeyPath: join(dir, verifyingKeyFile),
    });
  });

  it("takes the generated set of a devnet before the trusted one", async () => {
    const { parameters, generated, trusted } = await places();
    const dir = await makeSet(generated);
    await writeFile(join(trusted, paramsFile), "not looked at");
    expect(await parameters.locate(SIZE, DEVNET)).toMatchObject({ origin: "generated", dir });
  });

  it("refuses the generated set on any other network", async () => {
    const { parameters, generated, trusted } = await places();
    const dir = await makeSet(generated);
    await expect(parameters.locate(SIZE, MAINNET)).rejects.toMatchObject({
      code: "PARAMS_UNTRUSTED",
      kind: "user",
      facts: { "made here": dir, "looked in": trusted },
    });
  });

  it("refuses a generated set that somebody put among the trusted files", async () => {
    const { parameters, generated, trusted } = await places();
    const dir = await makeSet(generated);
    for (const name of [paramsFile, verifyingKeyFile]) await rename(join(dir, name), join(trusted, name));
    await expect(parameters.locate(SIZE, MAINNET)).rejects.toMatchObject({
      code: "PARAMS_DAMAGED",
      facts: { path: join(trusted, verifyingKeyFile), "expected digest": "dc1ade9929ade1708238f155343044ac" },
    });
  });

  it("says how to get parameters that are missing", async () => {
    const { parameters } = await places();
    await expect(parameters.locate(SIZE, DEVNET)).rejects.toMatchObject({
      code: "PARAMS_MISSING",
      next: expect.stringContaining("padma params generate --size 2KiB"),
    });
    await expect(parameters.locate(SIZE, MAINNET)).rejects.toMatchObject({
      code: "PARAMS_MISSING",
      next: expect.stringContaining("FIL_PROOFS_PARAMETER_CACHE"),
    });
  });

  it("refuses a set with another key than the one the genesis recorded", async () => {
    const { parameters, generated } = await places();
    await makeSet(generated);
    const policy = { ...DEVNET, verifyingKeyDigest: "00".repeat(16) };
    await expect(parameters.locate(SIZE, policy)).rejects.toMatchObject({
      code: "PARAMS_MISSING",
      facts: { "accepted key": policy.verifyingKeyDigest },
    });
    const { digests } = await parameters.locate(SIZE, DEVNET);
    const accepted = { ...DEVNET, verifyingKeyDigest: digests.verifyingKey };
    expect((await parameters.locate(SIZE, accepted)).origin).toBe("generated");
  });

  it("does not believe a manifest about the devnet's own seed: its digests are known", async () => {
    const { parameters, generated } = await places();
    const dir = await makeSet(generated, DEVNET_SEED);
    await expect(parameters.locate(SIZE, { ...DEVNET, seed: DEVNET_SEED })).rejects.toMatchObject({
      code: "PARAMS_DAMAGED",
      facts: { path: join(dir, verifyingKeyFile), "expected digest": "8af176568e876f896e54696c0f893a1c" },
    });
  });
});

describe("a damaged parameter file", () => {
  it("is noticed by its length without reading it", async () => {
    const { parameters, generated } = await places();
    const path = join(await makeSet(generated), paramsFile);
    await truncate(path, 10);
    await expect(parameters.locate(SIZE, DEVNET)).rejects.toMatchObject({
      code: "PARAMS_DAMAGED",
      facts: { path, "found bytes": 10 },
      next: expect.stringContaining("params generate"),
    });
  });

  it("is noticed by its digest, also after it was found good once", async () => {
    const { parameters, generated } = await places();
    const path = join(await makeSet(generated), paramsFile);
    await parameters.locate(SIZE, DEVNET);
    await writeFile(path, `${SEED} ${paramsFile}`.replace("a-", "b-"));
    await expect(parameters.locate(SIZE, DEVNET)).rejects.toMatchObject({ code: "PARAMS_DAMAGED" });
  });

  it("is noticed by `verify` where its time and length say that nothing has changed", async () => {
    const { parameters, generated } = await places();
    const path = join(await makeSet(generated), paramsFile);
    const { atime, mtime } = await stat(path);
    await utimes(path, atime, mtime); // Whole milliseconds, which can be set again.
    await parameters.locate(SIZE, DEVNET);
    await writeFile(path, `${SEED} ${paramsFile}`.replace("a-", "b-"));
    await utimes(path, atime, mtime);
    expect((await parameters.locate(SIZE, DEVNET)).origin).toBe("generated");
    const [, set] = await parameters.verify(SIZE, SEED);
    expect(set?.files.map((file) => file.state)).toEqual(["damaged", "good"]);
    await expect(parameters.locate(SIZE, DEVNET)).rejects.toMatchObject({ code: "PARAMS_DAMAGED" });
  });

  it("that is gone is named", async () => {
    const { parameters, generated } = await places();
    const path = join(await makeSet(generated), verifyingKeyFile);
    await rm(path);
    await expect(parameters.locate(SIZE, DEVNET)).rejects.toMatchObject({
      code: "PARAMS_MISSING",
      facts: { path },
    });
  });
});

describe("status", () => {
  const states = (sets: readonly { readonly files: readonly { readonly state: string }[] }[]) =>
    sets.map((set) => set.files.map((file) => file.state));

  it("hashes nothing: a new file is unchecked until somebody reads it", async () => {
    const { parameters, generated } = await places();
    await makeSet(generated);
    expect(states(await parameters.status(SIZE, SEED))).toEqual([
      ["missing", "missing"],
      ["unchecked", "unchecked"],
    ]);
    const hashed: string[] = [];
    await parameters.verify(SIZE, SEED, (path) => hashed.push(path));
    expect(states(await parameters.status(SIZE, SEED))).toEqual([
      ["missing", "missing"],
      ["good", "good"],
    ]);
    expect(new Set(hashed).size).toBe(2);
  });

  it("survives a stamp file that is damaged", async () => {
    const { parameters, generated, env } = await places();
    await makeSet(generated);
    await parameters.locate(SIZE, DEVNET);
    await writeFile(join(env.PADMA_CACHE, "parameter-digests.json"), "{ torn");
    expect(states(await parameters.status(SIZE, SEED))[1]).toEqual(["unchecked", "unchecked"]);
    expect((await parameters.locate(SIZE, DEVNET)).origin).toBe("generated");
  });

  it("knows other sizes too, in a folder of their own", async () => {
    const { parameters } = await places();
    const [set] = await parameters.status(paddedSize(34_359_738_368), SEED);
    expect(set?.files[0].digest).toBe("6a388072a518cf46ebd661f5cc46900a");
  });
});
