/**
 * Several nodes as one. Calls go to one of them as long as it answers, then to the next one: no node is used before
 * it has shown that it is on the same network, and again after each failure (it may have come back as another one).
 */
import type { GenericSchema } from "valibot";
import { isPadmaError, type PadmaError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { Endpoint } from "./apiInfo.ts";
import { backoff } from "../../sealing/plan.ts";
import { Node, type NetworkIdentity, requireSame } from "./node.ts";
import type { Patience } from "./transport.ts";

export interface NodesOptions {
  readonly endpoints: readonly Endpoint[];
  /** What all of them must be; null: whatever the first one that answers is. */
  readonly network: NetworkIdentity | null;
  readonly patience: Patience;
  readonly now: () => number;
  readonly log: Pick<Log, "warn">;
}

interface Member {
  readonly node: Node;
  /** Has shown its network since it last failed. */
  isChecked: boolean;
  failures: number;
  /** Wall time before which it is only asked when no other one answers. */
  pausedUntil: number;
}

/** Errors that say something about the node, not about what it was asked: another node may do better. */
const NODE_IS_BAD = ["CHAIN_UNREACHABLE", "CHAIN_ANSWER", "CHAIN_AUTH", "CHAIN_WRONG_NETWORK"];

export class Nodes {
  readonly #options: NodesOptions;
  readonly #members: readonly Member[];
  #network: NetworkIdentity | null;
  #current = 0;
  #changes = 0;

  constructor(options: NodesOptions) {
    this.#options = options;
    this.#network = options.network;
    this.#members = options.endpoints.map((endpoint) => ({
      node: new Node(endpoint, options.patience),
      isChecked: false,
      failures: 0,
      pausedUntil: 0,
    }));
  }

  get size(): number {
    return this.#members.length;
  }

  /** The one that has answered last. */
  get current(): Node {
    return this.#member(this.#current).node;
  }

  /**
   * Grows whenever calls may reach another node, or one that has been away: what was learned before (its head) need
   * not be known there.
   */
  get changes(): number {
    return this.#changes;
  }

  /** The network that all of them are on, once a call has succeeded. */
  get network(): NetworkIdentity | null {
    return this.#network;
  }

  /**
   * Asks one node after the other until one answers. For calls that change nothing.
   * @throws PadmaError what the node has answered; what the last one failed with when none does
   */
  async call<T>(method: string, params: readonly unknown[], answer: GenericSchema<unknown, T>): Promise<T> {
    return this.withNode((node) => node.call(method, params, answer));
  }

  /** `use` with one node after the other until it does not fail by the node's fault. */
  async withNode<T>(use: (node: Node) => Promise<T>): Promise<T> {
    let last: unknown;
    for (const index of this.#order()) {
      try {
        return await this.#try(index, use);
      } catch (error) {
        if (!isPadmaError(error, ...NODE_IS_BAD)) throw error;
        last = error;
      }
    }
    throw last;
  }

  /** Only the node that is used now: for calls that must not be repeated elsewhere without thinking. */
  async once<T>(use: (node: Node) => Promise<T>): Promise<T> {
    return this.#try(this.#current, use);
  }

  /** It answers, but cannot be used (it is not synced): the next calls go elsewhere, if there is another one. */
  demote(node: Node, reason: PadmaError): void {
    const index = this.#members.findIndex((member) => member.node === node);
    if (index !== -1) this.#failed(index, reason);
  }

  close(): void {
    for (const { node } of this.#members) node.close();
  }

  /** The one in use, then the others by preference; those that failed a moment ago last. */
  #order(): readonly number[] {
    const now = this.#options.now();
    const isPaused = (index: number) => this.#member(index).pausedUntil > now;
    const indices = this.#members.map((_, index) => index).filter((index) => index !== this.#current);
    const all = [this.#current, ...indices];
    return [...all.filter((index) => !isPaused(index)), ...all.filter(isPaused)];
  }

  async #try<T>(index: number, use: (node: Node) => Promise<T>): Promise<T> {
    const member = this.#member(index);
    try {
      if (!member.isChecked) await this.#check(member);
      const result = await use(member.node);
      this.#answered(index);
      return result;
    } catch (error) {
      if (isPadmaError(error, ...NODE_IS_BAD)) this.#failed(index, error);
      throw error;
    }
  }

  async #check(member: Member): Promise<void> {
    const identity = await member.node.identity();
    this.#network ??= identity;
    requireSame(member.node.name, identity, this.#network);
    member.isChecked = true;
  }

  #answered(index: number): void {
    const member = this.#member(index);
    if (index !== this.#current || member.failures > 0) this.#changes += 1;
    this.#current = index;
    member.failures = 0;
    member.pausedUntil = 0;
  }

  #failed(index: number, error: PadmaError): void {
    const member = this.#member(index);
    member.isChecked = false;
    member.failures += 1;
    const { retryMs, maxRetryMs } = this.#options.patience;
    const pause = backoff({ baseMs: retryMs, maxMs: maxRetryMs }, member.failures, index);
    member.pausedUntil = this.#options.now() + pause;
    const { code, message } = error;
    this.#options.log.warn("node failed", { node: member.node.name, code, error: message, pauseMs: pause });
  }

  #member(index: number): Member {
    const member = this.#members[index];
    if (member === undefined) throw new RangeError(`there is no node ${index}`);
    return member;
  }
}
