import { bytesToHex } from "@noble/hashes/utils.js";
import { type Told, methodTitle } from "../../../app/messageReading.ts";
import {
  type DecodedMessage,
  decodeMessage,
  type MessageCall,
  type ReadMessage,
} from "../../../app/messages.ts";
import { formatFil } from "../../../units.ts";
import type { NetworkPrefix } from "../../../wire/address.ts";
import { formatJson } from "../../../wire/json.ts";
import type { Message } from "../../../wire/message.ts";
import { METHOD_SEND } from "../../../wire/methods.ts";
import type { Context } from "../../context.ts";
import { type BytesGiven, bytesGiven } from "./input.ts";

interface Input extends BytesGiven, Told {
  readonly prefix: NetworkPrefix;
}

export async function decode({ output }: Context, input: Input): Promise<void> {
  const decoded = decodeMessage(await bytesGiven(input), input, input.prefix);
  if (decoded.assumed !== null) output.notice(decoded.assumed);
  output.document(
    () => formatJson(decoded.value),
    () => renderDecoded(decoded, input.prefix),
  );
}

function renderDecoded({ value, kind, method, message }: DecodedMessage, network: NetworkPrefix): string {
  if (message !== null) return messageLines(message, network).join("\n");
  return [...(method === null ? [] : [`${methodTitle(method)}, ${kind}:`]), formatJson(value, 2)].join("\n");
}

function messageLines({ cid, message, signature, call }: ReadMessage, network: NetworkPrefix): string[] {
  return [
    `CID:\t\t${cid}`,
    `To:\t\t${message.to.toString(network)}`,
    `From:\t\t${message.from.toString(network)}`,
    `Nonce:\t\t${message.nonce}`,
    `Value:\t\t${formatFil(message.value)}`,
    `Gas limit:\t${message.gasLimit}`,
    `Gas fee cap:\t${message.gasFeeCap} attoFIL`,
    `Gas premium:\t${message.gasPremium} attoFIL`,
    `Method:\t\t${methodLine(message, call)}`,
    `Params:\t\t${paramsText(message, call)}`,
    ...(signature === null ? [] : [`Signature:\t${signature.kind} ${bytesToHex(signature.data)}`]),
  ];
}

function paramsText({ params }: Message, call: MessageCall | null): string {
  if (params.length === 0) return "none";
  return call === null ? bytesToHex(params) : formatJson(call.params, 2);
}

function methodLine({ method }: Message, call: MessageCall | null): string {
  if (call === null) return method === METHOD_SEND ? "Send (method 0)" : String(method);
  return `${methodTitle(call.method)}${call.isGuess ? ", if the receiver is a miner" : ""}`;
}
