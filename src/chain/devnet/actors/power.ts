import type { ActorId, PaddedSize } from "../../../units.ts";
import { type PowerState, slots } from "../slots.ts";
import type { State } from "../state.ts";

const NONE: PowerState = { raw: 0n, qualityAdjusted: 0n };

export const claimOf = (state: State, miner: ActorId): PowerState => state.get(slots.claim(miner)) ?? NONE;
export const totalPower = (state: State): PowerState => state.get(slots.totalPower) ?? NONE;

/** Credits a proven sector. Without verified deals the quality is 1. */
export function addSectorPower(state: State, miner: ActorId, size: PaddedSize): void {
  const add = ({ raw, qualityAdjusted }: PowerState): PowerState => ({
    raw: raw + BigInt(size),
    qualityAdjusted: qualityAdjusted + BigInt(size),
  });
  state.set(slots.claim(miner), add(claimOf(state, miner)));
  state.set(slots.totalPower, add(totalPower(state)));
}
