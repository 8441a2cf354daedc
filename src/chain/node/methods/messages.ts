/** Messages: sending them, what they would do, and what became of them. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { attoFil, type Epoch } from "../../../units.ts";
import type { CID } from "../../../wire/cid.ts";
import { bytesToJson, type JsonValue } from "../../../wire/json.ts";
import {
  type Message,
  messageCbor,
  type SignedMessage,
  signedMessageCbor,
  signedMessageCid,
} from "../../../wire/message.ts";
import { ACTOR, METHOD } from "../../../wire/methods.ts";
import { batchReturn } from "../../../wire/params/batchReturn.ts";
import { publishStorageDealsReturn } from "../../../wire/params/publishStorageDeals.ts";
import type { Codec } from "../../../wire/field.ts";
import { accountAt } from "../../devnet/accounts.ts";
import { balanceOf, resolve } from "../../devnet/actors/ledger.ts";
import type { Block } from "../../devnet/block.ts";
import { EXIT } from "../../devnet/exitCodes.ts";
import { BASE_FEE, GAS_PREMIUM, gasLimitFor, maxGasCost } from "../../devnet/gas.ts";
import { receiptOf, type StoredReceipt } from "../../devnet/receipts.ts";
import { simulate } from "../../devnet/simulate.ts";
import { executionReverted } from "../executionError.ts";
import { type Call, type Method, method } from "../method.ts";
import { type DevnetNode, PREFIX } from "../node.ts";
import {
  address,
  bool,
  chainEpoch,
  cid,
  message as messageParam,
  type SendSpec,
  sendSpec,
  signedMessage,
  tipSetKey,
  uint64,
} from "../params.ts";
import { receiptJson } from "../receiptJson.ts";
import { refuse, RpcError } from "../rpcError.ts";
import { cidJson } from "../tipsetJson.ts";

export const MESSAGES: Readonly<Record<string, Method>> = {
  MpoolPushMessage: method("sign", [messageParam, sendSpec], async ({ node }, sent, spec) =>
    signedMessageCbor.toJson(await pushMessage(node, sent, spec), PREFIX),
  ),
  MpoolPush: method("write", [signedMessage], async ({ node }, signed) => {
    const pushed = signedMessageCid(signed).toString();
    if (node.parts.pool.byCid(pushed) === undefined) {
      await node.chain.submit(`mpool-push-${pushed}`, signed);
    }
    return { "/": pushed };
  }),
  MpoolGetNonce: method("read", [address], ({ node }, from) => Number(node.parts.pool.nextNonce(from))),
  MpoolPending: method("read", [tipSetKey], async ({ node }, key) => {
    await node.tipset(key);
    return node.pendingMessages().map((one) => signedMessageCbor.toJson(one, PREFIX));
  }),
  GasEstimateMessageGas: method(
    "read",
    [messageParam, sendSpec, tipSetKey],
    async ({ node }, sent, spec, key) => {
      await node.tipset(key);
      return messageCbor.toJson(await estimate(node, sent, spec), PREFIX);
    },
  ),
  StateSearchMsg: method("read", [tipSetKey, cid, chainEpoch, bool], async ({ node }, key, wanted, limit) => {
    const from = await node.tipset(key);
    requireKnown(node, wanted);
    const found = lookup(node, wanted, from, limit);
    return found === undefined ? null : lookupJson(found, null);
  }),
  StateWaitMsg: method("read", [cid, uint64, chainEpoch, bool], async (call, wanted, confidence, limit) => {
    const { message } = requireKnown(call.node, wanted);
    const found = await waitFor(call, wanted, confidence, limit);
    return lookupJson(found, decodedReturn(message, found.receipt));
  }),
};

/**
 * Estimates, signs and puts a message into the pool. The same uuid gives the message that it gave before.
 * FAIL: killed in between → nothing was pushed, or the same uuid finds it.
 */
