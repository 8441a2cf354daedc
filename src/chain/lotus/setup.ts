/** What `init` asks of a node before there is a miner: the network, accounts, and one message that makes the miner. */
import type { Log } from "../../log.ts";
import { isPadmaError, PadmaError } from "../../errors.ts";
import { attoFil, type AttoFil } from "../../units.ts";
import type { Landed, NetworkInfo, OutgoingMessage, PushedMessage } from "../chain.ts";
import { boolAnswer, filAnswer, textAnswer } from "./answers.ts";
import { parseApiInfo } from "./apiInfo.ts";
import { Awaited } from "./awaited.ts";
import { freshHead } from "./freshHead.ts";
import { keyAddress } from "./miner.ts";
import type { NetworkIdentity } from "./node.ts";
import { Nodes } from "./nodes.ts";
import { networkOf } from "./openLotusChain.ts";
import { Outbound } from "./outbound.ts";
import { type ChainTipSet } from "./answers.ts";
import { TipSets } from "./tipsets.ts";
import { PATIENCE, type Patience } from "./transport.ts";

export interface SetupOptions {
  /** As in `FULLNODE_API_INFO`. */
  readonly apiInfo: string;
  readonly log: Pick<Log, "warn" | "info">;
  readonly patience?: Patience;
  /** The most that the message may cost in fees; none or null: the node's own limit. */
  readonly maxFee?: AttoFil | null;
  readonly now?: () => number;
}

/** An account as the node knows it. */
export interface Account {
  /** ID address, as this network shows it. */
  readonly id: string;
  readonly key: string;
  /** Whether the node's wallet can sign for it. */
  readonly hasKey: boolean;
  readonly balance: AttoFil;
}

/** Close it when it is no longer needed. */
export class NodeSetup {
  readonly #nodes: Nodes;
  readonly #tipsets: TipSets;
  readonly #awaited: Awaited;
  readonly #now: () => number;
  readonly #maxFee: AttoFil | null;

  constructor({ apiInfo, log, patience = PATIENCE, maxFee = null, now = Date.now }: SetupOptions) {
    this.#nodes = new Nodes({ endpoints: parseApiInfo(apiInfo), network: null, patience, now, log });
    this.#tipsets = new TipSets(this.#nodes);
    this.#awaited = new Awaited({ nodes: this.#nodes, tipsets: this.#tipsets, log });
    this.#now = now;
    this.#maxFee = maxFee;
  }

  /** @throws CHAIN_UNREACHABLE, CHAIN_AUTH, … */
  async identity(): Promise<NetworkIdentity> {
    return this.#nodes.withNode((node) => node.identity());
  }

  /** Addresses are shown as the node shows those of `account`. */
  async network({ id }: Pick<Account, "id">): Promise<NetworkInfo> {
    return networkOf(this.#nodes, id.startsWith("f") ? "f" : "t");
  }

  /** @throws CHAIN_NOT_SYNCED (busy) */
  async head(network: Pick<NetworkInfo, "blockDelayMs">): Promise<ChainTipSet> {
    return freshHead({
      nodes: this.#nodes,
      read: () => this.#tipsets.head(),
      now: this.#now,
      blockDelayMs: network.blockDelayMs,
    });
  }

  /** The wallet's default address. @throws WALLET_EMPTY (user) */
  async defaultAddress(): Promise<string> {
    const address = await this.#nodes.call("WalletDefaultAddress", [], textAnswer).catch((error: unknown) => {
      if (isPadmaError(error, "CHAIN_RPC")) return "";
      throw error;
    });
    // Without one lotus answers with an error or with the text of an undefined address.
    if (/^[ft][0-9]/.test(address)) return address;
    throw new PadmaError({
      code: "WALLET_EMPTY",
      kind: "user",
      message: "the node's wallet has no default address to own a miner",
      next: "make one with `lotus wallet new bls` and send FIL to it, or name one with --owner",
    });
  }

  /** @throws ACCOUNT_NOT_ON_CHAIN (user) */
  async account(address: string): Promise<Account> {
    try {
      const id = await this.#nodes.call("StateLookupID", [address, []], textAnswer);
      const key = await keyAddress(this.#nodes, address, []);
      const [hasKey, balance] = await Promise.all([
        this.#nodes.call("WalletHas", [key], boolAnswer),
        this.#nodes.call("WalletBalance", [key], filAnswer),
      ]);
      return { id, key, hasKey, balance };
    } catch (error) {
      if (!isPadmaError(error, "CHAIN_RPC")) throw error;
      throw new PadmaError({
        code: "ACCOUNT_NOT_ON_CHAIN",
        kind: "user",
        message: "the network does not know the address yet: nothing was ever sent to it",
        facts: { address, ...error.facts },
        next: "send some FIL to it first",
        cause: error,
      });
    }
  }

  /** What a new miner locks (FIP-0077). */
  async creationDeposit(): Promise<AttoFil> {
    return attoFil(await this.#nodes.call("StateMinerCreationDeposit", [[]], filAnswer));
  }

  /** Exactly once, as `Chain.push`. @throws CHAIN_REFUSED, CHAIN_FUNDS (busy), CHAIN_PUSH_UNCERTAIN (busy) */
  async push(network: NetworkInfo, from: string, message: OutgoingMessage): Promise<PushedMessage> {
    const outbound = new Outbound({
      nodes: this.#nodes,
      tipsets: this.#tipsets,
      awaited: this.#awaited,
      network,
      head: () => this.head(network),
      senders: async () => ({ from, all: [from] }),
      maxFee: this.#maxFee,
    });
    return outbound.push(message);
  }

  /** The message's receipt in the chain of a head; null until there is one. */
  async landed(cid: string, head: ChainTipSet): Promise<Landed | null> {
    return (await this.#awaited.lookup([cid], head)).get(cid) ?? null;
  }

  async close(): Promise<void> {
    this.#nodes.close();
  }
}
