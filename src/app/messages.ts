/** `padma message …`: bytes of the chain ⇄ lotus's JSON. Needs no repo and no node. */
import { isPadmaError } from "../errors.ts";
import { actorAt, type ActorMethod, methodsCalled } from "../wire/actorMethods.ts";
import type { NetworkPrefix } from "../wire/address.ts";
import { type JsonValue, parseJson } from "../wire/json.ts";
import {
  type Message,
  messageCbor,
  messageCid,
  signedMessageCbor,
  signedMessageCid,
} from "../wire/message.ts";
import { ACTOR, type ActorName } from "../wire/methods.ts";
import type { Signature } from "../wire/signature.ts";
import { asInput, type MessageKind, type ReadAs, readAs, type Told } from "./messageReading.ts";

/** A message, signed or not, and what it asks of its receiver. */
export interface ReadMessage {
  readonly cid: string;
  readonly message: Message;
  readonly signature: Signature | null;
  readonly call: MessageCall | null;
}

/** Lotus's JSON; `message` is null for params and returns. */
export interface DecodedMessage extends ReadAs<JsonValue> {
  readonly message: ReadMessage | null;
}

/** Lotus's JSON of canonical bytes. @throws PadmaError (kind `user`) WIRE_*, MESSAGE_* */
export function decodeMessage(bytes: Uint8Array, told: Told, network: NetworkPrefix): DecodedMessage {
  const found = readAs(told, (shape) => shape.toJson(bytes, network));
  const isMessage = found.kind === "message" || found.kind === "signed-message";
  return { ...found, message: isMessage ? readMessage(bytes, found.kind, told.to, network) : null };
}

function readMessage(
  bytes: Uint8Array,
  kind: MessageKind,
  to: ActorName | null,
  network: NetworkPrefix,
): ReadMessage {
  const { message, signature } =
    kind === "message"
      ? { message: messageCbor.decode(bytes), signature: null }
      : signedMessageCbor.decode(bytes);
  const cid = signature === null ? messageCid(message) : signedMessageCid({ message, signature });
  return { cid: cid.toString(), message, signature, call: callOf(message, to, network) };
}

/** Canonical bytes of lotus's JSON. @throws PadmaError (kind `user`) WIRE_*, MESSAGE_* */
export function encodeMessage(text: string, told: Told): ReadAs<Uint8Array> {
  const json = parsed(text);
  return readAs(told, (shape) => shape.fromJson(json));
}

/** The CID under which the chain knows a message. @throws PadmaError (kind `user`) WIRE_*, MESSAGE_* */
export function cidOfMessage(bytes: Uint8Array, kind: MessageKind | null): ReadAs<string> {
  return readAs({ kind, to: null, method: null }, (_shape, read) => {
    if (read === "message") return messageCid(messageCbor.decode(bytes)).toString();
    return signedMessageCid(signedMessageCbor.decode(bytes)).toString();
  });
}

/** A message's parameters as its receiver reads them. */
export interface MessageCall {
  readonly method: ActorMethod;
  readonly params: JsonValue;
  /** True when only the number of the method says that the receiver is a miner. */
  readonly isGuess: boolean;
}

/** null where the receiver's kind is not known, or the params are not those of its method. */
function callOf(message: Message, to: ActorName | null, network: NetworkPrefix): MessageCall | null {
  const known = to ?? actorAt(message.to);
  const actor = known ?? (isLikelyForMiner(message) ? "miner" : null);
  const [method] = actor === null ? [] : methodsCalled(String(message.method), actor);
  if (method === undefined || method.params === null) return null;
  try {
    return { method, params: method.params.toJson(message.params, network), isGuess: known === null };
  } catch (error) {
    if (isPadmaError(error)) return null; // shown as bytes
    throw error;
  }
}

/** From here on a number is a miner's, among the actors that there are many of (a multisig's end at 9). */
const FIRST_METHOD_OF_MINERS_ALONE = 10;

function isLikelyForMiner({ to, method }: Message): boolean {
  const isOneOfItsKind = Object.values(ACTOR).some((actor) => actor.equals(to));
  const isActor = (to.protocol === 0 || to.protocol === 2) && !isOneOfItsKind;
  return isActor && method >= FIRST_METHOD_OF_MINERS_ALONE;
}

function parsed(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch (error) {
    throw isPadmaError(error) ? asInput(error) : error;
  }
}
