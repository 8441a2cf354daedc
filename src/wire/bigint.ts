import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { PadmaError } from "../errors.ts";
import { type AttoFil, attoFil } from "../units.ts";
import { type JsonValue, wrongJson } from "./json.ts";

/** go-state-types refuses longer ones: a sign byte and 127 bytes of magnitude. */
const MAX_LENGTH = 128;

/** Filecoin BigInt: nothing for zero, else a sign byte (0 or 1) and the magnitude, big-endian, no leading zero. */
export function encodeBigint(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0);
  const hex = (value < 0n ? -value : value).toString(16);
  const magnitude = hexToBytes(hex.length % 2 === 0 ? hex : `0${hex}`);
  if (magnitude.length >= MAX_LENGTH) throw refuse("a BigInt may take 128 bytes", magnitude.length + 1);
  const out = new Uint8Array(magnitude.length + 1);
  out[0] = value < 0n ? 1 : 0;
  out.set(magnitude, 1);
  return out;
}

/** Back from `encodeBigint`; any other spelling is refused. @throws PadmaError WIRE_BIGINT */
export function decodeBigint(bytes: Uint8Array): AttoFil {
  if (bytes.length === 0) return attoFil(0n);
  const sign = bytes[0] ?? 0;
  if (sign > 1) throw refuse("the sign byte of a BigInt is neither 0 nor 1", sign);
  if (bytes.length > MAX_LENGTH) throw refuse("a BigInt may take 128 bytes", bytes.length);
  if (bytes.length === 1) throw refuse("a BigInt of zero is empty, this one has a sign", sign);
  if (bytes[1] === 0) throw refuse("the magnitude of a BigInt starts with a zero byte", 0);
  const magnitude = BigInt(`0x${bytesToHex(bytes.subarray(1))}`);
  return attoFil(sign === 1 ? -magnitude : magnitude);
}

/** From the decimal text that lotus writes; one spelling only. @throws PadmaError WIRE_BIGINT_TEXT, WIRE_TYPE */
export function bigintFromJson(value: JsonValue): AttoFil {
  if (typeof value !== "string") throw wrongJson("a decimal number as text", value);
  if (/^(0|-?[1-9]\d*)$/.test(value)) return attoFil(BigInt(value));
  throw new PadmaError({
    code: "WIRE_BIGINT_TEXT",
    message: "a BigInt is text of decimal digits without leading zeros",
    facts: { found: value },
  });
}

function refuse(message: string, found: number): PadmaError {
  return new PadmaError({ code: "WIRE_BIGINT", message, facts: { found } });
}
