import type { AttoFil } from "../units.ts";
import type { Address } from "./address.ts";
import { type CID, cidOfBytes } from "./cid.ts";
import {
  address,
  attoFilField,
  bytes,
  cid,
  type Codec,
  type Field,
  i64,
  messageCodec,
  tuple,
  u64,
  uint,
} from "./field.ts";
import { jsonObject } from "./json.ts";
import { signature, type Signature } from "./signature.ts";

/** A message as an actor receives it. */
export interface Message {
  /** 0 on the network. */
  readonly version: number;
  readonly to: Address;
  readonly from: Address;
  readonly nonce: bigint;
  readonly value: AttoFil;
  readonly gasLimit: bigint;
  /** attoFIL for each unit of gas. */
  readonly gasFeeCap: AttoFil;
  readonly gasPremium: AttoFil;
  readonly method: number;
  /** CBOR of the method's parameters; empty for none. */
  readonly params: Uint8Array;
}

export interface SignedMessage {
  readonly message: Message;
  readonly signature: Signature;
}

const messageTuple = tuple<Message>({
  version: uint,
  to: address,
  from: address,
  nonce: u64,
  value: attoFilField,
  gasLimit: i64,
  gasFeeCap: attoFilField,
  gasPremium: attoFilField,
  method: uint,
  params: bytes,
});

const messageField = withCid(messageTuple, messageCid);
export const messageCbor: Codec<Message> = messageCodec("Message", messageField);

const signedMessageField = withCid(
  tuple<SignedMessage>({ message: messageField, signature }),
  signedMessageCid,
);
export const signedMessageCbor: Codec<SignedMessage> = messageCodec("SignedMessage", signedMessageField);

export function messageCid(message: Message): CID {
  return cidOfBytes(messageCbor.encode(message));
}

/** What a key signs: the bytes of the message's CID. */
export const signingBytes = (message: Message): Uint8Array => new Uint8Array(messageCid(message).bytes);

/** The CID under which the chain knows a signed message: a BLS signature is aggregated away, so it is not part. */
export function signedMessageCid(signed: SignedMessage): CID {
  if (signed.signature.kind === "bls") return messageCid(signed.message);
  return cidOfBytes(signedMessageCbor.encode(signed));
}

/** Lotus shows an object's CID beside its fields. It is worked out anew for what is read, so one that is there is let go. */
function withCid<T>(field: Field<T>, cidOf: (value: T) => CID): Field<T> {
  return {
    ...field,
    toJson: (value, network) => ({
      ...jsonObject(field.toJson(value, network)),
      CID: cid.toJson(cidOf(value), network),
    }),
    fromJson: (value) => {
      const { CID: _shown, ...fields } = jsonObject(value);
      return field.fromJson(fields);
    },
  };
}
