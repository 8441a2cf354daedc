import { PadmaError } from "../errors.ts";

const MAX_U64 = (1n << 64n) - 1n;

/** Unsigned LEB128, as addresses and RLE+ use it. */
export function encodeVarint(value: bigint): Uint8Array {
  const out: number[] = [];
  let rest = value;
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(out);
}

/** The varint at the start of `bytes` and its length. @throws PadmaError WIRE_VARINT: cut, over-long, over 64 bits. */
export function decodeVarint(bytes: Uint8Array): { readonly value: bigint; readonly length: number } {
  let value = 0n;
  for (let i = 0; i < 10; i += 1) {
    const byte = bytes[i];
    if (byte === undefined) throw refuse("a varint is cut short");
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte >= 0x80) continue;
    if (byte === 0 && i > 0) throw refuse("a varint is longer than its value needs");
    if (value > MAX_U64) break;
    return { value, length: i + 1 };
  }
  throw refuse("a varint has more than 64 bits");
}

function refuse(message: string): PadmaError {
  return new PadmaError({ code: "WIRE_VARINT", message });
}
