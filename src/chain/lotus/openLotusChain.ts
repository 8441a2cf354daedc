import type { Log } from "../../log.ts";
import { type AttoFil, EPOCHS_IN_DAY, millis } from "../../units.ts";
import { actorIdOf, type NetworkPrefix, parseAddress } from "../../wire/address.ts";
import type { NetworkInfo } from "../chain.ts";
import { networkParamsAnswer, tipSetAnswer } from "./answers.ts";
import { parseApiInfo } from "./apiInfo.ts";
import { isLocalNetwork } from "./localNetwork.ts";
import { LotusChain } from "./lotusChain.ts";
import { prefixOf } from "./miner.ts";
import type { NetworkIdentity } from "./node.ts";
import { Nodes } from "./nodes.ts";
import { type ControlAddresses, NO_CONTROL } from "./payers.ts";
import { PATIENCE, type Patience } from "./transport.ts";

export interface LotusChainOptions {
  /** As in `FULLNODE_API_INFO`: one node, or several with commas, in order of preference. */
  readonly apiInfo: string;
  /** The miner's ID address: `t01000`. */
  readonly actor: string;
  /** The network that the repo was made for; none: whatever the first node that answers is on. */
  readonly network?: NetworkIdentity;
  /** The most that one message may cost in fees; none or null: the node's own limit. */
  readonly maxFee?: AttoFil | null;
  /** Who pays for what, beside worker and owner; none: these two. */
  readonly addresses?: ControlAddresses;
  readonly patience?: Patience;
  readonly log: Pick<Log, "warn" | "info">;
  readonly now?: () => number;
  /** 0 to 1, for the jitter of reconnects. */
  readonly random?: () => number;
}

/** Constants of the network that no node tells (go-state-types, builtin/v18/miner/policy.go; lotus, policy). */
const FINALITY = 900;
const MAX_PROVE_COMMIT_DAYS = 30;

/**
 * Opens a Filecoin network through lotus nodes (1.32 or newer): asks one for the network's values and for the miner.
 * Nothing is kept open until `onHead` is used or the address is a websocket's; call `close` all the same.
 *
 *     const chain = await openLotusChain({ apiInfo: env.FULLNODE_API_INFO, actor: "t01000", log });
 *
 * The token needs `read` for everything but `push` and `sign`, which need `sign`.
 * @throws PadmaError CHAIN_API_INFO, CHAIN_AUTH, CHAIN_WRONG_NETWORK, CHAIN_MINER_UNKNOWN (all user), CHAIN_UNREACHABLE …
 */
export async function openLotusChain(options: LotusChainOptions): Promise<LotusChain> {
  const { log, patience = PATIENCE, now = Date.now, random = Math.random } = options;
  const endpoints = parseApiInfo(options.apiInfo);
  const actor = parseAddress(options.actor);
  actorIdOf(actor);
  const nodes = new Nodes({ endpoints, network: options.network ?? null, patience, now, log });
  try {
    const network = await networkOf(nodes, await prefixOf(nodes, options.actor));
    const chain = new LotusChain({
      nodes,
      network,
      actor,
      patience,
      maxFee: options.maxFee ?? null,
      addresses: options.addresses ?? NO_CONTROL,
      now,
      random,
      log,
    });
    await chain.miner();
    return chain;
  } catch (error) {
    nodes.close();
    throw error;
  }
}

/** What a node tells of its network, and what no node tells. */
export async function networkOf(
  nodes: Pick<Nodes, "call">,
  addressPrefix: NetworkPrefix,
): Promise<NetworkInfo> {
  const [params, genesis] = await Promise.all([
    nodes.call("StateGetNetworkParams", [], networkParamsAnswer),
    nodes.call("ChainGetGenesis", [], tipSetAnswer),
  ]);
  const delay = params.PreCommitChallengeDelay;
  return {
    kind: "lotus",
    name: params.NetworkName,
    isLocal: isLocalNetwork(params),
    addressPrefix,
    genesisMs: millis(genesis.timestampMs),
    blockDelayMs: Math.round(params.BlockDelaySecs * 1000),
    preCommitChallengeDelay: delay,
    finality: FINALITY,
    maxPreCommitRandomnessLookback: EPOCHS_IN_DAY + FINALITY,
    maxProveCommitDuration: MAX_PROVE_COMMIT_DAYS * EPOCHS_IN_DAY + delay,
  };
}
