import type { ReplicaIdentity } from "../proofs/prover.ts";
import type { Identity, Randomness } from "../sealing/sector.ts";

/** What every proof of a sector binds: its size, miner, number and ticket. */
export function replicaIdentity(sector: Identity & { readonly ticket: Randomness }): ReplicaIdentity {
  const { sectorSize, miner, number, ticket } = sector;
  return { sectorSize, miner, number, ticket: ticket.value };
}
