/** Every method that the node answers. */
import type { Methods } from "./dispatch.ts";
import type { Method } from "./method.ts";
import { ACTORS } from "./methods/actors.ts";
import { CALLS } from "./methods/calls.ts";
import { CHAIN } from "./methods/chain.ts";
import { COMMON } from "./methods/common.ts";
import { DEADLINE } from "./methods/deadlines.ts";
import { LOOKUPS } from "./methods/lookups.ts";
import { MESSAGES } from "./methods/messages.ts";
import { MINER } from "./methods/miner.ts";
import { NETWORK } from "./methods/network.ts";
import { RANDOMNESS } from "./methods/randomness.ts";
import { READ_STATE } from "./methods/readState.ts";
import { WALLET } from "./methods/wallet.ts";

const GROUPS: readonly Readonly<Record<string, Method>>[] = [
  COMMON,
  NETWORK,
  CHAIN,
  WALLET,
  MESSAGES,
  LOOKUPS,
  READ_STATE,
  CALLS,
  ACTORS,
  MINER,
  DEADLINE,
  RANDOMNESS,
];

export const METHODS: Methods = new Map(
  GROUPS.flatMap((group) => Object.entries(group)).map(([name, method]) => [`Filecoin.${name}`, method]),
);
