/** Sealing is half of what a network wants: a sector that is not proven every day costs its owner. */
import type { NetworkInfo } from "../chain/chain.ts";
import { PadmaError } from "../errors.ts";

/** What `init`, `info` and `why` say of a network where it matters. */
export const SPACETIME_NOTE =
  "padma seals but does not prove spacetime yet: unless something else sends this miner's WindowPoSt every day, its " +
  "sectors become faulty and the network takes their pledge";

/**
 * Refuses networks on which sealing alone loses money, unless a person says that the proofs are made elsewhere.
 * @throws SPACETIME_NOT_PROVEN
 */
export function requireSpacetimeProven(
  network: Pick<NetworkInfo, "name" | "isLocal">,
  isElsewhere: boolean,
): void {
  if (network.isLocal || isElsewhere) return;
  throw new PadmaError({
    code: "SPACETIME_NOT_PROVEN",
    kind: "user",
    message: "sealing without proving spacetime loses its owner's money, and padma does not prove it yet",
    facts: {
      network: network.name,
      "what happens":
        "a sector without a WindowPoSt every 24 hours is faulty: it pays a fee each day, and after 42 days it is " +
        "terminated and its pledge is burnt",
    },
    next:
      "where lotus-miner or Curio proves this miner's sectors, say so with --i-prove-spacetime-elsewhere (or " +
      "network.proven_elsewhere in config.toml, PADMA_NETWORK_PROVEN_ELSEWHERE=true); else stay on a devnet",
  });
}
