/** Executing a tipset: what fell due in the null rounds before it, its messages, what falls due at its end. */
import { type ActorId, type AttoFil, attoFil, type Epoch, epoch } from "../../units.ts";
import { actorIdOf } from "../../wire/address.ts";
import type { Message } from "../../wire/message.ts";
import { ACTOR, METHOD, METHOD_SEND } from "../../wire/methods.ts";
import type { Machine, Method } from "./actors/call.ts";
import { takeDue } from "./actors/cron.ts";
import { actorAt, burn, receiverOf, resolve, transfer } from "./actors/ledger.ts";
import { addBalance, publishStorageDeals, startDeal } from "./actors/market.ts";
import { createMiner } from "./actors/createMiner.ts";
import { expirePreCommit } from "./actors/miner.ts";
import { preCommitSectorBatch2 } from "./actors/preCommit.ts";
import { proveCommitSectors3 } from "./actors/proveCommit.ts";
import type { BlockHeader } from "./block.ts";
import { Abort, EXIT } from "./exitCodes.ts";
import { gasOf, maxGasCost } from "./gas.ts";
import { type ActorState, slots } from "./slots.ts";
import type { PooledMessage } from "./pool.ts";
import type { State } from "./state.ts";

const REWARD = actorIdOf(ACTOR.reward);
const MARKET = actorIdOf(ACTOR.market);
const POWER = actorIdOf(ACTOR.power);

const MARKET_METHODS: ReadonlyMap<number, Method> = new Map([
  [METHOD.market.AddBalance, addBalance],
  [METHOD.market.PublishStorageDeals, publishStorageDeals],
]);
const POWER_METHODS: ReadonlyMap<number, Method> = new Map([[METHOD.power.CreateMiner, createMiner]]);
const MINER_METHODS: ReadonlyMap<number, Method> = new Map([
  [METHOD.miner.PreCommitSectorBatch2, preCommitSectorBatch2],
  [METHOD.miner.ProveCommitSectors3, proveCommitSectors3],
]);

export interface Receipt {
  readonly cid: string;
  readonly exitCode: number;
  readonly returned: Uint8Array;
  readonly gasUsed: number;
  readonly error: string | null;
}

/** `exitCode`: what it ends with without being run. */
type Executed = Pick<PooledMessage, "cid" | "message" | "exitCode">;

/**
 * Brings the state from the end of the tipset at `parent` to the end of the one at `at`. Rejects, with the state half
 * changed, only when the verifier cannot run or the state is not what the code expects; the caller drops the state.
 */
export async function executeTipset(
  machine: Machine,
  state: State,
  parent: Epoch,
  { height: at, parentBaseFee }: Pick<BlockHeader, "height" | "parentBaseFee">,
  messages: readonly Executed[],
): Promise<readonly Receipt[]> {
  runDue(state, parent, epoch(at - 1));
  const receipts: Receipt[] = [];
  for (const message of messages)
    receipts.push(await applyMessage(machine, state, at, parentBaseFee, message));
  runDue(state, epoch(at - 1), at);
  return receipts;
}

function runDue(state: State, after: Epoch, until: Epoch): void {
  if (until <= after) return;
  for (const entry of takeDue(state, after, until)) {
    if (entry.kind === "preCommitExpiry") expirePreCommit(state, entry);
    else if (entry.kind === "dealStart") startDeal(state, entry.subject);
    else state.delete(slots.vesting(entry.miner));
  }
}

/** What a message did; before its gas. */
export interface Outcome {
  readonly exitCode: number;
  readonly returned: Uint8Array;
  readonly error: string | null;
}

/**
 * The most that gas may cost is set aside with the reward actor while the message runs. A sender whom an earlier
 * message of the tipset left too poor for that loses what is there: on the network the block's miner would pay.
 */
async function applyMessage(
  machine: Machine,
  state: State,
  at: Epoch,
  baseFee: AttoFil,
  { cid, message, exitCode }: Executed,
): Promise<Receipt> {
  const sender = resolve(state, message.from);
  if (sender === undefined) throw new TypeError(`message ${cid} in the chain is from no account`);
  const most = maxGasCost(message);
  const { balance } = countNonce(state, sender);
  if (balance < most) {
    burn(state, sender, balance);
    return { cid, gasUsed: 0, ...failed(EXIT.senderStateInvalid, "the sender cannot pay for the gas") };
  }
  transfer(state, sender, REWARD, most);
  const gas = gasOf(message);
  const limit = Number(message.gasLimit);
  const outcome =
    exitCode !== null
      ? failed(exitCode, "a fault that was ordered for this devnet")
      : gas > limit
        ? failed(EXIT.outOfGas, `it takes ${gas} gas, the limit is ${limit}`)
        : await runMessage(machine, state, at, sender, message);
  const gasUsed = Math.min(gas, limit);
  settleGas(state, sender, message, gasUsed, baseFee);
  return { cid, gasUsed, ...outcome };
}

function countNonce(state: State, sender: ActorId): ActorState {
  const actor = actorAt(state, sender);
  const next = { ...actor, nonce: actor.nonce + 1n };
  state.set(slots.actor(sender), next);
  return next;
}

/** Burns the base fee, leaves the premium with the reward actor, gives the rest back. */
function settleGas(state: State, sender: ActorId, message: Message, gasUsed: number, baseFee: AttoFil): void {
  const fee = BigInt(gasUsed) * baseFee;
  const room = message.gasFeeCap - baseFee;
  const tip = BigInt(gasUsed) * (message.gasPremium < room ? message.gasPremium : room);
  burn(state, REWARD, attoFil(fee));
  transfer(state, REWARD, sender, attoFil(maxGasCost(message) - fee - tip));
}

/** Runs the message. A refusal undoes all it did, the value's way included. */
export async function runMessage(
  machine: Machine,
  state: State,
  at: Epoch,
  caller: ActorId,
  message: Message,
): Promise<Outcome> {
  const checkpoint = state.checkpoint();
  try {
    const receiver = receiverOf(state, message.to);
    if (receiver === undefined)
      throw new Abort(EXIT.invalidReceiver, `there is no actor ${message.to.toString()}`);
    transfer(state, caller, receiver, message.value);
    if (message.method === METHOD_SEND)
      return { exitCode: EXIT.ok, returned: new Uint8Array(0), error: null };
    const { value, params, nonce, from } = message;
    const method = methodOf(state, receiver, message.method);
    const origin = { address: from, nonce };
    const returned = await method({ state, machine, epoch: at, origin, caller, receiver, value, params });
    return { exitCode: EXIT.ok, returned, error: null };
  } catch (error) {
    if (!(error instanceof Abort)) throw error;
    state.revert(checkpoint);
    return failed(error.exitCode, error.message);
  }
}

function methodOf(state: State, receiver: ActorId, method: number): Method {
  const found = methodsOf(state, receiver)?.get(method);
  if (found === undefined)
    throw new Abort(EXIT.unhandledMessage, `f0${receiver} has no method ${method} here`);
  return found;
}

function methodsOf(state: State, receiver: ActorId): ReadonlyMap<number, Method> | undefined {
  if (receiver === MARKET) return MARKET_METHODS;
  if (receiver === POWER) return POWER_METHODS;
  return state.get(slots.miner(receiver)) === undefined ? undefined : MINER_METHODS;
}

const failed = (exitCode: number, error: string): Outcome => ({
  exitCode,
  returned: new Uint8Array(0),
  error,
});
