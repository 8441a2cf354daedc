/**
 * Which network a repo's miner lives on: `network.json`, written once by `init`. No setting: another value would be
 * another miner. A repo without the file has a devnet of its own.
 */
import { existsSync, readFileSync } from "node:fs";
import * as v from "valibot";
import type { NetworkInfo } from "../chain/chain.ts";
import type { ConfigOverrides } from "../config/settings.ts";
import { PadmaError } from "../errors.ts";
import { writeDurably } from "../storage/durable.ts";
import type { Repo } from "./repo.ts";

const lotusNetwork = v.object({
  kind: v.literal("lotus"),
  /** As the node calls it: `mainnet`, `localnet-…`. */
  name: v.string(),
  /** CIDs of the genesis tipset. Names repeat on test networks, a genesis never does. */
  genesis: v.pipe(v.array(v.string()), v.readonly()),
  /** The miner's ID address. */
  actor: v.string(),
  /** See NetworkInfo: kept for what is said of a sector without asking a node. */
  isLocal: v.boolean(),
});
export type LotusNetwork = Readonly<v.InferOutput<typeof lotusNetwork>>;
export type RecordedNetwork = { readonly kind: "devnet" } | LotusNetwork;

/** @throws REPO_NETWORK_DAMAGED */
export function readNetwork({ network: path }: Pick<Repo, "network">): RecordedNetwork {
  if (!existsSync(path)) return { kind: "devnet" };
  try {
    return v.parse(lotusNetwork, JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    if (!(cause instanceof SyntaxError || v.isValiError(cause))) throw cause;
    throw new PadmaError({
      code: "REPO_NETWORK_DAMAGED",
      kind: "user",
      message: "the record of the repo's network cannot be read",
      facts: { file: path },
      next: "restore it from a backup: it holds the miner's address and the network's genesis",
      cause,
    });
  }
}

export const recordNetwork = (repo: Pick<Repo, "network">, network: LotusNetwork): Promise<void> =>
  writeDurably(repo.network, `${JSON.stringify(network, undefined, 2)}\n`);

/** A devnet of padma behind a node's address (`padma devnet serve`). */
export const isServedDevnet = ({ kind, name }: Pick<NetworkInfo, "kind" | "name">): boolean =>
  kind === "lotus" && name === "padma-devnet";

/** What lotus waits for on a network with forks (its MessageConfidence and InteractivePoRepConfidence). */
const ON_LOTUS: ConfigOverrides = { sealing: { messageConfidence: 5, seedConfidence: 6 } };

/** Settings that have another default there. */
export const networkDefaults = ({ kind }: Pick<RecordedNetwork, "kind">): ConfigOverrides =>
  kind === "lotus" ? ON_LOTUS : {};
