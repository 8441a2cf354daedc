/** StateReadState: an actor's own fields. */
import type { ActorId } from "../../../units.ts";
import type { Address } from "../../../wire/address.ts";
import { cidOfCbor } from "../../../wire/cid.ts";
import { bitfield } from "../../../wire/field.ts";
import type { JsonObject, JsonValue } from "../../../wire/json.ts";
import { balanceOf } from "../../devnet/actors/ledger.ts";
import { fundsOf, vestingOf } from "../../devnet/actors/miner.ts";
import type { Block } from "../../devnet/block.ts";
import { slots } from "../../devnet/slots.ts";
import type { State } from "../../devnet/state.ts";
import { type Method, method } from "../method.ts";
import { actorIdAt, type DevnetNode, PREFIX } from "../node.ts";
import { address, tipSetKey } from "../params.ts";
import { refuse } from "../rpcError.ts";
import { cidJson } from "../tipsetJson.ts";
import { codeOf } from "./actors.ts";
import { deadlineAt } from "./deadlines.ts";

export const READ_STATE: Readonly<Record<string, Method>> = {
  StateReadState: method("read", [address, tipSetKey], async ({ node }, one, key) =>
    readState(node, await node.tipset(key), one),
  ),
};

function readState(node: DevnetNode, block: Block, one: Address): JsonValue {
  const state = node.stateAt(block);
  const id = actorIdAt(state, one);
  return {
    Balance: String(balanceOf(state, id)),
    Code: cidJson(codeOf(state, id)),
    State: fieldsOf(state, id, block),
  };
}

function fieldsOf(state: State, id: ActorId, block: Block): JsonObject {
  if (state.get(slots.miner(id)) !== undefined) return minerFields(state, id, block);
  const key = state.get(slots.actor(id))?.key ?? null;
  if (key !== null) return { Address: key.toString(PREFIX) };
  throw refuse("a devnet shows the state of miners and accounts only");
}

/** Collections are objects of their own on the network. Here their CIDs only name them: there is nothing behind them. */
function minerFields(state: State, id: ActorId, { header }: Block): JsonObject {
  const { preCommitDeposits, initialPledge } = fundsOf(state, id);
  const part = (name: string) => cidJson(cidOfCbor([header.parentStateRoot, id, name]));
  const { start, index } = deadlineAt(header.height);
  return {
    Info: part("Info"),
    PreCommitDeposits: String(preCommitDeposits),
    LockedFunds: String(vestingOf(state, id)),
    VestingFunds: null,
    FeeDebt: "0",
    InitialPledge: String(initialPledge),
    PreCommittedSectors: part("PreCommittedSectors"),
    PreCommittedSectorsCleanUp: part("PreCommittedSectorsCleanUp"),
    AllocatedSectors: part("AllocatedSectors"),
    Sectors: part("Sectors"),
    ProvingPeriodStart: start,
    CurrentDeadline: index,
    Deadlines: part("Deadlines"),
    EarlyTerminations: bitfield.toJson([], PREFIX),
    DeadlineCronActive: false,
  };
}
