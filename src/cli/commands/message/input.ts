/** Where the commands get their bytes and JSON from. */
import { hexToBytes } from "@noble/hashes/utils.js";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { asInput } from "../../../app/messageReading.ts";
import { isPadmaError, PadmaError, systemErrorCode } from "../../../errors.ts";
import { bytesFromJson } from "../../../wire/json.ts";
import type { Context } from "../../context.ts";

export interface BytesGiven {
  readonly hex: string | null;
  readonly base64: string | null;
}

/** @throws PadmaError (kind `user`) MESSAGE_INPUT, WIRE_BASE64 */
export async function bytesGiven({ hex, base64 }: BytesGiven): Promise<Uint8Array> {
  if (hex !== null && base64 === null) return fromHex(await orStdin(hex));
  if (hex === null && base64 !== null) return fromBase64(await orStdin(base64));
  const message = hex === null ? "no bytes are given" : "the bytes are given twice";
  throw refuse(message, {}, "use one of --hex and --base64");
}

/** @throws PadmaError (kind `user`) MESSAGE_INPUT when the file cannot be read */
export async function jsonGiven(context: Context, file: string | null): Promise<string> {
  if (file === null) throw refuse("no JSON is given", {}, "name a file with --json-file; - is stdin");
  if (file === "-") return text(process.stdin);
  try {
    return await readFile(context.path(file), "utf8");
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    throw refuse("the JSON file cannot be read", { file, reason }, "name a file that this user can read");
  }
}

/** Proofs for many sectors are more than fits into a command line. */
const orStdin = async (given: string): Promise<string> => (given === "-" ? text(process.stdin) : given);

function fromHex(given: string): Uint8Array {
  const digits = given.trim().replace(/^0x/, "");
  if (/^([0-9a-f]{2})*$/i.test(digits)) return hexToBytes(digits);
  throw refuse("not hex", { digits: digits.length }, "give two digits (0-9, a-f) for each byte");
}

function fromBase64(given: string): Uint8Array {
  try {
    return bytesFromJson(given.trim());
  } catch (error) {
    throw isPadmaError(error) ? asInput(error) : error;
  }
}

function refuse(message: string, facts: PadmaError["facts"], next: string): PadmaError {
  return new PadmaError({ code: "MESSAGE_INPUT", kind: "user", message, facts, next });
}
