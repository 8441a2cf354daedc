/** Lotus's JSON: what Go's encoding/json makes of go-state-types, with 64-bit numbers in full. */
import { base64pad } from "multiformats/bases/base64";
import { PadmaError } from "../errors.ts";

/** A JSON value. An integer beyond 2⁵³ is a bigint; `parseJson` and `formatJson` keep all its digits. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

export type JsonObject = { readonly [key: string]: JsonValue };

/** Newer than the compiler's library: JSON.parse's third argument to a reviver, and JSON.rawJSON (Node 21). */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parse = JSON.parse as (text: string, reviver?: Reviver) => JsonValue;
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** A number that may be beyond 2⁵³. In a text, where it does no harm, it only costs the slower way. */
const LONG_NUMBER = /[[:,\s]-?\d{16}/;

/**
 * Reads JSON without rounding: lotus writes u64 and i64 as plain numbers (a gas limit of 2⁶²−1, deal ids).
 * @throws PadmaError WIRE_JSON
 */
export function parseJson(text: string): JsonValue {
  try {
    return LONG_NUMBER.test(` ${text}`) ? parse(text, exact) : parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PadmaError({ code: "WIRE_JSON", message: `not JSON: ${reason}`, cause });
  }
}

/** JSON whose numbers are doubles, or undefined for any other text: for what is checked against a schema anyway. */
export function looseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** JSON text of a value, in one line or indented. */
export function formatJson(value: JsonValue, indent?: number): string {
  const digits = (_key: string, item: unknown) => (typeof item === "bigint" ? rawJSON(String(item)) : item);
  return JSON.stringify(value, digits, indent);
}

const exact: Reviver = (_key, value, { source = "" }) =>
  typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
    ? BigInt(source)
    : value;

/** A number when it is a safe integer: what `parseJson` gives for the same digits. */
export const jsonInteger = (value: number | bigint): JsonValue =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value;

/** Go reads nothing at all as null (a nil slice), and writes it so. */
export const bytesToJson = (bytes: Uint8Array): JsonValue =>
  bytes.length === 0 ? null : base64pad.baseEncode(bytes);

/** Bytes from base64 with padding; null is none. @throws PadmaError WIRE_BASE64, WIRE_TYPE */
export function bytesFromJson(value: JsonValue): Uint8Array {
  if (value === null) return new Uint8Array(0);
  if (typeof value !== "string") throw wrongJson("base64 text", value);
  return base64ToBytes(value, base64pad);
}

type Base64 = Pick<typeof base64pad, "baseEncode" | "baseDecode">;

/** Bytes from one of the two spellings, with padding or without. @throws PadmaError WIRE_BASE64 for any other text. */
export function base64ToBytes(text: string, codec: Base64): Uint8Array {
  let bytes: Uint8Array | undefined;
  try {
    bytes = codec.baseDecode(text);
  } catch {
    // A character outside of the alphabet, or spare bits: refused below.
  }
  if (bytes !== undefined && codec.baseEncode(bytes) === text) return bytes;
  const padding = codec === base64pad ? "with padding" : "without padding";
  throw new PadmaError({ code: "WIRE_BASE64", message: `not base64 (${padding})` });
}

/** @throws PadmaError WIRE_TYPE unless the value is an object. */
export function jsonObject(value: JsonValue): JsonObject {
  if (typeof value === "object" && value !== null && !isArray(value)) return value;
  throw wrongJson("an object", value);
}

/** @throws PadmaError WIRE_TYPE unless the value is an array; null is one without items, as Go has it. */
export function jsonArray(value: JsonValue): readonly JsonValue[] {
  if (value === null) return [];
  if (isArray(value)) return value;
  throw wrongJson("an array", value);
}

/**
 * The values of exactly these keys, in their order.
 * @throws PadmaError WIRE_JSON_FIELD for one that is missing or not known.
 */
export function jsonFields(value: JsonValue, keys: readonly string[]): readonly JsonValue[] {
  const object = jsonObject(value);
  const unknown = Object.keys(object).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw wrongField("is not known here", unknown, keys);
  return keys.map((key) => {
    const found = Object.hasOwn(object, key) ? object[key] : undefined;
    if (found === undefined) throw wrongField("is missing", key, keys);
    return found;
  });
}

/** WIRE_TYPE: another kind of JSON value than the field takes. */
export function wrongJson(expected: string, value: JsonValue): PadmaError {
  const found = jsonTypeOf(value);
  return new PadmaError({
    code: "WIRE_TYPE",
    message: `expected ${expected}, found ${found}`,
    facts: { expected, found },
  });
}

function wrongField(problem: string, key: string, keys: readonly string[]): PadmaError {
  return new PadmaError({
    code: "WIRE_JSON_FIELD",
    message: `the field ${key} ${problem}`,
    facts: { expected: keys.join(", ") },
  });
}

function jsonTypeOf(value: JsonValue): string {
  if (value === null) return "null";
  if (typeof value === "number" || typeof value === "bigint") return "a number";
  if (typeof value === "boolean") return "true or false";
  if (typeof value === "string") return "a text";
  return isArray(value) ? "an array" : "an object";
}

/** Array.isArray does not narrow readonly arrays. */
const isArray = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);
