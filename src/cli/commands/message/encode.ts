import { bytesToHex } from "@noble/hashes/utils.js";
import type { Told } from "../../../app/messageReading.ts";
import { encodeMessage } from "../../../app/messages.ts";
import { bytesToJson } from "../../../wire/json.ts";
import type { Context } from "../../context.ts";
import { jsonGiven } from "./input.ts";

interface Input extends Told {
  readonly jsonFile: string | null;
}

export async function encode(context: Context, input: Input): Promise<void> {
  const { value, kind, assumed } = encodeMessage(await jsonGiven(context, input.jsonFile), input);
  if (assumed !== null) context.output.notice(assumed);
  const hex = bytesToHex(value);
  context.output.data({ kind, hex, base64: bytesToJson(value) ?? "" }, () => hex);
}
