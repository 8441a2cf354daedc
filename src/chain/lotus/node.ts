import * as v from "valibot";
import { PadmaError } from "../../errors.ts";
import { tipSetAnswer, textAnswer } from "./answers.ts";
import type { Endpoint } from "./apiInfo.ts";
import { badAnswer } from "./errors.ts";
import { HttpTransport } from "./http.ts";
import { SocketTransport } from "./socket.ts";
import type { Patience, Transport } from "./transport.ts";

/** What makes two nodes nodes of one network: names repeat on test networks, a genesis never does. */
export interface NetworkIdentity {
  readonly name: string;
  /** CIDs of the genesis tipset. */
  readonly genesis: readonly string[];
}

/** One node: checked answers, and the network that it is on. */
export class Node {
  readonly endpoint: Endpoint;
  readonly #transport: Transport;

  constructor(endpoint: Endpoint, patience: Patience) {
    this.endpoint = endpoint;
    this.#transport =
      endpoint.transport === "ws"
        ? new SocketTransport(endpoint, patience)
        : new HttpTransport(endpoint, patience);
  }

  get name(): string {
    return this.#transport.name;
  }

  /** @throws PadmaError as `Transport.call`; CHAIN_ANSWER for a result of another shape */
  async call<T>(method: string, params: readonly unknown[], answer: v.GenericSchema<unknown, T>): Promise<T> {
    const parsed = v.safeParse(answer, await this.#transport.call(method, params));
    if (parsed.success) return parsed.output;
    throw badAnswer(this.name, method, shapeOf(parsed.issues[0]));
  }

  async identity(): Promise<NetworkIdentity> {
    const [name, genesis] = await Promise.all([
      this.call("StateNetworkName", [], textAnswer),
      this.call("ChainGetGenesis", [], tipSetAnswer),
    ]);
    return { name, genesis: genesis.key };
  }

  close(): void {
    this.#transport.close();
  }
}

/** `Blocks.0.Height: expected number, received "x"`. */
function shapeOf(issue: v.BaseIssue<unknown>): string {
  return `${v.getDotPath(issue) ?? "it"} has another shape than lotus gives it: ${issue.message}`;
}

/** @throws PadmaError CHAIN_WRONG_NETWORK (user) */
export function requireSame(node: string, found: NetworkIdentity, expected: NetworkIdentity): void {
  if (found.name === expected.name && found.genesis.join() === expected.genesis.join()) return;
  throw new PadmaError({
    code: "CHAIN_WRONG_NETWORK",
    kind: "user",
    message: "the node is on another network than this repo's miner",
    facts: {
      node,
      network: found.name,
      expected: expected.name,
      genesis: found.genesis.join(" "),
      expectedGenesis: expected.genesis.join(" "),
    },
    next: "correct FULLNODE_API_INFO: all nodes in it must be nodes of one network",
  });
}
