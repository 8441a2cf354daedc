/**
 * What a node can answer with instead of a result, as PadmaErrors.
 *
 * `CHAIN_UNREACHABLE` busy: no answer, or one cut short. `CHAIN_ANSWER` busy: an answer that no node would give (a proxy
 * in between, another program). `CHAIN_RPC` busy: the node could not do it now, in its own words. `CHAIN_AUTH`,
 * `CHAIN_PERMISSION` user: the token. `CHAIN_METHOD` failed: the node does not know the method or its parameters.
 * `CHAIN_REFUSED` failed, `CHAIN_FUNDS` busy: the network would not take the message.
 */
import { PadmaError, systemErrorCode } from "../../errors.ts";

/** The error object of JSON-RPC 2.0. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
}

/** Codes of JSON-RPC 2.0: what was asked makes no sense to this node, now or later. */
const NOT_UNDERSTOOD = [-32700, -32600, -32601, -32602];

/** The node gave no answer that counts: the same call may succeed later, or at another node. */
export function unreachable(node: string, reason: string, cause?: unknown): PadmaError {
  return new PadmaError({
    code: "CHAIN_UNREACHABLE",
    kind: "busy",
    message: `the node does not answer: ${reason}`,
    facts: { node },
    next: "look whether the node runs and can be reached; padma tries again by itself",
    cause,
  });
}

/** The words of a failed connection, which `fetch` hides in the cause of its error. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "it took too long";
  const inner = error.cause instanceof Error ? error.cause : error;
  if (inner instanceof AggregateError && inner.errors.length > 0) return reasonOf(inner.errors[0]);
  return systemErrorCode(inner) ?? inner.message;
}

/** An answer that is no answer: not JSON, another id, another shape. */
export function badAnswer(node: string, method: string, reason: string, cause?: unknown): PadmaError {
  return new PadmaError({
    code: "CHAIN_ANSWER",
    kind: "busy",
    message: `the answer to ${method} cannot be used: ${reason}`,
    facts: { node, method },
    next: "is there a proxy between padma and the node, or another program at its address?",
    cause,
  });
}

export function unauthorised(node: string, status: number): PadmaError {
  return new PadmaError({
    code: "CHAIN_AUTH",
    kind: "user",
    message: "the node does not accept the token",
    facts: { node, httpStatus: status },
    next: "make one with `lotus auth api-info --perm sign` and put it into FULLNODE_API_INFO",
  });
}

/** What the node answered to a call, typed; its own text is kept. */
export function rpcError(node: string, method: string, error: RpcError): PadmaError {
  const facts = { node, method, rpcCode: error.code };
  const permission = permissionIn(error.message);
  if (permission !== null) return lackingPermission(facts, error.message, permission);
  if (NOT_UNDERSTOOD.includes(error.code)) {
    return new PadmaError({
      code: "CHAIN_METHOD",
      message: `the node cannot take the call: ${error.message}`,
      facts,
      next: "padma needs a lotus node of version 1.32 or newer, at /rpc/v1",
    });
  }
  return new PadmaError({
    code: "CHAIN_RPC",
    kind: "busy",
    message: `the node answers ${method} with an error: ${error.message}`,
    facts,
    next: "look at the node's own log; padma tries again by itself",
  });
}

function lackingPermission(facts: PadmaError["facts"], text: string, permission: string): PadmaError {
  return new PadmaError({
    code: "CHAIN_PERMISSION",
    kind: "user",
    message: text,
    facts: { ...facts, permission },
    next: `make a token with \`lotus auth create-token --perm ${permission}\``,
  });
}

/**
 * The node sends a code of its own neither for a lacking permission nor for the exit code of a simulated message: both
 * are read out of its text, here and nowhere else (lotus, api/permissioned.go and node/impl/full/gas.go). Where the
 * text is another one, the error stays an ordinary CHAIN_RPC.
 */
function permissionIn(text: string): string | null {
  return /^missing permission to invoke '.+' \(need '(\w+)'\)/.exec(text)?.[1] ?? null;
}

/** Exit code of a message that the node executed for an estimate: `exit=[ErrIllegalArgument(16)]`. */
export function exitCodeIn(text: string): number | null {
  const code = /\bexit=\[\w*\((\d+)\)\]/.exec(text)?.[1];
  return code === undefined ? null : Number(code);
}

/** Whether a search failed because another message has taken the nonce: "found message with equal nonce …" (lotus, chain/stmgr/searchwait.go). */
export const tellsOfTakenNonce = (text: string): boolean => text.includes("equal nonce");

/** Exit codes that say that money is missing: the sender's (system), or what an actor was to get from it. */
const LACKING_FUNDS = [6, 19];

/** The network would refuse the message: found out by executing it on the node before anything is signed. */
export function refused(method: number, to: string, exitCode: number, text: string): PadmaError {
  const facts = { to, method, exitCode };
  if (LACKING_FUNDS.includes(exitCode)) return lackingFunds(text, facts);
  return new PadmaError({
    code: "CHAIN_REFUSED",
    message: `the network refuses the message with exit code ${exitCode}: ${text}`,
    facts,
    next: "nothing was sent, and nothing was paid",
  });
}

export function lackingFunds(reason: string, facts: PadmaError["facts"]): PadmaError {
  return new PadmaError({
    code: "CHAIN_FUNDS",
    kind: "busy",
    message: `there is not enough money for the message: ${reason}`,
    facts,
    next: "send FIL to the address that pays; padma tries again by itself",
  });
}
