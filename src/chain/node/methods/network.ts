/** What a devnet is: its name, its delays, its rules. */
import type { JsonValue } from "../../../wire/json.ts";
import { POLICY } from "../../devnet/parameters.ts";
import { type Method, method } from "../method.ts";
import type { DevnetNode } from "../node.ts";
import { tipSetKey } from "../params.ts";

/** The rules of the actors here: builtin-actors v18. */
const NETWORK_VERSION = 28;
/** As every local lotus network has it. */
const CHAIN_ID = 31415926;

export const NETWORK: Readonly<Record<string, Method>> = {
  StateNetworkName: method("read", [], ({ node }) => node.chain.network.name),
  StateNetworkVersion: method("read", [tipSetKey], async ({ node }, key) => {
    await node.tipset(key);
    return NETWORK_VERSION;
  }),
  StateGetNetworkParams: method("read", [], ({ node }) => networkParams(node)),
};

function networkParams({ chain: { network } }: DevnetNode): JsonValue {
  return {
    NetworkName: network.name,
    // A fraction where a devnet is faster than any network: Go's clients refuse it instead of counting wrong.
    BlockDelaySecs: network.blockDelayMs / 1000,
    ConsensusMinerMinPower: String(POLICY.minConsensusPower),
    PreCommitChallengeDelay: network.preCommitChallengeDelay,
    ForkUpgradeParams: forkUpgradeParams(),
    Eip155ChainID: CHAIN_ID,
    GenesisTimestamp: Math.floor(network.genesisMs / 1000),
  };
}

/** Lotus's upgrades in their order. A devnet starts after the last one of network version 28, and has no later one. */
const UPGRADES = [
  "Breeze Smoke Ignition Refuel Assembly Tape Liftoff Kumquat Calico Persian Orange Claus Trust Norwegian Turbo",
  "Hyperdrive Chocolate OhSnap Skyr Shark Hygge Lightning Thunder Watermelon Dragon Phoenix Waffle Tuktuk Teep",
  "Tock GoldenWeek FireHorse",
]
  .join(" ")
  .split(" ");
/** Lotus's height for an upgrade that never comes. */
const NEVER = 999_999_999_999_999;

function forkUpgradeParams(): JsonValue {
  const past = UPGRADES.map((name, index) => [`Upgrade${name}Height`, -1 - index] as const);
  return { ...Object.fromEntries(past), BreezeGasTampingDuration: 0, UpgradeXxHeight: NEVER };
}
