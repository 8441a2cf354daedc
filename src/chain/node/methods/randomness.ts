/** Randomness for proofs, drawn as lotus draws it and refused where lotus refuses it. */
import type { Epoch } from "../../../units.ts";
import { bytesToJson } from "../../../wire/json.ts";
import type { Block } from "../../devnet/block.ts";
import { type Method, method } from "../method.ts";
import { type DevnetNode, type TipSetKey } from "../node.ts";
import { bytes, chainEpoch, int64, tipSetKey } from "../params.ts";
import { refuse, RpcError } from "../rpcError.ts";

export const RANDOMNESS: Readonly<Record<string, Method>> = {
  /** Lotus wants the head's own key here; it refuses an empty one. */
  StateGetRandomnessFromTickets: method(
    "read",
    [int64, chainEpoch, bytes, tipSetKey],
    ({ node }, tag, at, entropy, key) => {
      requirePast(tipsetFor(node, key), at, "chain");
      return bytesToJson(node.randomness.fromTickets(tag, at, entropy));
    },
  ),
  StateGetRandomnessFromBeacon: method(
    "read",
    [int64, chainEpoch, bytes, tipSetKey],
    async ({ node }, tag, at, entropy, key) => {
      requirePast(await node.tipset(key), at, "beacon");
      return bytesToJson(node.randomness.fromBeacon(tag, at, entropy));
    },
  ),
};

function tipsetFor(node: DevnetNode, key: TipSetKey): Block {
  try {
    return node.loadTipset(key);
  } catch (error) {
    if (error instanceof RpcError) throw refuse(`loading tipset key: ${error.message}`);
    throw error;
  }
}

function requirePast({ header }: Block, at: Epoch, what: "chain" | "beacon"): void {
  if (at > header.height) {
    throw refuse(`getting ${what} randomness: cannot draw randomness from the future`);
  }
}
