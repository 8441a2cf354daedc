/** Codecs of fields, and how they combine into the tuples that actors take. */
import { CID } from "multiformats/cid";
import { type Facts, PadmaError } from "../errors.ts";
import {
  type AttoFil,
  type Epoch,
  type PaddedSize,
  type SectorNumber,
  epoch as toEpoch,
  paddedSize as toPaddedSize,
  sectorNumber as toSector,
} from "../units.ts";
import { type Address, addressFromBytes, type NetworkPrefix, parseAddress } from "./address.ts";
import { bigintFromJson, decodeBigint, encodeBigint } from "./bigint.ts";
import {
  type Bitfield,
  bitfieldFromJson,
  bitfieldToJson,
  decodeBitfield,
  encodeBitfield,
} from "./bitfield.ts";
import { type CborValue, decodeCbor, encodeCbor } from "./cbor.ts";
import { cidFromJson } from "./cid.ts";
import { bytesFromJson, bytesToJson, jsonArray, jsonFields, jsonInteger, type JsonValue } from "./json.ts";

/**
 * One position of a tuple: a typed value ⇄ the CBOR value and the JSON value (lotus's) that stand for it.
 * Throws PadmaError WIRE_*; JSON is read as strictly as CBOR.
 */
export interface Field<T> {
  readonly toCbor: (value: T) => CborValue;
  readonly fromCbor: (value: CborValue) => T;
  /** Addresses are shown for the network. */
  readonly toJson: (value: T, network: NetworkPrefix) => JsonValue;
  readonly fromJson: (value: JsonValue) => T;
}

/** A whole message: a typed value ⇄ canonical bytes and lotus's JSON. Throws PadmaError WIRE_* that names the field. */
export interface Codec<T> extends Pick<Field<T>, "toJson" | "fromJson"> {
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
}

const MAX_U64 = (1n << 64n) - 1n;
const MAX_I64 = (1n << 63n) - 1n;

/** A field whose values are those of another one, seen differently. */
export function mapped<Inner, T>(
  inner: Field<Inner>,
  to: (value: T) => Inner,
  from: (value: Inner) => T,
): Field<T> {
  return {
    toCbor: (value) => inner.toCbor(to(value)),
    fromCbor: (value) => from(inner.fromCbor(value)),
    toJson: (value, network) => inner.toJson(to(value), network),
    fromJson: (value) => from(inner.fromJson(value)),
  };
}

/** Integers look the same in CBOR and in JSON. */
const integer = <T extends number | bigint>(check: (value: CborValue) => T): Field<T> => ({
  toCbor: check,
  fromCbor: check,
  toJson: (value) => jsonInteger(check(value)),
  fromJson: check,
});

/** u64 in full, as a bigint. */
export const u64: Field<bigint> = integer((value) => within(toBigint(value), 0n, MAX_U64));
/** i64 in full, as a bigint. */
export const i64: Field<bigint> = integer((value) => within(toBigint(value), -MAX_I64 - 1n, MAX_I64));
/** An unsigned number that padma counts with: up to 2⁵³−1, larger ones are refused. */
export const uint: Field<number> = integer(safeUint);
/** A signed number that padma counts with: below 2⁵³ in size. */
export const int: Field<number> = integer(safeInt);

const same = <T>(value: T): T => value;
export const epochField: Field<Epoch> = mapped<number, Epoch>(int, same, toEpoch);
export const sectorField: Field<SectorNumber> = mapped<number, SectorNumber>(uint, same, toSector);
export const paddedSizeField: Field<PaddedSize> = mapped<number, PaddedSize>(uint, same, toPaddedSize);

export const bool: Field<boolean> = { toCbor: toBool, fromCbor: toBool, toJson: toBool, fromJson: toBool };

export const text: Field<string> = { toCbor: toText, fromCbor: toText, toJson: toText, fromJson: toText };

