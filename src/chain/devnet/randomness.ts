/** Randomness as Filecoin draws it: lotus chain/rand, DrawRandomnessFromBase; tags of go-state-types crypto. */
import { blake2b } from "@noble/hashes/blake2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { PadmaError } from "../../errors.ts";
import { type ActorId, type Epoch, epoch } from "../../units.ts";
import { idAddress } from "../../wire/address.ts";
import { encodeCbor } from "../../wire/cbor.ts";
import { beaconOf, int64 } from "./block.ts";
import type { TipSets } from "./tipsets.ts";

const TAG_SEAL = 5;
const TAG_INTERACTIVE_SEAL_CHALLENGE_SEED = 6;

/** What proofs are bound to. 32 bytes each. Nothing above the head. */
export interface RandomnessSource {
  /** Seal randomness of a miner at an epoch. @throws PadmaError CHAIN_FUTURE_RANDOMNESS */
  ticket(at: Epoch, miner: ActorId): Uint8Array;
  /** Interactive PoRep seed of a miner at an epoch. @throws PadmaError CHAIN_FUTURE_RANDOMNESS */
  seed(at: Epoch, miner: ActorId): Uint8Array;
}

/**
 * blake2b-256(tag ‖ blake2b-256(base) ‖ epoch ‖ entropy), integers as 64 bits big-endian. The epoch asked for goes in,
 * also where the base is another tipset's.
 * @internal
 */
export function drawRandomness(tag: number, base: Uint8Array, at: Epoch, entropy: Uint8Array): Uint8Array {
  const digest = blake2b(base, { dkLen: 32 });
  return blake2b(concatBytes(int64(tag), digest, int64(at), entropy), { dkLen: 32 });
}

/** Drawn from the chain's tickets and beacon; the miner's address is the entropy of its proofs. */
export class ChainRandomness implements RandomnessSource {
  readonly #tipsets: TipSets;
  readonly #secret: Uint8Array;

  constructor(tipsets: TipSets, secret: Uint8Array) {
    this.#tipsets = tipsets;
    this.#secret = secret;
  }

  ticket(at: Epoch, miner: ActorId): Uint8Array {
    return this.fromTickets(TAG_SEAL, at, entropyOf(miner));
  }

  seed(at: Epoch, miner: ActorId): Uint8Array {
    return this.fromBeacon(TAG_INTERACTIVE_SEAL_CHALLENGE_SEED, at, entropyOf(miner));
  }

  /**
   * A null round has the ticket of the next tipset; before genesis it is that of genesis.
   * @throws PadmaError CHAIN_FUTURE_RANDOMNESS
   */
  fromTickets(tag: number, at: Epoch, entropy: Uint8Array): Uint8Array {
    const block = this.#tipsets.atOrAfter(atLeastGenesis(at));
    if (block === undefined) throw this.#future("ticket", at);
    return drawRandomness(tag, block.header.ticket.proof, at, entropy);
  }

  /** @throws PadmaError CHAIN_FUTURE_RANDOMNESS */
  fromBeacon(tag: number, at: Epoch, entropy: Uint8Array): Uint8Array {
    if (at > this.#tipsets.head().header.height) throw this.#future("seed", at);
    const { data } = beaconOf(this.#secret, atLeastGenesis(at));
    return drawRandomness(tag, data, at, entropy);
  }

  #future(what: string, at: Epoch): PadmaError {
    return new PadmaError({
      code: "CHAIN_FUTURE_RANDOMNESS",
      message: `the ${what} of an epoch that the chain has not reached`,
      facts: { epoch: at, head: this.#tipsets.head().header.height },
      next: "ask again when the chain has reached the epoch",
    });
  }
}

/** CBOR of the miner's ID address. */
const entropyOf = (miner: ActorId): Uint8Array => encodeCbor(idAddress(miner).toBytes());
const atLeastGenesis = (at: Epoch): Epoch => epoch(Math.max(0, at));
