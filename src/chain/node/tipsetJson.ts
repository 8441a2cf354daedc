/** Block headers and tipsets as lotus shows them. */
import { bytesToJson, type JsonObject, type JsonValue } from "../../wire/json.ts";
import type { CID } from "../../wire/cid.ts";
import type { Block, BlockHeader } from "../devnet/block.ts";
import type { HeadChange } from "./headFeed.ts";
import { PREFIX } from "./node.ts";

export const cidJson = (cid: CID): JsonObject => ({ "/": cid.toString() });

/** What a devnet's block does not have (an aggregate, a signature) is null, as it is in the header's bytes. */
export function headerJson(header: BlockHeader): JsonObject {
  return {
    Miner: header.miner.toString(PREFIX),
    Ticket: { VRFProof: bytesToJson(header.ticket.proof) },
    ElectionProof: { WinCount: header.election.winCount, VRFProof: bytesToJson(header.election.proof) },
    BeaconEntries: header.beacon.map(({ round, data }) => ({ Round: round, Data: bytesToJson(data) })),
    WinPoStProof: [],
    Parents: header.parents.map(cidJson),
    ParentWeight: String(header.parentWeight),
    Height: header.height,
    ParentStateRoot: cidJson(header.parentStateRoot),
    ParentMessageReceipts: cidJson(header.parentReceipts),
    Messages: cidJson(header.messages),
    BLSAggregate: header.blsAggregate,
    Timestamp: header.timestamp,
    BlockSig: header.signature,
    ForkSignaling: header.forkSignal,
    ParentBaseFee: String(header.parentBaseFee),
  };
}

/** A devnet's tipset has one block. */
export function tipsetJson({ cid, header }: Block): JsonObject {
  return { Cids: [cidJson(cid)], Blocks: [headerJson(header)], Height: header.height };
}

/** One value of ChainNotify. */
export const headChangesJson = (
  changes: readonly (HeadChange | { readonly type: "current"; readonly block: Block })[],
): JsonValue => changes.map(({ type, block }) => ({ Type: type, Val: tipsetJson(block) }));
