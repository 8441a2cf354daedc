/** Every command, in the order in which help and docs/commands.md list them. */
import type { Command } from "./command.ts";
import { addressConvert } from "./commands/address.ts";
import { authApiInfo, authCreateToken } from "./commands/auth.ts";
import { configDefault, configShow } from "./commands/config.ts";
import { devnetAdvance, devnetReorg, devnetServe, devnetStatus } from "./commands/devnet.ts";
import { devnetFaults } from "./commands/devnetFault.ts";
import { messageCid, messageDecode, messageEncode } from "./commands/message.ts";
import { paramsFetch, paramsGenerate, paramsStatus, paramsVerify } from "./commands/params.ts";
import { bench, commp, info, init, run, version } from "./commands/top.ts";
import {
  sectorsList,
  sectorsPledge,
  sectorsStatus,
  sectorsUpdateState,
  sectorsVerify,
  sectorsWhy,
} from "./commands/sectors.ts";

export const COMMANDS: readonly Command[] = [
  init,
  sectorsPledge,
  run,
  sectorsList,
  sectorsStatus,
  sectorsWhy,
  sectorsVerify,
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
  ...devnetFaults,
  messageDecode,
  messageEncode,
  messageCid,
  addressConvert,
  devnetServe,
  authCreateToken,
  authApiInfo,
  configShow,
  configDefault,
  version,
];

/** What the commands of one word are about. */
export const GROUPS: Readonly<Record<string, string>> = {
  sectors: "make sectors, look at them, put them right",
  params: "Groth16 parameters: see, make, fetch and check them",
  devnet: "the embedded chain",
  message: "messages of the chain as bytes and as JSON",
  address: "addresses in all their forms",
  auth: "tokens for the devnet as a node",
  fault: "what goes wrong on the devnet next",
  config: "the configuration",
};
