/** What became of messages, and what their bytes say. */
import { once } from "node:events";
import type { Epoch } from "../../../units.ts";
import { type ActorMethod, actorAt, methodsCalled } from "../../../wire/actorMethods.ts";
import type { Address } from "../../../wire/address.ts";
import type { CID } from "../../../wire/cid.ts";
import { bytesToJson, type JsonValue } from "../../../wire/json.ts";
import type { Message, SignedMessage } from "../../../wire/message.ts";
import { resolve } from "../../devnet/actors/ledger.ts";
import type { Block } from "../../devnet/block.ts";
import { EXIT } from "../../devnet/exitCodes.ts";
import { receiptOf, type StoredReceipt } from "../../devnet/receipts.ts";
import { slots } from "../../devnet/slots.ts";
import type { State } from "../../devnet/state.ts";
import { type Call, type Method, method } from "../method.ts";
import { actorIdAt, type DevnetNode, PREFIX } from "../node.ts";
import { address, bool, bytes, chainEpoch, cid, methodNumber, tipSetKey, uint64 } from "../params.ts";
import { receiptJson } from "../receiptJson.ts";
import { refuse, RpcError } from "../rpcError.ts";
import { cidJson } from "../tipsetJson.ts";

export const LOOKUPS: Readonly<Record<string, Method>> = {
  StateSearchMsg: method("read", [tipSetKey, cid, chainEpoch, bool], async ({ node }, key, wanted, limit) => {
    const from = await node.tipset(key);
    requireKnown(node, wanted);
    const found = lookup(node, wanted, from, limit);
    return found === undefined ? null : lookupJson(found, null);
  }),
  StateWaitMsg: method("read", [cid, uint64, chainEpoch, bool], async (call, wanted, confidence, limit) => {
    const { message } = requireKnown(call.node, wanted);
    const found = await waitFor(call, wanted, confidence, limit);
    return lookupJson(found, decodedReturn(call.node, message, found));
  }),
  StateDecodeParams: method(
    "read",
    [address, methodNumber, bytes, tipSetKey],
    async ({ node }, to, number, params, key) => {
      const state = node.stateAt(await node.tipset(key));
      actorIdAt(state, to);
      const shape = methodAt(state, to, number)?.params;
      if (shape === undefined || shape === null)
        throw refuse(`getting params type: unknown method ${number} of ${to.toString(PREFIX)}`);
      return shape.toJson(params, PREFIX);
    },
  ),
};

/** What padma knows of a method of the actor at an address. */
function methodAt(state: State, to: Address, number: number): ActorMethod | undefined {
  const id = resolve(state, to);
  const isMiner = id !== undefined && state.get(slots.miner(id)) !== undefined;
  const actor = isMiner ? "miner" : actorAt(to);
  return actor === null ? undefined : methodsCalled(String(number), actor)[0];
}

/** What a method returned, as lotus shows it; null for nothing, and for what failed. */
function decodedReturn(node: DevnetNode, { to, method: number }: Message, { receipt }: Found): JsonValue {
  const { exitCode, returned } = receipt;
  if (exitCode !== EXIT.ok || returned.length === 0) return null;
  const shape = methodAt(node.stateAt(node.heads.head), to, number)?.returns;
  return shape === undefined || shape === null ? bytesToJson(returned) : shape.toJson(returned, PREFIX);
}

interface Found {
  readonly receipt: StoredReceipt;
  /** The tipset that executed the message: lotus names this one, not the one that included it. */
  readonly executed: Block;
}

/** `limit`: how many epochs below the tipset are searched; −1 for all. */
function lookup({ parts }: DevnetNode, wanted: CID, from: Block, limit: Epoch): Found | undefined {
  const receipt = receiptOf(parts.database, wanted.toString());
  const { height } = from.header;
  if (receipt === undefined || receipt.executed > height) return undefined;
  if (limit >= 0 && receipt.executed < height - limit) return undefined;
  const executed = parts.tipsets.atOrAfter(receipt.executed);
  return executed === undefined ? undefined : { receipt, executed };
}

/** Looks again with every new head, until the receipt lies as deep as was asked for. */
async function waitFor(
  { node, signal }: Call,
  wanted: CID,
  confidence: number,
  limit: Epoch,
): Promise<Found> {
  for (;;) {
    const changed = new AbortController();
    const stop = node.heads.listen(() => changed.abort());
    try {
      const head = await node.head();
      const found = lookup(node, wanted, head, limit);
      if (found !== undefined && head.header.height >= found.receipt.executed + confidence) return found;
      const either = AbortSignal.any([changed.signal, signal]);
      if (!either.aborted) await once(either, "abort");
      if (signal.aborted) throw refuse("context canceled");
    } finally {
      stop();
    }
  }
}

const lookupJson = ({ receipt, executed }: Found, returnDec: JsonValue): JsonValue => ({
  Message: { "/": receipt.cid },
  Receipt: receiptJson(receipt),
  ReturnDec: returnDec,
  TipSet: [cidJson(executed.cid)],
  Height: executed.header.height,
});

/** @throws RpcError with the very words of lotus 1.36, formatting slip included. */
function requireKnown(node: DevnetNode, wanted: CID): SignedMessage {
  try {
    return node.signedMessage(wanted.toString());
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    throw refuse(`%!w(*errors.errorString=&{failed to load message}): ${error.message}`);
  }
}
