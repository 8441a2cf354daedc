import { join } from "node:path";
import { inTempFolder, type Figure, timePadma } from "./measure.ts";

/** Pledge → Proving at 2 KiB on the instant clock with real proofs, as a whole process. */
export function pipeline(): Promise<readonly Figure[]> {
  return inTempFolder(async (folder) => {
    const repo = join(folder, "repo");
    await timePadma(repo, "init", "--instant");
    const { ms, stdout } = await timePadma(repo, "pledge-sector", "--wait", "--json");
    const { timings } = JSON.parse(stdout) as { timings: Record<string, number> };
    const c2 = timings["C2"] ?? Number.NaN;
    return [
      { what: "pledge → Proving, 2 KiB, without C2", value: ms - c2, unit: "ms", limit: 2000 },
      ...Object.entries(timings).map(([step, value]) => ({ what: `  ${step}`, value, unit: "ms" }) as const),
    ];
  });
}
