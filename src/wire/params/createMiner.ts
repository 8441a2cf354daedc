import type { Address } from "../address.ts";
import { address, arrayOf, bytes, int, messageCodec, tuple } from "../field.ts";

/** Parameters of power method 2. The message's value pays the deposit (FIP-0077). */
export interface CreateMinerParams {
  readonly owner: Address;
  readonly worker: Address;
  /** Registered window PoSt proof, which fixes the sector size: 10 (2 KiB) … 14 (64 GiB) for V1_1. */
  readonly windowPoStProofType: number;
  /** libp2p peer id in its binary form; may be empty. */
  readonly peer: Uint8Array;
  readonly multiaddrs: readonly Uint8Array[];
}

/** The two addresses of an actor that was just made. */
export interface NewActor {
  readonly idAddress: Address;
  /** f2: stays the same when a reorg gives the actor another id. */
  readonly robustAddress: Address;
}

export const createMinerParams = messageCodec<CreateMinerParams>(
  "CreateMiner",
  tuple<CreateMinerParams>({
    owner: address,
    worker: address,
    windowPoStProofType: int,
    peer: bytes,
    multiaddrs: arrayOf(bytes),
  }),
);

const newActor = tuple<NewActor>({ idAddress: address, robustAddress: address }, { idAddress: "IDAddress" });
export const createMinerReturn = messageCodec<NewActor>("CreateMinerReturn", newActor);
/** What the init actor returns for an actor of any kind. */
export const execReturn = messageCodec<NewActor>("ExecReturn", newActor);
