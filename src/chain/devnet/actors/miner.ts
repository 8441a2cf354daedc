/** What the miner's methods share: who may call, what is free of its balance, precommits that ran out. */
import {
  type ActorId,
  type AttoFil,
  attoFil,
  epoch,
  type Epoch,
  type SectorNumber,
  sectorNumber,
} from "../../../units.ts";
import { EXIT } from "../exitCodes.ts";
import { POLICY } from "../parameters.ts";
import { type CronEntry, type MinerFunds, type MinerState, slots } from "../slots.ts";
import type { State } from "../state.ts";
import { type Call, demand } from "./call.ts";
import { balanceOf, burn } from "./ledger.ts";

const NO_FUNDS: MinerFunds = { preCommitDeposits: attoFil(0n), initialPledge: attoFil(0n) };

/** The miner that receives a call, once the caller is known to be its worker or owner. */
export function minerFor(call: Call): MinerState {
  const miner = call.state.get(slots.miner(call.receiver));
  demand(miner !== undefined, () => `f0${call.receiver} is no miner`, EXIT.unhandledMessage);
  demand(
    call.caller === miner.worker || call.caller === miner.owner,
    () => `f0${call.caller} is neither worker nor owner of the miner`,
    EXIT.forbidden,
  );
  return miner;
}

export const fundsOf = (state: State, miner: ActorId): MinerFunds =>
  state.get(slots.funds(miner)) ?? NO_FUNDS;

/** What is left of the deposit with which the miner was created. */
export const vestingOf = (state: State, miner: ActorId): AttoFil =>
  state.get(slots.vesting(miner)) ?? attoFil(0n);

/** What the miner can spend: its balance without deposits, pledge and what is not yet vested. */
export function availableBalance(state: State, miner: ActorId): AttoFil {
  const { preCommitDeposits, initialPledge } = fundsOf(state, miner);
  return attoFil(balanceOf(state, miner) - preCommitDeposits - initialPledge - vestingOf(state, miner));
}

/** When a precommit's time is over for good, and what happens then. */
export function expiryOf(
  { machine, receiver }: Pick<Call, "machine" | "receiver">,
  number: SectorNumber,
  preCommitEpoch: Epoch,
): { readonly at: Epoch; readonly entry: CronEntry } {
  const { maxProveCommitDuration } = machine.parameters;
  const at = epoch(preCommitEpoch + maxProveCommitDuration + POLICY.expiredPreCommitCleanUpDelay);
  return { at, entry: { kind: "preCommitExpiry", miner: receiver, subject: BigInt(number) } };
}

/** A precommit that was never proven ends: its deposit is burnt, its number stays used. */
export function expirePreCommit(state: State, { miner, subject }: CronEntry): void {
  const slot = slots.preCommit(miner, sectorNumber(Number(subject)));
  const preCommit = state.get(slot);
  if (preCommit === undefined) return;
  const funds = fundsOf(state, miner);
  state.set(slots.funds(miner), {
    ...funds,
    preCommitDeposits: attoFil(funds.preCommitDeposits - preCommit.deposit),
  });
  burn(state, miner, preCommit.deposit);
  state.delete(slot);
}
