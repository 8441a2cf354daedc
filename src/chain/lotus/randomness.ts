/** Randomness of the chain for one miner (spec, "Randomness"; go-state-types, crypto/randomness.go). */
import { PadmaError } from "../../errors.ts";
import type { Epoch } from "../../units.ts";
import type { Address } from "../../wire/address.ts";
import { encodeCbor } from "../../wire/cbor.ts";
import type { Randomness } from "../chain.ts";
import { type ChainTipSet, randomnessAnswer } from "./answers.ts";
import type { Nodes } from "./nodes.ts";
import { cidsOf } from "./tipsets.ts";

/** Domain separation tags, and the source each is drawn from. */
const DRAWS = {
  ticket: { method: "StateGetRandomnessFromTickets", tag: 5 },
  seed: { method: "StateGetRandomnessFromBeacon", tag: 6 },
} as const;

/**
 * Draws in the chain of `head`. Its key goes along: lotus 1.36 refuses the empty key for tickets.
 * @throws PadmaError CHAIN_FUTURE_RANDOMNESS, and as `Nodes.call`
 */
export async function draw(
  nodes: Pick<Nodes, "call">,
  what: keyof typeof DRAWS,
  miner: Address,
  at: Epoch,
  head: ChainTipSet,
): Promise<Randomness> {
  if (at > head.epoch) throw future(at, head);
  const { method, tag } = DRAWS[what];
  const entropy = Buffer.from(encodeCbor(miner.toBytes())).toString("base64");
  const value = await nodes.call(method, [tag, at, entropy, cidsOf(head.key)], randomnessAnswer);
  return { epoch: at, value };
}

function future(at: Epoch, head: ChainTipSet): PadmaError {
  return new PadmaError({
    code: "CHAIN_FUTURE_RANDOMNESS",
    kind: "busy",
    message: "randomness cannot be drawn above the head",
    facts: { epoch: at, head: head.epoch },
  });
}
