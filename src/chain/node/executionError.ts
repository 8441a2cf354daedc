/** An actor's refusal as a lotus node tells it, so that clients find the exit code where they look for it. */
import type { Message } from "../../wire/message.ts";
import { resolve } from "../devnet/actors/ledger.ts";
import type { Simulated } from "../devnet/simulate.ts";
import type { DevnetNode } from "./node.ts";
import { RPC_CODE, RpcError } from "./rpcError.ts";

/** Names of exit codes (go-state-types exitcode). */
const NAMES: Readonly<Record<number, string>> = {
  1: "SysErrSenderInvalid",
  2: "SysErrSenderStateInvalid",
  4: "SysErrIllegalInstruction",
  5: "SysErrInvalidReceiver",
  6: "SysErrInsufficientFunds",
  7: "SysErrOutOfGas",
  9: "SysErrIllegalExitCode",
  10: "SysErrFatal",
  11: "SysErrMissingReturn",
  16: "ErrIllegalArgument",
  17: "ErrNotFound",
  18: "ErrForbidden",
  19: "ErrInsufficientFunds",
  20: "ErrIllegalState",
  21: "ErrSerialization",
  22: "ErrUnhandledMessage",
  23: "ErrUnspecified",
};

const named = (code: number): string =>
  NAMES[code] === undefined ? String(code) : `${NAMES[code]}(${code})`;

/** The refusal as an error of the call that asked. */
export function executionReverted(node: DevnetNode, message: Message, simulated: Simulated): RpcError {
  const { exitCode } = simulated;
  const vmError = vmErrorOf(node, message, simulated);
  const text = `message execution failed (exit=[${named(exitCode)}], vm error=[${vmError}])`;
  return new RpcError(RPC_CODE.executionReverted, text, "0x");
}

/** The backtrace of the network's machine; a devnet's calls have one frame. */
export function vmErrorOf(node: DevnetNode, { to, method }: Message, { exitCode, error }: Simulated): string {
  const id = resolve(node.stateAt(node.heads.head), to);
  const receiver = id === undefined ? to.toString() : `f0${id}`;
  const frame = `00: ${receiver} (method ${method}) -- ${error ?? "refused"} (${exitCode})`;
  return `message failed with backtrace:\n${frame}\n (RetCode=${exitCode})`;
}
