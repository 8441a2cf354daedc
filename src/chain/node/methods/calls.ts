/** What a message would do without being sent (StateCall), and what one that was sent has done (StateReplay). */
import { performance } from "node:perf_hooks";
import { bytesToJson, type JsonObject, type JsonValue } from "../../../wire/json.ts";
import { type Message, messageCbor, messageCid } from "../../../wire/message.ts";
import { resolve } from "../../devnet/actors/ledger.ts";
import type { Block } from "../../devnet/block.ts";
import { EXIT } from "../../devnet/exitCodes.ts";
import { receiptOf } from "../../devnet/receipts.ts";
import { type Simulated, simulate } from "../../devnet/simulate.ts";
import { vmErrorOf } from "../executionError.ts";
import { type Method, method } from "../method.ts";
import { type DevnetNode, PREFIX } from "../node.ts";
import { cid, message as messageParam, tipSetKey } from "../params.ts";
import { refuse } from "../rpcError.ts";
import { cidJson } from "../tipsetJson.ts";
import { actorJson } from "./actors.ts";

/** As lotus fills it in for a call that nobody pays for. */
const CALL_GAS_LIMIT = (1n << 62n) - 1n;
/** CBOR, as a machine's blocks have it: dag-cbor is 0x71, plain CBOR 0x51. */
const CBOR_CODEC = 0x51;

export const CALLS: Readonly<Record<string, Method>> = {
  /** On the head only: a devnet executes nothing on the state of an older tipset. */
  StateCall: method("read", [messageParam, tipSetKey], async ({ node }, sent, key) => {
    const block = await node.tipset(key);
    const head = await node.head();
    if (!block.cid.equals(head.cid)) throw refuse("StateCall runs on the head of a devnet only");
    const nonce = node.parts.pool.nextNonce(sent.from);
    const message: Message = { ...sent, nonce, gasLimit: sent.gasLimit || CALL_GAS_LIMIT };
    const started = performance.now();
    const simulated = await simulate(node.parts, message);
    const nanoseconds = Math.round((performance.now() - started) * 1e6);
    return invocation(node, head, message, simulated, nanoseconds);
  }),
  /** Nothing is executed again: receipt and reason are kept, and both are final with the tipset. */
  StateReplay: method("read", [tipSetKey, cid], async ({ node }, _key, wanted) => {
    const receipt = receiptOf(node.parts.database, wanted.toString());
    if (receipt === undefined) throw refuse(`didn't find msg ${wanted.toString()}`);
    const { message } = node.signedMessage(receipt.cid);
    return invocation(node, await node.head(), message, receipt, 0);
  }),
};

function invocation(
  node: DevnetNode,
  head: Block,
  message: Message,
  simulated: Simulated,
  Duration: number,
): JsonValue {
  return {
    MsgCid: cidJson(messageCid(message)),
    Msg: messageCbor.toJson(message, PREFIX),
    MsgRct: {
      ExitCode: simulated.exitCode,
      Return: bytesToJson(simulated.returned),
      GasUsed: simulated.gasUsed,
      EventsRoot: null,
    },
    GasCost: NO_COST,
    ExecutionTrace: trace(node, head, message, simulated),
    Error: simulated.exitCode === EXIT.ok ? "" : vmErrorOf(node, message, simulated),
    Duration,
  };
}

/** Only the call itself: a devnet keeps no trace of charges, inner calls and objects. */
function trace(node: DevnetNode, head: Block, message: Message, simulated: Simulated): JsonObject {
  const id = resolve(node.stateAt(head), message.to);
  return {
    Msg: {
      From: message.from.toString(PREFIX),
      To: message.to.toString(PREFIX),
      Value: String(message.value),
      Method: message.method,
      Params: bytesToJson(message.params),
      ParamsCodec: message.params.length === 0 ? 0 : CBOR_CODEC,
      GasLimit: message.gasLimit,
      ReadOnly: false,
    },
    MsgRct: {
      ExitCode: simulated.exitCode,
      Return: bytesToJson(simulated.returned),
      ReturnCodec: simulated.returned.length === 0 ? 0 : CBOR_CODEC,
    },
    InvokedActor: id === undefined ? null : { Id: id, State: actorJson(node, head, message.to) },
    GasCharges: [],
    Subcalls: null,
    IpldOps: [],
  };
}

const NO_COST: JsonObject = {
  Message: null,
  GasUsed: "0",
  BaseFeeBurn: "0",
  OverEstimationBurn: "0",
  MinerPenalty: "0",
  MinerTip: "0",
  Refund: "0",
  TotalCost: "0",
};
