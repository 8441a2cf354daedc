/** Tipsets that were seen, and the way from one head to another. */
import { PadmaError } from "../../errors.ts";
import type { TipSet } from "../chain.ts";
import { type ChainTipSet, tipSetAnswer } from "./answers.ts";
import type { Nodes } from "./nodes.ts";

/** What lies between two heads: first the reverts, from the old head down, then the applies, up to the new head. */
export interface HeadChange {
  readonly reverts: readonly ChainTipSet[];
  readonly applies: readonly ChainTipSet[];
}

export const cidsOf = (key: readonly string[]): readonly { readonly "/": string }[] =>
  key.map((cid) => ({ "/": cid }));

export const sameKey = (a: Pick<TipSet, "key">, b: Pick<TipSet, "key">): boolean =>
  a.key.join() === b.key.join();

/** A day of mainnet; at 200 bytes each. */
const MOST_KEPT = 3000;

export class TipSets {
  readonly #nodes: Pick<Nodes, "call">;
  /** Oldest use first. */
  readonly #known = new Map<string, ChainTipSet>();

  constructor(nodes: Pick<Nodes, "call">) {
    this.#nodes = nodes;
  }

  /** The heaviest tipset of the node. */
  async head(): Promise<ChainTipSet> {
    return this.remember(await this.#nodes.call("ChainHead", [], tipSetAnswer));
  }

  /** A tipset by its key: from memory, or one call. */
  async load(key: readonly string[]): Promise<ChainTipSet> {
    const known = this.#known.get(key.join());
    if (known !== undefined) return known;
    return this.remember(await this.#nodes.call("ChainGetTipSet", [cidsOf(key)], tipSetAnswer));
  }

  /** The tipset that ends at an epoch, or the last one before it, in the chain of a head. */
  async at(epoch: number, head: TipSet): Promise<ChainTipSet> {
    const params = [epoch, cidsOf(head.key)];
    return this.remember(await this.#nodes.call("ChainGetTipSetByHeight", params, tipSetAnswer));
  }

  /**
   * The way from one head to another, by the parents of both: complete, whatever was missed in between, and however
   * deep the fork. Costs a call for each tipset that was not seen yet.
   * @throws PadmaError as `Nodes.call`; CHAIN_RPC when the node does not know the old head's chain (any more)
   */
  async path(from: ChainTipSet, to: ChainTipSet): Promise<HeadChange> {
    const reverts: ChainTipSet[] = [];
    const applies: ChainTipSet[] = [];
    let [old, fresh] = [from, to];
    while (!sameKey(old, fresh)) {
      // The higher one cannot be in the other's past. Of two with one epoch neither is.
      const isOldHigher = old.epoch >= fresh.epoch;
      if (fresh.epoch >= old.epoch) {
        applies.push(fresh);
        fresh = await this.#parent(fresh);
      }
      if (isOldHigher) {
        reverts.push(old);
        old = await this.#parent(old);
      }
    }
    return { reverts, applies: applies.reverse() };
  }

  /** The parents of genesis would be an empty key, which a node takes for its head. */
  async #parent(tipset: ChainTipSet): Promise<ChainTipSet> {
    if (tipset.parents.length > 0) return this.load(tipset.parents);
    throw new PadmaError({
      code: "CHAIN_WRONG_NETWORK",
      kind: "user",
      message: "two chains without a common tipset: the node was set up anew",
      facts: { genesis: tipset.key.join(" ") },
      next: "correct FULLNODE_API_INFO, or make a new repo for the new network",
    });
  }

  remember(tipset: ChainTipSet): ChainTipSet {
    const key = tipset.key.join();
    this.#known.delete(key);
    this.#known.set(key, tipset);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_KEPT && oldest !== undefined) this.#known.delete(oldest);
    return tipset;
  }
}