/** Bytes of any length; base64 in JSON, null for none. */
export const bytes: Field<Uint8Array> = {
  toCbor: toBytes,
  fromCbor: toBytes,
  toJson: bytesToJson,
  fromJson: bytesFromJson,
};

export const cid: Field<CID> = {
  toCbor: toCid,
  fromCbor: toCid,
  toJson: (value) => ({ "/": value.toString() }),
  fromJson: cidFromJson,
};

export const address: Field<Address> = {
  toCbor: (value) => value.toBytes(),
  fromCbor: (value) => addressFromBytes(toBytes(value)),
  toJson: (value, network) => value.toString(network),
  fromJson: (value) => parseAddress(toText(value)),
};

/** Filecoin BigInt; amounts are attoFIL. Decimal text in JSON. */
export const attoFilField: Field<AttoFil> = {
  toCbor: encodeBigint,
  fromCbor: (value) => decodeBigint(toBytes(value)),
  toJson: String,
  fromJson: bigintFromJson,
};

export const bitfield: Field<Bitfield> = {
  toCbor: encodeBitfield,
  fromCbor: (value) => decodeBitfield(toBytes(value)),
  toJson: bitfieldToJson,
  fromJson: bitfieldFromJson,
};

/** In JSON null when it is empty, as lotus shows what it has read from CBOR; `[]` is taken too. */
export function arrayOf<T>(item: Field<T>): Field<readonly T[]> {
  return {
    toCbor: (values) => values.map((value, i) => at(i, item.toCbor, value)),
    fromCbor: (value) => toArray(value).map((entry, i) => at(i, item.fromCbor, entry)),
    toJson: (values, network) =>
      values.length === 0
        ? null
        : values.map((value, i) => at(i, (one: T) => item.toJson(one, network), value)),
    fromJson: (value) => jsonArray(value).map((entry, i) => at(i, item.fromJson, entry)),
  };
}

export function nullable<T>(item: Field<T>): Field<T | null> {
  return {
    toCbor: (value) => (value === null ? null : item.toCbor(value)),
    fromCbor: (value) => (value === null ? null : item.fromCbor(value)),
    toJson: (value, network) => (value === null ? null : item.toJson(value, network)),
    fromJson: (value) => (value === null ? null : item.fromJson(value)),
  };
}

export type FieldsOf<T extends object> = { readonly [K in keyof T]-?: Field<T[K]> };

/**
 * A fixed CBOR array; the order of the keys is the order on the wire. An object in JSON, under Go's names of the
 * fields: the key with a capital, or what `goNames` says (`{ sealedCid: "SealedCID" }`).
 */
export function tuple<T extends object>(
  fields: FieldsOf<T>,
  goNames?: Readonly<Partial<Record<keyof T, string>>>,
): Field<T> {
  const entries = Object.entries(fields) as [keyof T & string, Field<T[keyof T]>][];
  const names = entries.map(([key]) => goNames?.[key] ?? capital(key));
  return {
    toCbor: (value) => entries.map(([key, field]) => at(key, field.toCbor, value[key])),
    fromCbor: (value) => {
      const items = toArray(value);
      if (items.length !== entries.length) throw wrongLength(entries.length, items.length);
      // The lengths are equal, so `null` only ever stands for a CBOR null.
      return Object.fromEntries(
        entries.map(([key, field], i) => [key, at(key, field.fromCbor, items[i] ?? null)]),
      ) as T;
    },
    toJson: (value, network) =>
      Object.fromEntries(
        entries.map(([key, field], i) => [
          names[i] ?? key,
          at(key, (one: T[keyof T]) => field.toJson(one, network), value[key]),
        ]),
      ),
    fromJson: (value) => {
      const items = jsonFields(value, names);
      return Object.fromEntries(
        entries.map(([key, field], i) => [key, at(names[i] ?? key, field.fromJson, items[i] ?? null)]),
      ) as T;
    },
  };
}

const capital = (key: string): string => key.charAt(0).toUpperCase() + key.slice(1);