async function pushMessage(node: DevnetNode, sent: Message, spec: SendSpec): Promise<SignedMessage> {
  const { pool } = node.parts;
  const uuid = spec.uuid ?? randomUUID();
  const known = pool.find(uuid);
  if (known !== undefined) return node.signedMessage(known);
  if (sent.nonce !== 0n) {
    throw refuse(`MpoolPushMessage expects message nonce to be 0, was ${sent.nonce}`);
  }
  const from = await senderOf(node, sent);
  const estimated = await estimateForPush(node, { ...sent, from }, spec);
  await requireFunds(node, estimated);
  const { to, value, method: number, params, gasLimit, gasFeeCap, gasPremium } = estimated;
  const gas = { gasLimit, gasFeeCap, gasPremium };
  const unsigned = { uuid, from, to: to.toString(), method: number, params, value, gas };
  return node.signedMessage(await pool.push(unsigned));
}

/** The key address of the sender, which must be an account of the wallet. */
async function senderOf(node: DevnetNode, { from }: Message): Promise<Message["from"]> {
  const state = node.stateAt(await node.head());
  const account = accountAt(state, from);
  if (account === undefined) {
    throw refuse(`mpool push: signing using key '${from.toString(PREFIX)}': key info not found`);
  }
  const { keys } = node.parts;
  return keys.address(keys.key(account.name));
}

async function requireFunds(node: DevnetNode, message: Message): Promise<void> {
  const state = node.stateAt(await node.head());
  const id = resolve(state, message.from);
  const balance = id === undefined ? 0n : balanceOf(state, id);
  const needed = message.value + maxGasCost(message);
  if (balance < needed) throw refuse(`mpool push: not enough funds: ${balance} < ${needed}`);
}

/** An actor's refusal has another code here than when the estimate itself was asked for. */
async function estimateForPush(node: DevnetNode, message: Message, spec: SendSpec): Promise<Message> {
  try {
    return await estimate(node, message, spec);
  } catch (error) {
    if (error instanceof RpcError) throw refuse(`GasEstimateMessageGas error: ${error.message}`);
    throw error;
  }
}

/** Fills in what the sender left at 0. @throws RpcError with the actor's exit code and words when it would refuse. */
async function estimate(node: DevnetNode, message: Message, { maxFee }: SendSpec): Promise<Message> {
  const gasLimit = message.gasLimit === 0n ? await estimateLimit(node, message) : message.gasLimit;
  const gasPremium = message.gasPremium === 0n ? GAS_PREMIUM : message.gasPremium;
  const feeCap = message.gasFeeCap === 0n ? attoFil(BASE_FEE + gasPremium) : message.gasFeeCap;
  const most = maxFee > 0n && feeCap * gasLimit > maxFee ? maxFee / gasLimit : feeCap;
  const gasFeeCap = attoFil(most);
  return { ...message, gasLimit, gasFeeCap, gasPremium: gasPremium > gasFeeCap ? gasFeeCap : gasPremium };
}

async function estimateLimit(node: DevnetNode, message: Message): Promise<bigint> {
  const simulated = await simulate(node.parts, message);
  if (simulated.exitCode !== EXIT.ok) throw executionReverted(node, message, simulated);
  return gasLimitFor(simulated.gasUsed);
}

/** What a method returned, as lotus shows it; null for nothing, and for what failed. */
function decodedReturn({ to, method: number }: Message, { exitCode, returned }: StoredReceipt): JsonValue {
  if (exitCode !== EXIT.ok || returned.length === 0) return null;
  const codec = to.equals(ACTOR.market) ? MARKET_RETURNS.get(number) : MINER_RETURNS.get(number);
  return codec === undefined ? bytesToJson(returned) : codec(returned);
}

const shown =
  <T>({ decode, toJson }: Codec<T>) =>
  (bytes: Uint8Array): JsonValue =>
    toJson(decode(bytes), PREFIX);
const MARKET_RETURNS = new Map<number, (bytes: Uint8Array) => JsonValue>([
  [METHOD.market.PublishStorageDeals, shown(publishStorageDealsReturn)],
]);
const MINER_RETURNS = new Map<number, (bytes: Uint8Array) => JsonValue>([
  [METHOD.miner.ProveCommitSectors3, shown(batchReturn)],
]);

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
