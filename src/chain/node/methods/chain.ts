/** Tipsets, blocks and the messages in them; following the head. */
import { once } from "node:events";
import type { JsonValue } from "../../../wire/json.ts";
import type { Epoch } from "../../../units.ts";
import { messageCbor, signedMessageCbor } from "../../../wire/message.ts";
import type { Block } from "../../devnet/block.ts";
import { receiptsAt } from "../../devnet/receipts.ts";
import { type Call, type Method, method, stream } from "../method.ts";
import { type DevnetNode, PREFIX, type TipSetKey } from "../node.ts";
import { chainEpoch, cid, tipSetKey } from "../params.ts";
import { receiptJson } from "../receiptJson.ts";
import { refuse } from "../rpcError.ts";
import { headChangesJson, headerJson, tipsetJson } from "../tipsetJson.ts";

export const CHAIN: Readonly<Record<string, Method>> = {
  ChainHead: method("read", [], async ({ node }) => tipsetJson(await node.head())),
  ChainGetGenesis: method("read", [], ({ node }) => tipsetJson(node.genesis())),
  ChainGetTipSet: method("read", [tipSetKey], ({ node }, key) => tipsetJson(node.loadTipset(key))),
  ChainGetTipSetByHeight: method("read", [chainEpoch, tipSetKey], async ({ node }, at, key) =>
    tipsetJson(await tipsetAt(node, at, key, "before")),
  ),
  ChainGetTipSetAfterHeight: method("read", [chainEpoch, tipSetKey], async ({ node }, at, key) =>
    tipsetJson(await tipsetAt(node, at, key, "after")),
  ),
  ChainGetBlock: method("read", [cid], ({ node }, one) => headerJson(node.block(one).header)),
  ChainGetBlockMessages: method("read", [cid], ({ node }, one) => blockMessages(node, node.block(one))),
  ChainGetParentMessages: method("read", [cid], ({ node }, one) => parentMessages(node, node.block(one))),
  ChainGetParentReceipts: method("read", [cid], ({ node }, one) => parentReceipts(node, node.block(one))),
  ChainGetMessage: method("read", [cid], ({ node }, one) =>
    messageCbor.toJson(node.signedMessage(one.toString()).message, PREFIX),
  ),
  ChainNotify: stream("read", follow),
};

/** A null round has no tipset: the one before it, or the one after it, stands for it. */
async function tipsetAt(
  node: DevnetNode,
  at: Epoch,
  key: TipSetKey,
  side: "before" | "after",
): Promise<Block> {
  const top = await node.tipset(key);
  if (at > top.header.height) throw refuse("looking for tipset with height greater than start point");
  const { tipsets } = node.parts;
  const found = side === "before" ? tipsets.atOrBefore(at) : tipsets.atOrAfter(at);
  if (found === undefined) throw refuse(`there is no tipset at or below epoch ${at}`);
  return found;
}

/** First the head as it is, then every change, until nobody listens any more. */
async function follow({ node, signal }: Call, send: (value: JsonValue) => void): Promise<void> {
  const stop = node.heads.listen((changes) => send(headChangesJson(changes)));
  send(headChangesJson([{ type: "current", block: node.heads.head }]));
  if (!signal.aborted) await once(signal, "abort");
  stop();
}

function blockMessages(node: DevnetNode, { header }: Block): JsonValue {
  const included = node.parts.pool.includedAt(header.height);
  const of = (kind: "bls" | "secp256k1") => included.filter(({ signature }) => signature.kind === kind);
  return {
    BlsMessages: of("bls").map(({ message }) => messageCbor.toJson(message, PREFIX)),
    SecpkMessages: of("secp256k1").map((one) => signedMessageCbor.toJson(one, PREFIX)),
    Cids: [...of("bls"), ...of("secp256k1")].map((one) => ({ "/": one.cid })),
  };
}

/** A block executes the messages of its parent. */
function parentMessages({ parts: { pool, tipsets } }: DevnetNode, { header }: Block): JsonValue {
  const parent = tipsets.before(header.height);
  if (parent === undefined) return [];
  const included = pool.includedAt(parent.header.height);
  return included.map(({ cid: one, message }) => ({
    Cid: { "/": one },
    Message: messageCbor.toJson(message, PREFIX),
  }));
}

const parentReceipts = (node: DevnetNode, { header }: Block): JsonValue =>
  receiptsAt(node.parts.database, header.height).map(receiptJson);
