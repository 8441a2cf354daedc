/** Bitfields: sets of numbers as RLE+ (spec, appendix "Data structures"). */
import { PadmaError } from "../errors.ts";
import { sameBytes } from "./cbor.ts";
import { jsonArray, type JsonValue, wrongJson } from "./json.ts";
import { encodeVarint } from "./varint.ts";

/** `length` numbers from `start` on. */
export interface Run {
  readonly start: number;
  readonly length: number;
}

/** A set of numbers as ascending runs with a gap between each two. Millions of numbers may be one run. */
export type Bitfield = readonly Run[];

const VERSION_BITS = 2;
const SHORT_LIMIT = 16;

/** The set of the given numbers, in any order. @throws PadmaError WIRE_BITFIELD: negative, unsafe, repeated. */
export function bitfieldOf(numbers: Iterable<number>): Bitfield {
  const runs: Run[] = [];
  for (const number of [...numbers].toSorted((a, b) => a - b)) {
    if (!Number.isSafeInteger(number) || number < 0) throw refuse("not a number of a bitfield", number);
    const last = runs.at(-1);
    if (last === undefined || number > last.start + last.length) runs.push({ start: number, length: 1 });
    else if (number < last.start + last.length) throw refuse("a number is there twice", number);
    else runs[runs.length - 1] = { start: last.start, length: last.length + 1 };
  }
  return runs;
}

/** How many numbers are in the set. @internal for tests and docs */
export function bitfieldCount(set: Bitfield): number {
  return set.reduce((sum, run) => sum + run.length, 0);
}

export function bitfieldHas(set: Bitfield, number: number): boolean {
  return set.some((run) => number >= run.start && number < run.start + run.length);
}

/** The numbers in ascending order. @throws PadmaError WIRE_BITFIELD before it makes more than `limit`. @internal for tests and docs */
export function bitfieldNumbers(set: Bitfield, limit = 1_000_000): number[] {
  const count = bitfieldCount(set);
  if (count > limit) throw refuse(`more than ${limit} numbers`, count);
  return set.flatMap((run) => Array.from({ length: run.length }, (_, i) => run.start + i));
}

/** RLE+ in its shortest form; the empty set is no bytes at all. */
export function encodeBitfield(set: Bitfield): Uint8Array {
  if (set.length === 0) return new Uint8Array(0);
  const writer = new BitWriter();
  writer.write(0, VERSION_BITS);
  writer.write(set[0]?.start === 0 ? 1 : 0, 1);
  let end = 0;
  for (const run of set) {
    checkRun(run, end);
    if (run.start > end) writeBlock(writer, run.start - end);
    writeBlock(writer, run.length);
    end = run.start + run.length;
  }
  return writer.bytes();
}

/** The set in canonical RLE+ bytes. @throws PadmaError WIRE_BITFIELD for any other spelling. */
export function decodeBitfield(bytes: Uint8Array): Bitfield {
  if (bytes.length === 0) return [];
  const reader = new BitReader(bytes);
  const version = reader.read(VERSION_BITS);
  if (version !== 0) throw refuse("RLE+ of an unknown version", version);
  const runs: Run[] = [];
  let isSet = reader.read(1) === 1;
  let at = 0;
  while (reader.hasMore()) {
    const length = readBlock(reader);
    if (isSet) runs.push({ start: at, length });
    at += length;
    if (!Number.isSafeInteger(at)) throw refuse("RLE+ reaches beyond 2^53", at);
    isSet = !isSet;
  }
  // One comparison refuses every other spelling: long blocks for short runs, zero runs, an unset end, spare bytes.
  if (!runs.every((run) => run.length > 0) || !sameBytes(encodeBitfield(runs), bytes)) {
    throw refuse("RLE+ is not in its shortest form", bytes.length);
  }
  return runs;
}

