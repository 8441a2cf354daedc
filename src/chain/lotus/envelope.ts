/** JSON-RPC 2.0, as go-jsonrpc speaks it: requests by number, answers with a result or an error. */
import * as v from "valibot";
import { looseJson } from "../../wire/json.ts";
import { badAnswer, type RpcError, rpcError } from "./errors.ts";

const NAMESPACE = "Filecoin";

/** The text of a request; `method` without its namespace. */
export function request(id: number, method: string, params: readonly unknown[]): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method: `${NAMESPACE}.${method}`, params });
}

const rpcErrorSchema = v.object({ code: v.number(), message: v.string() });
const answerSchema = v.object({
  jsonrpc: v.literal("2.0"),
  id: v.number(),
  result: v.optional(v.unknown()),
  error: v.nullish(rpcErrorSchema),
});

export interface Answer {
  readonly id: number;
  readonly result: unknown;
  readonly error: RpcError | null;
}

/** An answer, whole and well-formed, or null. */
export function parseAnswer(value: unknown): Answer | null {
  const parsed = v.safeParse(answerSchema, value);
  if (!parsed.success) return null;
  const { id, result, error } = parsed.output;
  if ((error ?? null) === null && result === undefined) return null;
  return { id, result, error: error ?? null };
}

/** The result of a call. @throws PadmaError CHAIN_ANSWER, CHAIN_RPC, CHAIN_METHOD, CHAIN_PERMISSION */
export function resultOf(node: string, method: string, id: number, text: string): unknown {
  const answer = parseAnswer(looseJson(text));
  if (answer === null) throw badAnswer(node, method, `not JSON-RPC: ${start(text)}`);
  if (answer.id !== id) throw badAnswer(node, method, "it answers another call");
  if (answer.error !== null) throw rpcError(node, method, answer.error);
  return answer.result;
}

const SHOWN = 120;

/** The start of a text on one line, for an error. */
export function start(text: string): string {
  const line = text.slice(0, SHOWN + 1).replaceAll(/\s+/g, " ");
  return text === "" ? "it is empty" : line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}
