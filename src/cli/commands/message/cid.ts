import type { MessageKind } from "../../../app/messageReading.ts";
import { cidOfMessage } from "../../../app/messages.ts";
import type { Context } from "../../context.ts";
import { type BytesGiven, bytesGiven } from "./input.ts";

interface Input extends BytesGiven {
  readonly kind: MessageKind | null;
}

export async function cid({ output }: Context, input: Input): Promise<void> {
  const { value, kind, assumed } = cidOfMessage(await bytesGiven(input), input.kind);
  if (assumed !== null) output.notice(assumed);
  output.data({ kind, cid: value }, () => value);
}
