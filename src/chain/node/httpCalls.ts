/** Calls over http: one request, or a list of them, a POST. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { formatJson, type JsonValue } from "../../wire/json.ts";
import { dispatch, errorJson, readJson, readRequest, type Request, resultJson } from "./dispatch.ts";
import { httpStatusOf, RPC_CODE, RpcError, toRpcError } from "./rpcError.ts";
import type { Caller, Service } from "./service.ts";

interface Answered {
  /** undefined: nobody asked for an answer. */
  readonly json: JsonValue | undefined;
  readonly status: number;
}

/** Answers a POST. Rejects only when the request itself cannot be read to its end. */
export async function answerHttp(
  service: Service,
  caller: Caller,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { signal, stop } = service.callSignal();
  response.on("close", stop); // answered, or the caller is gone
  const { json, status } = await answerBody(service, { ...caller, signal }, request);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(json === undefined ? "" : `${formatJson(json)}\n`);
}

async function answerBody(
  service: Service,
  caller: Caller & { readonly signal: AbortSignal },
  request: IncomingMessage,
): Promise<Answered> {
  try {
    const value = readJson(await bodyOf(request, service.maxRequestBytes));
    if (!Array.isArray(value)) return await answerOne(service, caller, value);
    if (value.length === 0) throw new RpcError(RPC_CODE.invalidRequest, "Invalid request");
    return await answerList(service, caller, value);
  } catch (error) {
    return failure(undefined, toRpcError(error, ""));
  }
}

async function answerList(
  service: Service,
  caller: Caller & { readonly signal: AbortSignal },
  values: readonly JsonValue[],
): Promise<Answered> {
  const answers = await Promise.all(values.map((value) => answerOne(service, caller, value)));
  const told = answers.flatMap(({ json }) => (json === undefined ? [] : [json]));
  return { json: told.length === 0 ? undefined : told, status: 200 };
}

async function answerOne(
  service: Service,
  caller: Caller & { readonly signal: AbortSignal },
  value: JsonValue,
): Promise<Answered> {
  let request: Request;
  try {
    request = readRequest(value);
  } catch (error) {
    return failure(undefined, toRpcError(error, ""));
  }
  const { id } = request;
  try {
    const call = service.call(caller.signal);
    const result = await dispatch(service.methods, request, call, caller.permissions, null);
    return { json: id === undefined ? undefined : resultJson(id, result), status: 200 };
  } catch (error) {
    return failure(id, service.told(error, request.method));
  }
}

const failure = (id: Request["id"], error: RpcError): Answered => ({
  json: errorJson(id, error),
  status: httpStatusOf(error.code),
});

/** @throws RpcError for a body that is too long. */
async function bodyOf(request: IncomingMessage, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) {
      throw new RpcError(RPC_CODE.parse, `request bigger than maximum ${most} allowed`);
    }
    chunks.push(chunk);
  }
  if (length === 0) throw new RpcError(RPC_CODE.invalidRequest, "Invalid request");
  return Buffer.concat(chunks).toString("utf8");
}