/** The codec of a whole message; `name` begins the path in errors: `PreCommitSectorBatch2.sectors[3].sealedCid`. */
export function messageCodec<T>(name: string, field: Field<T>): Codec<T> {
  return {
    encode: (value) => inMessage(name, () => encodeCbor(field.toCbor(value))),
    decode: (encoded) => inMessage(name, () => field.fromCbor(decodeCbor(encoded))),
    toJson: (value, network) => inMessage(name, () => field.toJson(value, network)),
    fromJson: (value) => inMessage(name, () => field.fromJson(value)),
  };
}

/** Runs a field's conversion; an error from inside learns where it happened. */
function at<A, B>(key: string | number, convert: (value: A) => B, value: A): B {
  try {
    return convert(value);
  } catch (error) {
    if (!(error instanceof PadmaError)) throw error;
    const step = typeof key === "number" ? `[${key}]` : `.${key}`;
    throw relocated(error, error.message, {
      ...error.facts,
      field: step + String(error.facts["field"] ?? ""),
    });
  }
}

function inMessage<T>(name: string, convert: () => T): T {
  try {
    return convert();
  } catch (error) {
    if (!(error instanceof PadmaError)) throw error;
    const field = name + String(error.facts["field"] ?? "");
    throw relocated(error, `${field}: ${error.message}`, { ...error.facts, field });
  }
}

function relocated(error: PadmaError, message: string, facts: Facts): PadmaError {
  return new PadmaError({ code: error.code, message, kind: error.kind, facts, cause: error.cause ?? error });
}

function within(value: bigint, least: bigint, most: bigint): bigint {
  if (value < least || value > most) throw outOfRange(value);
  return value;
}

function safeUint(value: CborValue): number {
  const number = safeInt(value);
  if (number < 0) throw outOfRange(number);
  return number;
}

function safeInt(value: CborValue): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number") throw wrongType("an integer", value);
  if (!Number.isSafeInteger(number)) throw outOfRange(typeof value === "bigint" ? value : number);
  return number;
}

function outOfRange(value: number | bigint): PadmaError {
  return new PadmaError({ code: "WIRE_RANGE", message: "number out of range", facts: { value } });
}

function wrongLength(expected: number, found: number): PadmaError {
  return new PadmaError({
    code: "WIRE_TUPLE_LENGTH",
    message: `expected a tuple of ${expected}, found ${found}`,
    facts: { expected, found },
  });
}

function toBigint(value: CborValue): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return BigInt(safeInt(value));
  throw wrongType("an integer", value);
}

function toBool(value: CborValue): boolean {
  if (typeof value !== "boolean") throw wrongType("true or false", value);
  return value;
}

function toText(value: CborValue): string {
  if (typeof value !== "string") throw wrongType("a text", value);
  return value;
}

/** Throws unless the value is a byte string. */
export function toBytes(value: CborValue): Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrongType("a byte string", value);
  return value;
}

function toCid(value: CborValue): CID {
  const found = CID.asCID(value);
  if (found === null) throw wrongType("a CID", value);
  return found;
}

function toArray(value: CborValue): readonly CborValue[] {
  if (!Array.isArray(value)) throw wrongType("an array", value);
  return value;
}

/** WIRE_TYPE: another kind of CBOR item than the field takes. */
export function wrongType(expected: string, value: CborValue): PadmaError {
  const found = cborTypeOf(value);
  return new PadmaError({
    code: "WIRE_TYPE",
    message: `expected ${expected}, found ${found}`,
    facts: { expected, found },
  });
}

function cborTypeOf(value: CborValue): string {
  if (value === null) return "null";
  if (typeof value === "bigint" || typeof value === "number") return "an integer";
  if (typeof value === "boolean") return "true or false";
  if (typeof value === "string") return "a text";
  if (value instanceof Uint8Array) return "a byte string";
  if (Array.isArray(value)) return "an array";
  return CID.asCID(value) === null ? "a map" : "a CID";
}
