/** What a message would do if it were in the next tipset; nothing of it stays. */
import { type Epoch, epoch } from "../../units.ts";
import type { Message } from "../../wire/message.ts";
import { resolve } from "./actors/ledger.ts";
import type { AdvanceDeps } from "./advance.ts";
import { executeTipset, type Outcome, runMessage } from "./execute.ts";
import { EXIT } from "./exitCodes.ts";
import { baseFeeAt } from "./faults.ts";
import { gasOf } from "./gas.ts";
import { State } from "./state.ts";
import { rowsAt } from "./stateRows.ts";

export interface Simulated extends Outcome {
  readonly gasUsed: number;
}

/**
 * Runs a message after those of the head and after what its sender has in the pool, as a node does before it sends. Gas
 * is counted and not charged: whether the sender can pay is for the pool to say.
 * @throws what the verifier throws when it cannot run.
 */
export async function simulate(deps: AdvanceDeps, message: Message): Promise<Simulated> {
  const { machine, clock } = deps;
  const { state, height } = await stateAfterHead(deps);
  const at = epoch(Math.max(clock.read().epoch, height) + 1);
  const before = pendingOf(deps, state, message);
  // What falls due meanwhile comes first, as it will.
  const next = { height: at, parentBaseFee: baseFeeAt(deps.database, at) };
  await executeTipset(machine, state, height, next, before);
  const sender = resolve(state, message.from);
  const gasUsed = gasOf(message);
  if (sender === undefined) {
    const error = `there is no actor ${message.from.toString()}`;
    return { exitCode: EXIT.senderInvalid, returned: new Uint8Array(0), error, gasUsed };
  }
  return { ...(await runMessage(machine, state, at, sender, message)), gasUsed };
}

/** The head's messages are executed when the next tipset is made; this is the state that it will start from. */
async function stateAfterHead({
  database,
  machine,
  pool,
  tipsets,
}: AdvanceDeps): Promise<{ state: State; height: Epoch }> {
  const { header } = tipsets.head();
  const { height } = header;
  const state = new State(rowsAt(database, height));
  const parent = tipsets.before(height)?.header.height ?? height;
  await executeTipset(machine, state, parent, header, pool.includedAt(height));
  return { state, height };
}

function pendingOf({ pool }: AdvanceDeps, state: State, { from }: Message) {
  const sender = resolve(state, from);
  return pool.waiting().filter(({ message }) => resolve(state, message.from) === sender);
}
