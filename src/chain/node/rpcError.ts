/** Errors on the wire, with the numbers and words of a lotus node (go-jsonrpc; lotus api/api_errors.go). */
import { isPadmaError } from "../../errors.ts";

export const RPC_CODE = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  /** The server itself failed (a bug). */
  internal: 0,
  /** What a method answers with when it cannot do what was asked. */
  refused: 1,
  /** The message was executed and an actor refused it. */
  executionReverted: 3,
} as const;

/** What the caller of a method is told. Never leaves the node in any other form. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: string | undefined;

  constructor(code: number, message: string, data?: string) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.data = data;
  }
}

/** A method cannot do what was asked, in lotus's words where it has some. */
export const refuse = (message: string): RpcError => new RpcError(RPC_CODE.refused, message);

/** HTTP's status beside an error: lotus answers 200 for whatever a method itself refuses. */
export function httpStatusOf(code: number): number {
  if (code === RPC_CODE.invalidRequest) return 400;
  return code > 0 ? 200 : 500;
}

/** How an error is told. A bug is told as one, without its stack. */
export function toRpcError(error: unknown, method: string): RpcError {
  if (error instanceof RpcError) return error;
  if (isPadmaError(error)) return refuse(error.message);
  const reason = error instanceof Error ? error.message : String(error);
  return new RpcError(RPC_CODE.internal, `fatal error calling '${method}': ${reason}`);
}
