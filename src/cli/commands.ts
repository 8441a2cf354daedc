/** Every command, in the order in which help and docs/commands.md list them. */
import type { Command } from "./command.ts";
import { configDefault, configShow } from "./commands/config.ts";
import { devnetAdvance, devnetReorg, devnetStatus } from "./commands/devnet.ts";
import { paramsFetch, paramsGenerate, paramsStatus, paramsVerify } from "./commands/params.ts";
import {
  sectorsList,
  sectorsPledge,
  sectorsStatus,
  sectorsUpdateState,
  sectorsWhy,
} from "./commands/sectors.ts";
import { bench, commp, info, init, run, version } from "./commands/top.ts";

export const COMMANDS: readonly Command[] = [
  init,
  sectorsPledge,
  run,
  sectorsList,
  sectorsStatus,
  sectorsWhy,
  sectorsUpdateState,
  info,
  paramsStatus,
  paramsGenerate,
  paramsFetch,
  paramsVerify,
  commp,
  bench,
  devnetStatus,
  devnetAdvance,
  devnetReorg,
  configShow,
  configDefault,
  version,
];

/** What the commands of one word are about. */
export const GROUPS: Readonly<Record<string, string>> = {
  sectors: "make sectors, look at them, put them right",
  params: "Groth16 parameters: see, make, fetch and check them",
  devnet: "the embedded chain",
  config: "the configuration",
};
