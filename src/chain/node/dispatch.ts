/** From a request to its answer: JSON-RPC 2.0 as go-jsonrpc speaks it. */
import { isPadmaError } from "../../errors.ts";
import { type JsonObject, jsonObject, type JsonValue, parseJson } from "../../wire/json.ts";
import type { Call, Method } from "./method.ts";
import { readParams } from "./params.ts";
import type { Permission } from "./permissions.ts";
import { RPC_CODE, RpcError, toRpcError } from "./rpcError.ts";

export interface Request {
  /** undefined: a notification, which nobody answers. */
  readonly id: string | number | undefined;
  readonly method: string;
  readonly params: readonly JsonValue[];
}

/** Methods by their full name: `Filecoin.ChainHead`. */
export type Methods = ReadonlyMap<string, Method>;

/** Opens a channel for the request and gives its number, or undefined where there can be none (http). */
export type OpenChannel = (
  start: (signal: AbortSignal, send: (value: JsonValue) => void) => Promise<void>,
) => number;

/** The JSON of a body or of a message. @throws RpcError */
export function readJson(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch (error) {
    if (!isPadmaError(error)) throw error;
    throw new RpcError(RPC_CODE.parse, `unmarshaling request: ${error.message}`);
  }
}

/** @throws RpcError for what is no request. */
export function readRequest(value: JsonValue): Request {
  const { id, method, params } = requestObject(value);
  if (typeof method !== "string") throw invalid("a request has a method");
  if (id !== undefined && id !== null && typeof id !== "number" && typeof id !== "string") {
    throw invalid("a request's id is a number or a text");
  }
  return { id: id ?? undefined, method, params: paramsOf(params ?? null) };
}

function requestObject(value: JsonValue): JsonObject {
  try {
    return jsonObject(value);
  } catch (error) {
    if (!isPadmaError(error)) throw error;
    throw invalid("a request is an object");
  }
}

function paramsOf(value: JsonValue): readonly JsonValue[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value;
  throw new RpcError(RPC_CODE.parse, "unmarshaling param array: params are a list");
}

/**
 * Calls the method. Its parameters are read before its permission is looked at, as lotus does.
 * @throws RpcError
 */
export async function dispatch(
  methods: Methods,
  { method: name, params }: Request,
  call: Call,
  permissions: readonly Permission[],
  open: OpenChannel | null,
): Promise<JsonValue> {
  const method = methods.get(name);
  if (method === undefined) throw new RpcError(RPC_CODE.methodNotFound, `method '${name}' not found`);
  if ("stream" in method && open === null) {
    const mode = "not supported in this mode (no out channel support)";
    throw new RpcError(RPC_CODE.methodNotFound, `method '${name}' ${mode}`);
  }
  try {
    const values = readParams(name, method.params, params);
    requirePermission(name, method, permissions);
    if ("run" in method) return await method.run(call, values);
    return open === null ? null : open((signal, send) => method.stream({ ...call, signal }, send));
  } catch (error) {
    throw toRpcError(error, name);
  }
}

function requirePermission(name: string, { permission }: Method, given: readonly Permission[]): void {
  if (given.includes(permission)) return;
  const short = name.slice(name.indexOf(".") + 1);
  throw new RpcError(RPC_CODE.refused, `missing permission to invoke '${short}' (need '${permission}')`);
}

export const resultJson = (id: Request["id"], result: JsonValue): JsonObject => ({
  jsonrpc: "2.0",
  result,
  id: id ?? null,
});

export function errorJson(id: Request["id"], { code, message, data }: RpcError): JsonObject {
  const error = { code, message, ...(data === undefined ? {} : { data }) };
  return { jsonrpc: "2.0", error, id: id ?? null };
}

const invalid = (message: string): RpcError => new RpcError(RPC_CODE.invalidRequest, message);
