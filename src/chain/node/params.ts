/** Parameters of methods: how each is read from JSON, and what Go calls its type in errors. */
import { isPadmaError } from "../../errors.ts";
import type { Epoch, PaddedSize, SectorNumber } from "../../units.ts";
import { type Address, parseAddress } from "../../wire/address.ts";
import type { Bitfield } from "../../wire/bitfield.ts";
import type { CID } from "../../wire/cid.ts";
import {
  arrayOf,
  bitfield as bitfieldField,
  bytes as bytesField,
  bool as boolField,
  cid as cidField,
  attoFilField,
  epochField,
  type Field,
  int as intField,
  nullable,
  paddedSizeField,
  sectorField,
  text as textField,
  uint as uintField,
} from "../../wire/field.ts";
import { type JsonObject, jsonObject, type JsonValue } from "../../wire/json.ts";
import { type Message, messageCbor, type SignedMessage } from "../../wire/message.ts";
import { sectorPreCommitInfo, type SectorPreCommitInfo } from "../../wire/params/preCommitSectorBatch2.ts";
import { type Signature, signature as signatureField } from "../../wire/signature.ts";
import type { TipSetKey } from "./node.ts";
import { RPC_CODE, RpcError } from "./rpcError.ts";

export interface Param<T> {
  /** As Go prints the type of a pointer to it. */
  readonly go: string;
  /** Throws a PadmaError, or an RpcError with Go's words. */
  readonly read: (value: JsonValue) => T;
}

const of = <T>(go: string, { fromJson }: Pick<Field<T>, "fromJson">): Param<T> => ({ go, read: fromJson });

export const tipSetKey: Param<TipSetKey> = of("*types.TipSetKey", arrayOf(cidField));
export const cid: Param<CID> = of("*cid.Cid", cidField);
export const chainEpoch: Param<Epoch> = of("*abi.ChainEpoch", epochField);
export const sector: Param<SectorNumber> = of("*abi.SectorNumber", sectorField);
export const dealId: Param<number> = of("*abi.DealID", uintField);
export const methodNumber: Param<number> = of("*abi.MethodNum", uintField);
export const uint64: Param<number> = of("*uint64", uintField);
export const bool: Param<boolean> = of("*bool", boolField);
export const int64: Param<number> = of("*crypto.DomainSeparationTag", intField);
export const paddedSize: Param<PaddedSize> = of("*abi.SectorSize", paddedSizeField);
export const preCommitInfo: Param<SectorPreCommitInfo> = of(
  "*miner.SectorPreCommitInfo",
  sectorPreCommitInfo,
);
export const text: Param<string> = of("*string", textField);
export const texts: Param<readonly string[]> = of("*[]string", arrayOf(textField));
export const bytes: Param<Uint8Array> = of("*[]uint8", bytesField);
export const signature: Param<Signature> = of("**crypto.Signature", signatureField);
export const bitfield: Param<Bitfield | null> = of("**bitfield.BitField", nullable(bitfieldField));

/** go-address's words for what is wrong. */
const ADDRESS_ERRORS: Readonly<Record<string, string>> = {
  WIRE_ADDRESS_CHECKSUM: "invalid address checksum",
  WIRE_ADDRESS_PROTOCOL: "unknown address protocol",
  WIRE_ADDRESS_PAYLOAD: "invalid address payload",
};

export const address: Param<Address> = {
  go: "*address.Address",
  read: (value) => {
    const written = textField.fromJson(value);
    if (!/^[ft]/.test(written)) throw new RpcError(RPC_CODE.parse, "unknown address network");
    try {
      return parseAddress(written);
    } catch (error) {
      const words = isPadmaError(error) ? ADDRESS_ERRORS[error.code] : undefined;
      throw words === undefined ? error : new RpcError(RPC_CODE.parse, words);
    }
  },
};

/** How a message is to be sent. */
export interface SendSpec {
  /** attoFIL; 0: as much as it takes. */
  readonly maxFee: bigint;
  /** The sender's own name for the message. */
  readonly uuid: string | undefined;
}

/** Go leaves a field that is not there at its zero, and does not look at one that it does not know. */
const EMPTY_MESSAGE: JsonObject = {
  Version: 0,
  To: null,
  From: null,
  Nonce: 0,
  Value: "0",
  GasLimit: 0,
  GasFeeCap: "0",
  GasPremium: "0",
  Method: 0,
  Params: null,
};

const messageFrom = (value: JsonValue): Message =>
  messageCbor.fromJson(
    Object.fromEntries(
      Object.entries(EMPTY_MESSAGE).map(([key, zero]) => [key, jsonObject(value)[key] ?? zero]),
    ),
  );

export const message: Param<Message> = { go: "**types.Message", read: messageFrom };

export const signedMessage: Param<SignedMessage> = {
  go: "**types.SignedMessage",
  read: (value) => {
    const { Message: inner = null, Signature: made = null } = jsonObject(value);
    return { message: messageFrom(inner), signature: signatureField.fromJson(made) };
  },
};

const NIL_UUID = "00000000-0000-0000-0000-000000000000";

export const sendSpec: Param<SendSpec> = {
  go: "**api.MessageSendSpec",
  read: (value) => {
    const { MaxFee: fee = null, MsgUuid: uuid = null } = value === null ? {} : jsonObject(value);
    const written = uuid === null || uuid === NIL_UUID ? undefined : textField.fromJson(uuid).toLowerCase();
    if (written !== undefined && !UUID.test(written))
      throw new RpcError(RPC_CODE.parse, "invalid UUID format");
    return { maxFee: fee === null || fee === "" ? 0n : attoFilField.fromJson(fee), uuid: written };
  },
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The types of what a list of parameters reads. */
export type Values<P extends readonly Param<unknown>[]> = {
  readonly [K in keyof P]: P[K] extends Param<infer T> ? T : never;
};

/**
 * Reads the parameters of a call.
 * @throws RpcError -32602 for a wrong count, -32700 for one that is not what the method takes.
 */
export function readParams(
  method: string,
  params: readonly Param<unknown>[],
  given: readonly JsonValue[],
): readonly unknown[] {
  if (given.length !== params.length) {
    const counts = `${given.length} != ${params.length}`;
    throw new RpcError(RPC_CODE.invalidParams, `wrong param count (method '${method}'): ${counts}`);
  }
  return params.map((param, index) => readOne(method, param, given[index] ?? null));
}

function readOne<T>(method: string, { go, read }: Param<T>, value: JsonValue): T {
  try {
    return read(value);
  } catch (error) {
    if (!isPadmaError(error) && !(error instanceof RpcError)) throw error;
    throw new RpcError(
      RPC_CODE.parse,
      `unmarshaling params for '${method}' (param: ${go}): ${error.message}`,
    );
  }
}
