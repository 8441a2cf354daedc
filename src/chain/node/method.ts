/** A method of the node as data: what it needs, what it takes, what it does. */
import type { JsonValue } from "../../wire/json.ts";
import type { DevnetNode } from "./node.ts";
import type { Param, Values } from "./params.ts";
import type { Permission } from "./permissions.ts";

/** One call, as a method sees it. */
export interface Call {
  readonly node: DevnetNode;
  /** Aborted when nobody waits for the answer any more, or for the values of a stream. */
  readonly signal: AbortSignal;
  /** Signs tokens. */
  readonly secret: Uint8Array;
  /** Of padma. */
  readonly version: string;
}

interface Described {
  readonly permission: Permission;
  readonly params: readonly Param<unknown>[];
}

interface Answering extends Described {
  readonly run: (call: Call, values: readonly unknown[]) => Promise<JsonValue>;
}

/** Its answer is a channel (go-jsonrpc): values that come until the caller cancels. */
interface Streaming extends Described {
  readonly stream: (call: Call, send: (value: JsonValue) => void) => Promise<void>;
}

export type Method = Answering | Streaming;

/** Checks that the body takes what the parameters give. */
export function method<const P extends readonly Param<unknown>[]>(
  permission: Permission,
  params: P,
  run: (call: Call, ...values: Values<P>) => Promise<JsonValue> | JsonValue,
): Method {
  return { permission, params, run: async (call, values) => run(call, ...(values as Values<P>)) };
}

export const stream = (permission: Permission, body: Streaming["stream"]): Method => ({
  permission,
  params: [],
  stream: body,
});
