import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inTempFolder, type Figure, median } from "./measure.ts";

const LOAD = fileURLToPath(new URL("devnetLoad.ts", import.meta.url));
const RUNS = 5;

interface Load {
  readonly pushMs: number;
  readonly applyMs: number;
  readonly unseenMs: number;
  readonly signMs: number;
  readonly megabytes: number;
}

/**
 * 1,000 signed messages of 20 accounts (half BLS, half secp256k1; plain sends and AddBalance), through the pool and
 * into receipts: one tipset includes them, the next one executes them.
 */
export async function devnetMessages(): Promise<readonly Figure[]> {
  const loads: Load[] = [];
  for (let run = 0; run < RUNS; run += 1) loads.push(await load());
  const of = (read: (load: Load) => number) => median(loads.map(read));
  return [
    { what: "devnet, 1,000 signed messages, pushed", value: of(({ pushMs }) => pushMs), unit: "ms" },
    { what: "  applied", value: of(({ applyMs }) => applyMs), unit: "ms" },
    {
      what: "  pushed and applied",
      value: of(({ pushMs, applyMs }) => pushMs + applyMs),
      unit: "ms",
      limit: 1000,
    },
    {
      what: "  applied by a process that did not push them",
      value: of(({ unseenMs }) => unseenMs),
      unit: "ms",
      limit: 1000,
    },
    {
      what: "  1,000 of the worker, signed and pushed",
      value: of(({ signMs }) => signMs),
      unit: "ms",
    },
    { what: "  peak memory", value: of(({ megabytes }) => megabytes), unit: "MB" },
  ];
}

async function load(): Promise<Load> {
  return inTempFolder(async (folder) => {
    const { stdout } = await promisify(execFile)(process.execPath, [LOAD, folder]);
    return JSON.parse(stdout) as Load;
  });
}
