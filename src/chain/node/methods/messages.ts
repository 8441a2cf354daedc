/** Messages on their way: what they would do, signing, the pool. */
import { randomUUID } from "node:crypto";
import { attoFil } from "../../../units.ts";
import {
  type Message,
  messageCbor,
  type SignedMessage,
  signedMessageCbor,
  signedMessageCid,
} from "../../../wire/message.ts";
import { balanceOf, resolve } from "../../devnet/actors/ledger.ts";
import type { Block } from "../../devnet/block.ts";
import { EXIT } from "../../devnet/exitCodes.ts";
import { GAS_PREMIUM, gasLimitFor, maxGasCost } from "../../devnet/gas.ts";
import { type Simulated, simulate } from "../../devnet/simulate.ts";
import { executionReverted } from "../executionError.ts";
import { type Method, method } from "../method.ts";
import { type DevnetNode, PREFIX } from "../node.ts";
import {
  address,
  int64,
  message as messageParam,
  type SendSpec,
  sendSpec,
  signedMessage,
  tipSetKey,
  uint64,
} from "../params.ts";
import { refuse, RpcError } from "../rpcError.ts";
import { accountOf } from "./wallet.ts";

export const MESSAGES: Readonly<Record<string, Method>> = {
  MpoolPushMessage: method("sign", [messageParam, sendSpec], async ({ node }, sent, spec) =>
    signedMessageCbor.toJson(await pushMessage(node, sent, spec), PREFIX),
  ),
  MpoolPush: method("write", [signedMessage], async ({ node }, signed) => {
    const pushed = signedMessageCid(signed).toString();
    // Under the uuid that it has, if any: a message that the pool has dropped is pending again.
    await node.chain.submit(node.parts.pool.uuidOf(pushed) ?? `mpool-push-${pushed}`, signed);
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
  GasEstimateGasLimit: method("read", [messageParam, tipSetKey], async ({ node }, sent, key) => {
    await node.tipset(key);
    return (await simulated(node, sent)).gasUsed;
  }),
  GasEstimateFeeCap: method(
    "read",
    [messageParam, int64, tipSetKey],
    async ({ node }, sent, _blocks, key) => {
      const block = await node.tipset(key);
      return String(feeCapFor(block, sent));
    },
  ),
  GasEstimateGasPremium: method(
    "read",
    [uint64, address, int64, tipSetKey],
    async ({ node }, _blocks, _from, _limit, key) => {
      await node.tipset(key);
      return String(GAS_PREMIUM);
    },
  ),
};

/** Pays the base fee of the head and the premium, however many blocks the message may wait. */
const feeCapFor = (head: Block, { gasPremium }: Message): bigint =>
  head.header.parentBaseFee + (gasPremium === 0n ? GAS_PREMIUM : gasPremium);

/**
 * Estimates, signs and puts a message into the pool. The same uuid gives the message that it gave before.
 * FAIL: killed in between → nothing was pushed, or the same uuid finds it.
 */
async function pushMessage(node: DevnetNode, sent: Message, spec: SendSpec): Promise<SignedMessage> {
  const uuid = spec.uuid ?? randomUUID();
  const known = node.parts.pool.find(uuid);
  if (known !== undefined) return node.signedMessage(known);
  if (sent.nonce !== 0n) {
    throw refuse(`MpoolPushMessage expects message nonce to be 0, was ${sent.nonce}`);
  }
  const from = await senderOf(node, sent);
  return node.senders.take(from.toString(), async () => send(node, uuid, { ...sent, from }, spec));
}

/** In the sender's turn. The uuid may have come in twice at once: then it is known by now. */
async function send(node: DevnetNode, uuid: string, sent: Message, spec: SendSpec): Promise<SignedMessage> {
  const known = node.parts.pool.find(uuid);
  if (known !== undefined) return node.signedMessage(known);
  const estimated = await estimateForPush(node, sent, spec);
  await requireFunds(node, estimated);
  return pushEstimated(node, uuid, estimated);
}

async function pushEstimated(node: DevnetNode, uuid: string, estimated: Message): Promise<SignedMessage> {
  const { from, to, value, method: number, params, gasLimit, gasFeeCap, gasPremium } = estimated;
  const gas = { gasLimit, gasFeeCap, gasPremium };
  const unsigned = { uuid, from, to: to.toString(), method: number, params, value, gas };
  return node.signedMessage(await node.parts.pool.push(unsigned));
}

/** The key address of the sender, which must be an account of the wallet. */
async function senderOf(node: DevnetNode, { from }: Message): Promise<Message["from"]> {
  const state = node.stateAt(await node.head());
  const account = accountOf(state, from);
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
  const gasLimit =
    message.gasLimit === 0n ? gasLimitFor((await simulated(node, message)).gasUsed) : message.gasLimit;
  const gasPremium = message.gasPremium === 0n ? GAS_PREMIUM : message.gasPremium;
  const feeCap = message.gasFeeCap === 0n ? feeCapFor(await node.head(), message) : message.gasFeeCap;
  const most = maxFee > 0n && feeCap * gasLimit > maxFee ? maxFee / gasLimit : feeCap;
  const gasFeeCap = attoFil(most);
  return { ...message, gasLimit, gasFeeCap, gasPremium: gasPremium > gasFeeCap ? gasFeeCap : gasPremium };
}

/** What the message would do on the head. @throws RpcError when it would be refused. */
async function simulated(node: DevnetNode, message: Message): Promise<Simulated> {
  const outcome = await simulate(node.parts, message);
  if (outcome.exitCode !== EXIT.ok) throw executionReverted(node, message, outcome);
  return outcome;
}
