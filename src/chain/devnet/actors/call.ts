import type { Verifier } from "../../../proofs/prover.ts";
import type { Signatures } from "../../../proofs/signatures.ts";
import { isPadmaError } from "../../../errors.ts";
import type { ActorId, AttoFil, Epoch } from "../../../units.ts";
import type { Address } from "../../../wire/address.ts";
import type { Codec } from "../../../wire/field.ts";
import { Abort, EXIT } from "../exitCodes.ts";
import type { DevnetParameters } from "../parameters.ts";
import type { RandomnessSource } from "../randomness.ts";
import type { State } from "../state.ts";

/** What actors may ask of the node that runs them. */
export interface Machine {
  readonly parameters: DevnetParameters;
  readonly verifyingKey: Uint8Array;
  readonly randomness: RandomnessSource;
  readonly verifier: Verifier;
  readonly signatures: Pick<Signatures, "verify">;
}

/** One message as a method sees it: the value is already in the receiver's balance. */
export interface Call {
  readonly state: State;
  readonly machine: Machine;
  readonly epoch: Epoch;
  /** Sender and nonce as the message spells them: the addresses of new actors come from them. */
  readonly origin: { readonly address: Address; readonly nonce: bigint };
  readonly caller: ActorId;
  readonly receiver: ActorId;
  readonly value: AttoFil;
  readonly params: Uint8Array;
}

/** Returns the receipt's bytes; refuses by throwing Abort. Anything else it throws stops the chain: a bug, or no verifier. */
export type Method = (call: Call) => Promise<Uint8Array>;

/** Parameters in their canonical form, or the network's exit code for anything else. */
export function decodeParams<T>(codec: Codec<T>, call: Call): T {
  demand(call.params.length > 0, () => "method expects arguments");
  try {
    return codec.decode(call.params);
  } catch (error) {
    if (!isPadmaError(error)) throw error;
    throw new Abort(EXIT.serialization, `the parameters cannot be read: ${error.message}`);
  }
}

/** Refuses the message unless the condition holds. */
export function demand(
  condition: boolean,
  message: () => string,
  exitCode: number = EXIT.illegalArgument,
): asserts condition {
  if (!condition) throw new Abort(exitCode, message());
}
