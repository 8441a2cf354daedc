import type { Chain } from "../chain/chain.ts";
import type { Epoch, SectorNumber } from "../units.ts";
import { sealedCid } from "../wire/cid.ts";
import { hexToBytes } from "@noble/hashes/utils.js";

/** The epoch in which the chain took this very replica, or null: the only proof that a commit worked. */
export async function onChainActivation(
  chain: Pick<Chain, "sector">,
  number: SectorNumber,
  commR: string,
): Promise<Epoch | null> {
  const onChain = await chain.sector(number);
  if (onChain === null || onChain.sealedCid !== sealedCid(hexToBytes(commR)).toString()) return null;
  return onChain.activation;
}
