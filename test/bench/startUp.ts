import { inTempFolder, type Figure, median, timePadma } from "./measure.ts";

/** `padma --help` as a whole process, launcher included. */
export function startUp(): Promise<readonly Figure[]> {
  return inTempFolder(async (folder) => {
    const runs: number[] = [];
    for (let i = 0; i < 11; i += 1) runs.push((await timePadma(folder, "--help")).ms);
    return [{ what: "padma --help (median of 11)", value: median(runs), unit: "ms", limit: 150 }];
  });
}
