/**
 * Who sends a message and pays for it. As in lotus ([Addresses], storage/ctladdr): the addresses that are configured for
 * its kind, then the worker, then the owner; of those whose key is in the node's wallet the first that has the money,
 * else the one that has most.
 */
import { PadmaError } from "../../errors.ts";
import { type AttoFil, attoFil } from "../../units.ts";
import type { MessageUse, MinerInfo, Payer } from "../chain.ts";
import { boolAnswer, filAnswer } from "./answers.ts";
import { keyAddress, missingKey } from "./miner.ts";
import type { Nodes } from "./nodes.ts";

/** Addresses by the kind of message, in order of preference; any spelling of an account. */
export interface ControlAddresses {
  readonly preCommitControl: readonly string[];
  readonly commitControl: readonly string[];
  readonly dealPublishControl: readonly string[];
  readonly disableWorkerFallback: boolean;
  readonly disableOwnerFallback: boolean;
}

export const NO_CONTROL: ControlAddresses = {
  preCommitControl: [],
  commitControl: [],
  dealPublishControl: [],
  disableWorkerFallback: false,
  disableOwnerFallback: false,
};

export interface PayersDeps {
  readonly nodes: Pick<Nodes, "call" | "changes">;
  readonly addresses: ControlAddresses;
  readonly miner: () => Promise<MinerInfo>;
}

export class Payers {
  readonly #deps: PayersDeps;
  /** Address and `Nodes.changes` → whether the node's wallet has its key. */
  readonly #hasKey = new Map<string, boolean>();
  readonly #keys = new Map<string, string>();

  constructor(deps: PayersDeps) {
    this.#deps = deps;
  }

  /**
   * Key addresses that may send such a message from this node, in order of preference; never empty.
   * @throws PadmaError CHAIN_CONTROL_ADDRESS, CHAIN_KEY_UNKNOWN (both user)
   */
  async candidates(use: MessageUse): Promise<readonly [string, ...string[]]> {
    const miner = await this.#deps.miner();
    const allowed = await this.#allowed(use, miner);
    const withKey: string[] = [];
    for (const address of allowed) if (await this.#isInWallet(address)) withKey.push(address);
    const [first, ...others] = withKey;
    if (first === undefined) throw missingKey(allowed.join(", "));
    return [first, ...others];
  }

  /** @throws as `candidates` */
  async choose(use: MessageUse, needed: bigint): Promise<Payer> {
    const candidates = await this.candidates(use);
    let richest: Payer | null = null;
    for (const address of candidates) {
      const payer = { address, balance: await this.#balance(address) };
      if (payer.balance >= needed) return payer;
      if (richest === null || payer.balance > richest.balance) richest = payer;
    }
    return richest ?? { address: candidates[0], balance: attoFil(0n) };
  }

  async #allowed(use: MessageUse, miner: MinerInfo): Promise<readonly string[]> {
    const { addresses } = this.#deps;
    const configured = await Promise.all(configuredFor(use, addresses).map((address) => this.#key(address)));
    const stranger = configured.find((key) => !isKnownTo(miner, key));
    if (stranger !== undefined) throw notControl(stranger, miner);
    const worker = configured.length > 0 && addresses.disableWorkerFallback ? [] : [miner.worker];
    // The market takes deals from the worker and control addresses alone.
    const owner = use === "PublishDeals" || addresses.disableOwnerFallback ? [] : [miner.owner];
    return [...new Set([...configured, ...worker, ...owner])];
  }

  async #key(address: string): Promise<string> {
    const known = this.#keys.get(address);
    if (known !== undefined) return known;
    const key = await keyAddress(this.#deps.nodes, address, []);
    // One that was not to be had now (or an actor without a key) is asked for again.
    if (!isId(key)) this.#keys.set(address, key);
    return key;
  }

  async #isInWallet(address: string): Promise<boolean> {
    const { nodes } = this.#deps;
    const at = `${address} ${nodes.changes}`;
    const known = this.#hasKey.get(at);
    if (known === true) return known;
    // An owner that is another actor (a multisig) has no key anywhere.
    const has = !isId(address) && (await nodes.call("WalletHas", [address], boolAnswer));
    this.#hasKey.set(at, has);
    return has;
  }

  #balance(address: string): Promise<AttoFil> {
    return this.#deps.nodes.call("WalletBalance", [address], filAnswer);
  }
}

function configuredFor(use: MessageUse, addresses: ControlAddresses): readonly string[] {
  switch (use) {
    case "PreCommit":
      return addresses.preCommitControl;
    case "Commit":
      return addresses.commitControl;
    case "PublishDeals":
      return addresses.dealPublishControl;
  }
}

const isId = (address: string): boolean => /^[ft]0/.test(address);

const isKnownTo = ({ worker, owner, control }: MinerInfo, key: string): boolean =>
  [worker, owner, ...control].includes(key);

function notControl(address: string, miner: MinerInfo): PadmaError {
  return new PadmaError({
    code: "CHAIN_CONTROL_ADDRESS",
    kind: "user",
    message:
      "the network would refuse messages of an address that [addresses] names: it is none of the miner's",
    facts: { address, miner: miner.address, control: miner.control.join(", ") || "none" },
    next: "add it with `lotus-miner actor control set`, or correct config.toml",
  });
}
