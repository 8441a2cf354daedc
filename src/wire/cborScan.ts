import { PadmaError } from "../errors.ts";

/** Deep enough for every actor parameter (at most 6 levels), shallow enough for the stack. */
const MAX_DEPTH = 64;
/** The only tag of DAG-CBOR: a CID. */
const CID_TAG = 42n;

const UINT = 0;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const SIMPLE = 7;

const MINIMUM_OF_WIDTH: Readonly<Record<number, bigint>> = {
  1: 24n,
  2: 1n << 8n,
  4: 1n << 16n,
  8: 1n << 32n,
};

interface Header {
  readonly major: number;
  readonly argument: bigint;
  readonly next: number;
}

/**
 * Checks that `bytes` is exactly one well-formed CBOR item with minimal, definite headers, no floats and no
 * tag but 42. Runs before cbor-x sees foreign bytes: cbor-x accepts all of these, and allocates what a header
 * claims. Key order, duplicate keys and UTF-8 are left to the re-encoding in `cbor.ts`.
 * @throws PadmaError WIRE_CBOR_* with the byte offset.
 */
export function scanCbor(bytes: Uint8Array): void {
  const end = skipItem(bytes, 0, 0);
  if (end !== bytes.length) {
    throw refuse("WIRE_CBOR_TRAILING_BYTES", "bytes follow the CBOR item", end, {
      extra: bytes.length - end,
    });
  }
}

/** Offset just behind the item that starts at `at`. */
function skipItem(bytes: Uint8Array, at: number, depth: number): number {
  if (depth > MAX_DEPTH)
    throw refuse("WIRE_CBOR_TOO_DEEP", "CBOR is nested too deeply", at, { limit: MAX_DEPTH });
  const { major, argument, next } = readHeader(bytes, at);
  switch (major) {
    case BYTES:
    case TEXT:
      return skipString(bytes, next, argument);
    case ARRAY:
      return skipMany(bytes, next, argument, depth);
    case MAP:
      return skipMap(bytes, next, argument, depth);
    case TAG:
      if (argument !== CID_TAG)
        throw refuse("WIRE_CBOR_TAG", "CBOR tag is not 42 (CID)", at, { tag: argument });
      return skipItem(bytes, next, depth + 1);
    default:
      return next;
  }
}

function skipString(bytes: Uint8Array, from: number, length: bigint): number {
  if (length > BigInt(bytes.length - from)) throw truncated(from, length);
  return from + Number(length);
}

/** Every item takes at least a byte, so a count beyond what is left is refused before anything is allocated. */
function skipMany(bytes: Uint8Array, from: number, count: bigint, depth: number): number {
  if (count > BigInt(bytes.length - from)) throw truncated(from, count);
  let at = from;
  for (let i = 0; i < Number(count); i += 1) at = skipItem(bytes, at, depth + 1);
  return at;
}

/** DAG-CBOR has text keys only. */
function skipMap(bytes: Uint8Array, from: number, count: bigint, depth: number): number {
  if (count * 2n > BigInt(bytes.length - from)) throw truncated(from, count * 2n);
  let at = from;
  for (let i = 0; i < Number(count); i += 1) {
    if ((bytes[at] ?? 0) >> 5 !== TEXT) throw refuse("WIRE_CBOR_KEY", "a key of a CBOR map is not text", at);
    at = skipItem(bytes, skipItem(bytes, at, depth + 1), depth + 1);
  }
  return at;
}

function readHeader(bytes: Uint8Array, at: number): Header {
  const first = bytes[at];
  if (first === undefined) throw truncated(at, 1n);
  const major = first >> 5;
  const info = first & 31;
  if (major === SIMPLE) return readSimple(info, at);
  if (info < 24) return { major, argument: BigInt(info), next: at + 1 };
  if (info === 31) throw refuse("WIRE_CBOR_INDEFINITE_LENGTH", "CBOR length is indefinite", at);
  if (info > 27) throw refuse("WIRE_CBOR_INVALID", "CBOR header is reserved", at, { byte: first });
  const width = 1 << (info - 24);
  const argument = readUint(bytes, at + 1, width);
  if (argument < (MINIMUM_OF_WIDTH[width] ?? 0n)) {
    const what = major <= UINT + 1 ? "integer" : "length";
    throw refuse("WIRE_CBOR_NOT_MINIMAL", `CBOR ${what} is not in its shortest form`, at, {
      value: argument,
    });
  }
  return { major, argument, next: at + 1 + width };
}

/** Only false, true and null: no undefined, no floats, no other simple value. */
function readSimple(info: number, at: number): Header {
  if (info >= 20 && info <= 22) return { major: SIMPLE, argument: 0n, next: at + 1 };
  if (info >= 25 && info <= 27) throw refuse("WIRE_CBOR_FLOAT", "CBOR holds a floating-point number", at);
  if (info === 31) throw refuse("WIRE_CBOR_INDEFINITE_LENGTH", "CBOR break without a start", at);
  throw refuse("WIRE_CBOR_SIMPLE_VALUE", "CBOR simple value is not false, true or null", at, {
    simple: info,
  });
}

function readUint(bytes: Uint8Array, from: number, width: number): bigint {
  if (from + width > bytes.length) throw truncated(from, BigInt(width));
  let value = 0n;
  for (let i = from; i < from + width; i += 1) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

function truncated(offset: number, wanted: bigint): PadmaError {
  return refuse("WIRE_CBOR_TRUNCATED", "CBOR ends in the middle of an item", offset, { wanted });
}

function refuse(code: string, message: string, offset: number, facts: PadmaError["facts"] = {}): PadmaError {
  return new PadmaError({ code, message, facts: { offset, ...facts } });
}
