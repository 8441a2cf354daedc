import { isPadmaError } from "../../../errors.ts";
import { type ActorId, actorId, type AttoFil, attoFil } from "../../../units.ts";
import { type Address, actorIdOf } from "../../../wire/address.ts";
import { ACTOR } from "../../../wire/methods.ts";
import { Abort, EXIT } from "../exitCodes.ts";
import { type ActorState, slots } from "../slots.ts";
import type { State } from "../state.ts";

const BURNT = actorIdOf(ACTOR.burntFunds);

/** Actor behind an address; undefined when there is none. */
export function resolve(state: State, address: Address): ActorId | undefined {
  if (address.protocol !== 0) return state.get(slots.address(address));
  const id = idOf(address);
  return id === undefined || state.get(slots.actor(id)) === undefined ? undefined : id;
}

/** The id in an ID address; undefined beyond what a number holds, where no actor of a devnet is. */
function idOf(address: Address): ActorId | undefined {
  try {
    return actorIdOf(address);
  } catch (error) {
    if (isPadmaError(error, "WIRE_ADDRESS_NOT_ID")) return undefined;
    throw error;
  }
}

export function actorAt(state: State, id: ActorId): ActorState {
  const actor = state.get(slots.actor(id));
  if (actor === undefined) throw new Abort(EXIT.notFound, `there is no actor f0${id}`);
  return actor;
}

export const balanceOf = (state: State, id: ActorId): AttoFil => actorAt(state, id).balance;

/** Moves funds. Aborts with the system's "insufficient funds" when they are not there. */
export function transfer(state: State, from: ActorId, to: ActorId, amount: AttoFil): void {
  if (amount === 0n) return;
  const source = actorAt(state, from);
  if (amount < 0n || source.balance < amount) {
    throw new Abort(
      EXIT.insufficientFunds,
      `f0${from} has ${source.balance} attoFIL and cannot send ${amount}`,
    );
  }
  state.set(slots.actor(from), { ...source, balance: attoFil(source.balance - amount) });
  const target = actorAt(state, to);
  state.set(slots.actor(to), { ...target, balance: attoFil(target.balance + amount) });
}

export function burn(state: State, from: ActorId, amount: AttoFil): void {
  transfer(state, from, BURNT, amount);
}

/** The receiver of a message; a key address that nobody used before becomes an account, as on the network. */
export function receiverOf(state: State, address: Address): ActorId | undefined {
  const known = resolve(state, address);
  if (known !== undefined || (address.protocol !== 1 && address.protocol !== 3)) return known;
  const id = newActorId(state);
  state.set(slots.actor(id), { balance: attoFil(0n), nonce: 0n, key: address });
  state.set(slots.address(address), id);
  return id;
}

/** An id that no actor has. Devnets of earlier versions count from below the miner's, so what is taken is left out. */
export function newActorId(state: State): ActorId {
  const next = state.get(slots.nextId);
  if (next === undefined) throw new TypeError("the state has no next actor id");
  let id = next;
  while (state.get(slots.actor(id)) !== undefined) id = actorId(id + 1);
  state.set(slots.nextId, actorId(id + 1));
  return id;
}