/** Lengths of unset and set runs by turns, unset first: `[5,1]` is {5}, `[0,2]` is {0,1}, `[0]` is empty. */
export function bitfieldToJson(set: Bitfield): JsonValue {
  const ends = set.map((run) => run.start + run.length);
  const lengths = set.flatMap((run, i) => [run.start - (ends[i - 1] ?? 0), run.length]);
  return lengths.length === 0 ? [0] : lengths;
}

/** Back from `bitfieldToJson`; `[]` is empty too. @throws PadmaError WIRE_BITFIELD, WIRE_TYPE */
export function bitfieldFromJson(value: JsonValue): Bitfield {
  if (value === null) throw wrongJson("an array", value);
  const runs: Run[] = [];
  let at = 0;
  for (const [i, length] of jsonArray(value).entries()) {
    if (typeof length !== "number" || !Number.isSafeInteger(at + length) || length < (i === 0 ? 0 : 1)) {
      throw refuse("a run of a bitfield is a number above 0 (the first may be 0)", Number(length));
    }
    if (i % 2 === 1) runs.push({ start: at, length });
    at += length;
  }
  if (jsonArray(value).length % 2 === 1 && at > 0) throw refuse("a bitfield ends in an unset run", at);
  return runs;
}

/** A gap keeps runs apart; only the first may start at 0. */
function checkRun(run: Run, end: number): void {
  const isFirst = end === 0;
  if (run.start < end || (run.start === end && !isFirst) || run.length < 1) {
    throw refuse("runs of a bitfield are ascending with gaps between them", run.start);
  }
  if (!Number.isSafeInteger(run.start) || !Number.isSafeInteger(run.start + run.length)) {
    throw refuse("not a number of a bitfield", run.start);
  }
}

/** `1`: a single bit. `01` + 4 bits: up to 15. `00` + varint: the rest. */
function writeBlock(writer: BitWriter, length: number): void {
  if (length === 1) writer.write(1, 1);
  else if (length < SHORT_LIMIT) {
    writer.write(0b10, 2);
    writer.write(length, 4);
  } else {
    writer.write(0, 2);
    for (const byte of encodeVarint(BigInt(length))) writer.write(byte, 8);
  }
}

function readBlock(reader: BitReader): number {
  if (reader.read(1) === 1) return 1;
  return reader.read(1) === 1 ? reader.read(4) : readLong(reader);
}

function readLong(reader: BitReader): number {
  let value = 0;
  for (let i = 0; i < 10; i += 1) {
    const byte = reader.read(8);
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return value;
  }
  throw refuse("RLE+ run has more than 64 bits", value);
}

/** Bits from the lowest of each byte up, as RLE+ wants them. */
class BitWriter {
  readonly #out: number[] = [];
  #bits = 0;
  #count = 0;

  write(value: number, width: number): void {
    this.#bits |= value << this.#count;
    this.#count += width;
    while (this.#count >= 8) {
      this.#out.push(this.#bits & 0xff);
      this.#bits >>>= 8;
      this.#count -= 8;
    }
  }

  /** A last part byte only if a bit in it is set: bits that are not there read as zero. */
  bytes(): Uint8Array {
    if (this.#bits !== 0) this.#out.push(this.#bits);
    return Uint8Array.from(this.#out);
  }
}

class BitReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    const last = bytes.at(-1) ?? 0;
    if (last === 0) throw refuse("RLE+ ends in a zero byte", bytes.length);
    this.#end = bytes.length * 8 - Math.clz32(last) + 24;
  }

  /** True while a set bit is left; every block but a long one ends in or before one. */
  hasMore(): boolean {
    return this.#at < this.#end;
  }

  read(width: number): number {
    let value = 0;
    for (let i = 0; i < width; i += 1, this.#at += 1) {
      const byte = this.#bytes[this.#at >> 3] ?? 0;
      value |= ((byte >> (this.#at & 7)) & 1) << i;
    }
    return value;
  }
}

function refuse(message: string, found: number): PadmaError {
  return new PadmaError({ code: "WIRE_BITFIELD", message, facts: { found } });
}
