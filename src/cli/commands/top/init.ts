import { type Initialised, initRepo } from "../../../app/init.ts";
import type { SectorSizeName } from "../../../units.ts";
import { formatBytes } from "../../../units.ts";
import type { Context } from "../../context.ts";

interface Input {
  readonly sectorSize: SectorSizeName;
  readonly instant: boolean;
  readonly blockDelay: number | null;
  readonly finality: number | null;
  readonly challengeDelay: number | null;
}

export async function init(
  context: Context,
  { sectorSize, instant, blockDelay, finality, challengeDelay }: Input,
): Promise<void> {
  const made = await initRepo({
    path: context.repo(),
    sectorSize,
    instant,
    ...(blockDelay === null ? {} : { blockDelayMs: blockDelay }),
    ...(finality === null ? {} : { finality }),
    ...(challengeDelay === null ? {} : { challengeDelay }),
    env: context.env,
  });
  context.output.data(made, () => renderInit(made));
  if (made.parameters === "missing") {
    context.output.notice(
      `sealing needs parameters, once on a machine: padma params generate --size ${sectorSize}`,
    );
  }
}

export function renderInit({ path, network, miner, sectorSize, parameters }: Initialised): string {
  return [
    `Repo: ${path}`,
    `Network: ${network}`,
    `Miner: ${miner} (${formatBytes(sectorSize)} sectors)`,
    `Parameters: ${parameters}`,
  ].join("\n");
}
