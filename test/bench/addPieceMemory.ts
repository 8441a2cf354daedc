import { join } from "node:path";
import { openProver } from "../../src/app/open.ts";
import { silentLog } from "../../src/log.ts";
import { paddedSize, toUnpadded } from "../../src/units.ts";
import { childrenOf, inTempFolder, type Figure, peakMegabytes } from "./measure.ts";

const MIB = 2 ** 20;

/** Peak memory of the child that adds a piece of generated data: it must not grow with the piece. */
export async function addPieceMemory(): Promise<readonly Figure[]> {
  const small = await peakOf(8 * MIB);
  const large = await peakOf(512 * MIB);
  return [
    { what: "AddPiece 8 MiB, peak memory of its child", value: small.megabytes, unit: "MB" },
    {
      what: "AddPiece 512 MiB, peak memory of its child",
      value: large.megabytes,
      unit: "MB",
      limit: small.megabytes + 32,
    },
    { what: "AddPiece 512 MiB", value: large.ms, unit: "ms" },
  ];
}

function peakOf(size: number): Promise<{ megabytes: number; ms: number }> {
  return inTempFolder(async (folder) => {
    const prover = await openProver(process.env, silentLog, folder);
    try {
      const started = performance.now();
      const input = {
        source: { kind: "random", seed: 42 },
        sectorSize: paddedSize(512 * MIB),
        size: toUnpadded(paddedSize(size)),
        existing: [],
        unsealedPath: join(folder, "unsealed"),
      } as const;
      await prover.addPiece(input, { signal: new AbortController().signal });
      const ms = performance.now() - started;
      return { megabytes: Math.max(...childrenOf(process.pid).map(peakMegabytes)), ms };
    } finally {
      await prover.close();
    }
  });
}
