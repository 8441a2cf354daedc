/** What both ways into the node (http, websocket) share. */
import type { Log } from "../../log.ts";
import type { Methods } from "./dispatch.ts";
import type { Call } from "./method.ts";
import type { Permission } from "./permissions.ts";
import { RPC_CODE, type RpcError, toRpcError } from "./rpcError.ts";

/** Whoever asks, by the token that came with the connection. */
export interface Caller {
  readonly permissions: readonly Permission[];
}

export interface Service {
  readonly methods: Methods;
  readonly maxRequestBytes: number;
  /** Signs and checks the tokens. */
  readonly secret: Uint8Array;
  /** A signal for one call: aborted by `stop`, and when the node stops. */
  callSignal(): { readonly signal: AbortSignal; readonly stop: () => void };
  call(signal: AbortSignal): Call;
  /** An error as the caller is told it; a bug is logged with its stack. */
  told(error: unknown, method: string): RpcError;
}

export function createService(
  parts: Pick<Call, "node" | "secret" | "version"> & { readonly methods: Methods },
  stopped: AbortSignal,
  log: Pick<Log, "error">,
): Service {
  const { methods, ...shared } = parts;
  return {
    methods,
    maxRequestBytes: MAX_REQUEST_BYTES,
    secret: shared.secret,
    callSignal: () => {
      const controller = new AbortController();
      const stop = () => controller.abort();
      return { signal: AbortSignal.any([controller.signal, stopped]), stop };
    },
    call: (signal) => ({ ...shared, signal }),
    told: (error, method) => {
      const told = toRpcError(error, method);
      if (told.code === RPC_CODE.internal) log.error("a method failed", { method, error: stackOf(error) });
      return told;
    },
  };
}

/** As a lotus node takes at most (go-jsonrpc's default). */
const MAX_REQUEST_BYTES = 100 * 1024 * 1024;

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
