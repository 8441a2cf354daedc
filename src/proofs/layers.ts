/** PC1's progress as it is observed: layers whole on disk. The library itself reports nothing on its way. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type PaddedSize, SECTOR_SIZES } from "../units.ts";
import type { Pc1Input, Progress } from "./prover.ts";

const POLL_MS = 200;
const LAYER = /^sc-02-data-layer-\d+\.dat$/;

/** SDR layers: two in test sizes, eleven on the network. */
const layerCount = (size: PaddedSize): number => (size >= SECTOR_SIZES["32GiB"] ? 11 : 2);

/** Layers in `cacheDir` that have their full length. @internal for tests and docs */
export async function layersOnDisk(cacheDir: string, sectorSize: PaddedSize): Promise<number> {
  const names = await readdir(cacheDir).catch(() => []); // Not made yet, or removed by the next attempt.
  let whole = 0;
  for (const name of names.filter((entry) => LAYER.test(entry))) {
    const found = await stat(join(cacheDir, name)).catch(() => undefined);
    if (found?.size === sectorSize) whole += 1;
  }
  return whole;
}

/** Reports each new layer until stopped. A layer takes a third of a second at 8 MiB and many minutes at 32 GiB. */
export function watchLayers(
  { cacheDir, sectorSize }: Pick<Pc1Input, "cacheDir" | "sectorSize">,
  report: ((progress: Progress) => void) | undefined,
): { stop: () => void } {
  if (report === undefined) return { stop: () => {} };
  let reported = 0;
  let stopped = false;
  const look = async (): Promise<void> => {
    const done = await layersOnDisk(cacheDir, sectorSize);
    if (stopped || done === reported) return;
    reported = done;
    report({ done, total: layerCount(sectorSize), unit: "layers" });
  };
  const timer = setInterval(() => void look(), POLL_MS);
  return {
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
