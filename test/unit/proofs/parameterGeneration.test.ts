/** Around the generator: its minutes of work are replaced, all that decides whether they are needed is real. */
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { loadNative } from "../../../src/proofs/native.ts";
import { generateParameters, type GenerationDeps } from "../../../src/proofs/parameterGeneration.ts";
import { parameterPlaces, type Recipe } from "../../../src/proofs/parameterSets.ts";
import { paddedSize } from "../../../src/units.ts";

const INPUT = { circuit: "porep", sectorSize: paddedSize(2048), seed: "a-test-seed" } as const;
const RUNNING = { signal: new AbortController().signal };
const GB = 1e9;

async function deps(changes: Partial<GenerationDeps> = {}) {
  const folder = await mkdtemp(join(tmpdir(), "padma-generate-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const places = parameterPlaces({ PADMA_CACHE: folder });
  const calls: string[] = [];
  const generator = {
    async generateParameters({ folder: dir, ...recipe }: Recipe & { folder: string }) {
      calls.push(dir);
      await mkdir(dir);
      const files: Record<string, object> = {};
      for (const name of Object.values(loadNative().parameterNames(recipe.circuit, recipe.sectorSize))) {
        await writeFile(join(dir, name), name);
        files[name] = await loadNative().digestFile(join(dir, name));
      }
      await writeFile(join(dir, "manifest.json"), JSON.stringify({ format: 1, ...recipe, files }));
    },
  };
  const room = { availableMemory: () => 6 * GB, freeBytes: async () => 2 * GB };
  return {
    dir: join(places.generated, INPUT.seed),
    calls,
    deps: { prover: generator, places, ...room, ...changes },
  };
}

const PARAMS_FILE = loadNative().parameterNames("porep", 2048).paramsFile;

it("makes a set once", async () => {
  const { deps: with_, calls, dir } = await deps();
  expect(await generateParameters(INPUT, with_, RUNNING)).toEqual({ made: true, dir });
  expect(await generateParameters(INPUT, with_, RUNNING)).toEqual({ made: false, dir });
  expect(calls).toEqual([dir]);
});

it("makes a set again when a file of it is cut", async () => {
  const { deps: with_, calls, dir } = await deps();
  await generateParameters(INPUT, with_, RUNNING);
  await truncate(join(dir, PARAMS_FILE), 3);
  expect((await generateParameters(INPUT, with_, RUNNING)).made).toBe(true);
  expect(calls).toHaveLength(2);
});

it("leaves a set alone whose seed only looks like this recipe", async () => {
  const { deps: with_, calls } = await deps();
  const other = { ...INPUT, seed: `${INPUT.seed}-window-post` } as const;
  const { dir } = await generateParameters(other, with_, RUNNING);
  const same = { ...INPUT, circuit: "window-post" } as const;
  await expect(generateParameters(same, with_, RUNNING)).rejects.toMatchObject({
    code: "PARAMS_OTHER_SET",
    kind: "user",
    facts: { folder: dir, seed: other.seed },
  });
  expect(calls).toHaveLength(1);
  expect((await generateParameters(other, with_, RUNNING)).made).toBe(false);
});

it.each(["window-post", "winning-post"] as const)(
  "makes a %s set in a folder of its own",
  async (circuit) => {
    const { deps: with_, dir } = await deps();
    const made = { made: true, dir: `${dir}-${circuit}` };
    expect(await generateParameters({ ...INPUT, circuit }, with_, RUNNING)).toEqual(made);
    expect(await generateParameters({ ...INPUT, circuit }, with_, RUNNING)).toEqual({ ...made, made: false });
    expect(await generateParameters(INPUT, with_, RUNNING)).toEqual({ made: true, dir });
  },
);

it("refuses before it starts when memory or disk are too small", async () => {
  const small = await deps({ availableMemory: () => 0.1 * GB });
  await expect(generateParameters(INPUT, small.deps, RUNNING)).rejects.toMatchObject({
    code: "PARAMS_NO_MEMORY",
  });
  const full = await deps({ freeBytes: async () => 1 * GB });
  await expect(generateParameters(INPUT, full.deps, RUNNING)).rejects.toMatchObject({
    code: "STORAGE_FULL",
    next: expect.stringContaining("PADMA_CACHE"),
  });
  expect([small.calls, full.calls]).toEqual([[], []]);
});

it("counts what an earlier run has written as free", async () => {
  const { deps: with_, calls, dir } = await deps({ freeBytes: async () => 1 * GB });
  await mkdir(`${dir}.partial`, { recursive: true });
  await writeFile(join(`${dir}.partial`, PARAMS_FILE), "");
  await truncate(join(`${dir}.partial`, PARAMS_FILE), 0.3 * GB);
  await generateParameters(INPUT, with_, RUNNING);
  expect(calls).toEqual([dir]);
});

it("leaves memory to whoever is generating already, and waits for it in the child", async () => {
  const { deps: with_, calls, dir } = await deps({ availableMemory: () => 0 });
  await mkdir(with_.places.generated, { recursive: true });
  const held = await loadNative().lockFile(`${dir}.lock`, { wait: false });
  await generateParameters(INPUT, with_, RUNNING);
  held?.release();
  expect(calls).toEqual([dir]);
  expect(existsSync(dir)).toBe(true);
});

it.each([
  ["/proc/padma", "ENOENT"],
  ["/dev/null/padma", "ENOTDIR"],
])("says that no folder for parameters can be made in %s", async (cache, reason) => {
  const places = parameterPlaces({ PADMA_CACHE: cache });
  const { deps: with_, calls } = await deps({ places });
  await expect(generateParameters(INPUT, with_, RUNNING)).rejects.toMatchObject({
    code: "PARAMS_NOT_WRITABLE",
    kind: "user",
    facts: { folder: join(cache, "parameters"), reason },
    next: expect.stringContaining("PADMA_CACHE"),
  });
  expect(calls).toEqual([]);
});
