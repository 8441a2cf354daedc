/** A miner's state as `StateReadState` decodes it. */
import { bitfield as bitfieldField } from "../../../wire/field.ts";
import { cidOfCbor } from "../../../wire/cid.ts";
import type { JsonValue } from "../../../wire/json.ts";
import { balanceOf } from "../../devnet/actors/ledger.ts";
import { fundsOf, vestingOf } from "../../devnet/actors/miner.ts";
import { type Method, method } from "../method.ts";
import { type MinerAt, PREFIX } from "../node.ts";
import { address, tipSetKey } from "../params.ts";
import { cidJson } from "../tipsetJson.ts";

export const MINER_STATE: Readonly<Record<string, Method>> = {
  StateReadState: method("read", [address, tipSetKey], async ({ node }, one, key) =>
    read(await node.minerAt(one, key)),
  ),
};

/**
 * The amounts are those of the state. There is no IPLD store: a CID names the part of the state that it would link to,
 * in the state that the tipset's header commits to. The calendar is the one that StateMinerProvingDeadline tells.
 */
function read({ state, id, block }: MinerAt): JsonValue {
  const { preCommitDeposits, initialPledge } = fundsOf(state, id);
  const link = (part: string): JsonValue => cidJson(cidOfCbor([block.header.parentStateRoot, id, part]));
  const vesting = vestingOf(state, id);
  return {
    Balance: String(balanceOf(state, id)),
    Code: cidJson(cidOfCbor("padma/devnet/miner")),
    State: {
      Info: link("Info"),
      PreCommitDeposits: String(preCommitDeposits),
      LockedFunds: String(vesting),
      VestingFunds:
        vesting === 0n ? null : { Head: { Epoch: 0, Amount: String(vesting) }, Tail: link("Vesting") },
      FeeDebt: "0",
      InitialPledge: String(initialPledge),
      PreCommittedSectors: link("PreCommittedSectors"),
      PreCommittedSectorsCleanUp: link("PreCommittedSectorsCleanUp"),
      AllocatedSectors: link("AllocatedSectors"),
      Sectors: link("Sectors"),
      ProvingPeriodStart: 0,
      CurrentDeadline: 0,
      Deadlines: link("Deadlines"),
      EarlyTerminations: bitfieldField.toJson([], PREFIX),
      DeadlineCronActive: false,
    },
  };
}
