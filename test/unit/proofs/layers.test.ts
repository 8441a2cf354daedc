import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { layersOnDisk, watchLayers } from "../../../src/proofs/layers.ts";
import type { Progress } from "../../../src/proofs/prover.ts";
import { paddedSize } from "../../../src/units.ts";

const SIZE = paddedSize(2048);

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "padma-layers-"));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

it("counts layers that have their full length, and nothing else", async () => {
  const cacheDir = await folder();
  expect(await layersOnDisk(join(cacheDir, "gone"), SIZE)).toBe(0);
  for (const name of ["layer-1", "layer-2", "tree-d"]) {
    await writeFile(join(cacheDir, `sc-02-data-${name}.dat`), Buffer.alloc(SIZE));
  }
  expect(await layersOnDisk(cacheDir, SIZE)).toBe(2);
  await truncate(join(cacheDir, "sc-02-data-layer-2.dat"), SIZE - 1);
  expect(await layersOnDisk(cacheDir, SIZE)).toBe(1);
});

it("reports a new layer, once", async () => {
  const cacheDir = await folder();
  const { promise, resolve } = Promise.withResolvers<Progress>();
  const seen: Progress[] = [];
  const watch = watchLayers({ cacheDir, sectorSize: SIZE }, (progress) => {
    seen.push(progress);
    resolve(progress);
  });
  await writeFile(join(cacheDir, "sc-02-data-layer-1.dat"), Buffer.alloc(SIZE));
  expect(await promise).toEqual({ done: 1, total: 2, unit: "layers" });
  watch.stop();
  expect(seen).toHaveLength(1);
});
