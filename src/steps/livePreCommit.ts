import type { Chain, OnChainPreCommit } from "../chain/chain.ts";
import { PadmaError } from "../errors.ts";
import type { At } from "../sealing/sector.ts";
import type { SectorNumber } from "../units.ts";

/**
 * The precommit that a proof can still use: there, and not older than a proof may take. The head is asked for first:
 * it is what brings the chain's state up to date, and a decision on older state could close a message that landed.
 */
export async function livePreCommit(
  chain: Pick<Chain, "head" | "preCommit" | "network">,
  number: SectorNumber,
): Promise<OnChainPreCommit | null> {
  const head = await chain.head();
  const onChain = await chain.preCommit(number);
  if (onChain === null || head.epoch > onChain.epoch + chain.network.maxProveCommitDuration) return null;
  return onChain;
}

/** As `livePreCommit`, if it is the one that the sector's seed belongs to: after a reorg it may have landed later. */
export async function ourPreCommit(
  chain: Pick<Chain, "head" | "preCommit" | "network">,
  { number, preCommitLanded }: Pick<At<"C2">, "number" | "preCommitLanded">,
): Promise<OnChainPreCommit | null> {
  const onChain = await livePreCommit(chain, number);
  return onChain?.epoch === preCommitLanded.epoch ? onChain : null;
}

/** It landed once: expired since, or reverted. Diagnose tells which. */
export function preCommitGone(number: SectorNumber): PadmaError {
  return new PadmaError({
    code: "CHAIN_PRECOMMIT_GONE",
    message: `the precommit of sector ${number} is no longer on chain where its seed comes from, or too old for a proof`,
  });
}
