/** DAG-CBOR in the canonical form that Filecoin signs and hashes. The only file that knows cbor-x. */
import { addExtension, Encoder } from "cbor-x";
import { CID } from "multiformats/cid";
import { PadmaError } from "../errors.ts";
import { scanCbor } from "./cborScan.ts";

/** What DAG-CBOR can say, with integers from −2⁶³ to 2⁶⁴−1. */
export type CborValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | CID
  | readonly CborValue[]
  | { readonly [key: string]: CborValue };

// cbor-x writes a number of 2³² or more as a float and a bigint always in nine bytes,
// so a 32-bit integer goes in as a number and a longer one as a bigint.
const MAX_SHORT = 0xffff_ffffn;
const MIN_SHORT = -0x1_0000_0000n;
const MOST = (1n << 64n) - 1n;
const LEAST = -(1n << 63n);

addExtension<CID, Uint8Array>({
  Class: CID,
  tag: 42,
  encode: (cid, encode) => encode(prefixed(cid.bytes)),
  decode: cidFromTag,
});

const codec = new Encoder({
  useRecords: false,
  tagUint8Array: false,
  copyBuffers: true,
  mapsAsObjects: true,
  variableMapSize: true,
  largeBigIntToFloat: false,
});

/**
 * Canonical DAG-CBOR of a value, in a buffer of its own.
 * @throws PadmaError WIRE_CBOR_UNSUPPORTED: not an integer, beyond 64 bits, undefined, a class instance.
 */
export function encodeCbor(value: CborValue): Uint8Array {
  // cbor-x answers with a view on a shared pool; the copy keeps that pool from being held or handed around.
  return new Uint8Array(codec.encode(normalise(value)));
}

/**
 * The value in canonical DAG-CBOR bytes. Refuses every other encoding of the same value: non-minimal or
 * indefinite headers, floats, tags but 42, trailing bytes, unordered or repeated keys, bad UTF-8.
 * An integer that needs more than 32 bits always comes as a bigint, byte strings as copies.
 * @throws PadmaError WIRE_CBOR_*.
 */
export function decodeCbor(bytes: Uint8Array): CborValue {
  scanCbor(bytes);
  const value = decodeScanned(bytes);
  if (!sameBytes(encodeCbor(value), bytes)) {
    throw new PadmaError({
      code: "WIRE_CBOR_NOT_CANONICAL",
      message: "CBOR is not in its canonical form (order of keys, repeated keys or text that is not UTF-8)",
    });
  }
  return value;
}

function decodeScanned(bytes: Uint8Array): CborValue {
  try {
    // A plain view: a Node Buffer would make every byte string a Buffer too.
    return codec.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)) as CborValue;
  } catch (cause) {
    if (cause instanceof PadmaError) throw cause;
    throw new PadmaError({ code: "WIRE_CBOR_INVALID", message: "CBOR cannot be decoded", cause });
  }
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false; // a loop: ten times faster than every()
  return true;
}

function normalise(value: unknown): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return normaliseText(value);
  if (typeof value === "number") return normaliseNumber(value);
  if (typeof value === "bigint") return normaliseBigint(value);
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(normalise);
  // asCID also takes CIDs made by another copy of multiformats; instanceof would not.
  return CID.asCID(value) ?? normaliseMap(value);
}

/** A lone surrogate has no UTF-8; an encoder would write another character instead. */
function normaliseText(value: string): string {
  if (!value.isWellFormed()) throw unsupported("text with a lone surrogate", JSON.stringify(value));
  return value;
}

function normaliseNumber(value: number): number | bigint {
  if (!Number.isSafeInteger(value)) throw unsupported("a number that is not a safe integer", String(value));
  if (value > 0xffff_ffff || value < -0x1_0000_0000) return BigInt(value);
  return value === 0 ? 0 : value; // −0 would become a float
}

function normaliseBigint(value: bigint): number | bigint {
  if (value > MOST || value < LEAST) throw unsupported("an integer beyond i64 and u64", String(value));
  return value > MAX_SHORT || value < MIN_SHORT ? value : Number(value);
}

/** Keys by length, then by bytes. Integer-like keys are refused: JavaScript would reorder them. */
function normaliseMap(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || !isPlain(value)) {
    throw unsupported("no DAG-CBOR value", typeof value);
  }
  const keys = Object.entries(value).map(([key, item]) => ({
    key,
    bytes: new TextEncoder().encode(key),
    item,
  }));
  if (keys.some(({ key }) => /^\d+$/.test(key) || key === "__proto__")) {
    throw unsupported(
      "a map key that JavaScript cannot keep in order",
      keys.map(({ key }) => key).join(", "),
    );
  }
  keys.sort((a, b) => a.bytes.length - b.bytes.length || compareBytes(a.bytes, b.bytes));
  return Object.fromEntries(keys.map(({ key, item }) => [key, normalise(item)]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const index = a.findIndex((byte, i) => byte !== b[i]);
  return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}

/** DAG-CBOR puts the identity multibase prefix 0x00 before a CID's bytes. */
function prefixed(cid: Uint8Array): Uint8Array {
  const out = new Uint8Array(cid.length + 1);
  out.set(cid, 1);
  return out;
}

function cidFromTag(content: Uint8Array): CID {
  if (!(content instanceof Uint8Array) || content[0] !== 0) {
    throw new PadmaError({ code: "WIRE_CID_PREFIX", message: "tag 42 does not hold a CID with prefix 0x00" });
  }
  try {
    return CID.decode(content.subarray(1)); // of a copy already (copyBuffers)
  } catch (cause) {
    throw new PadmaError({ code: "WIRE_CID_INVALID", message: "tag 42 does not hold a CID", cause });
  }
}

function unsupported(what: string, value: string): PadmaError {
  return new PadmaError({
    code: "WIRE_CBOR_UNSUPPORTED",
    message: `cannot be written as DAG-CBOR: ${what}`,
    facts: { value },
  });
}
