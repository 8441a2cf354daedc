/** Signing and checking with BLS12-381 and secp256k1 keys, by the native module. */
import { PadmaError } from "../errors.ts";
import { type Address, blsAddress, secp256k1Address } from "../wire/address.ts";
import { toBytes } from "../wire/field.ts";
import type { Key } from "../wire/key.ts";
import { type Signature, signature } from "../wire/signature.ts";
import { loadNative, nativeCall, type NativeModule } from "./native.ts";

/** Was `signature` made over `signed` by the key behind `signer`, which must be a key address? */
export interface SignatureCheck {
  readonly signature: Signature;
  readonly signer: Address;
  readonly signed: Uint8Array;
}

export interface Signatures {
  /** The address that a key signs for. */
  address(key: Key): Address;
  /**
   * Signs bytes (a message's CID, a deal proposal's CBOR) at once, in half a millisecond. The same input gives the same
   * signature.
   */
  sign(key: Key, bytes: Uint8Array): Signature;
  /**
   * A verdict for each check, in order; many together cost less than one by one, and the event loop does not wait.
   * Malformed signatures are false, not errors.
   * @throws PadmaError WIRE_SIGNER when an address holds no key (f0, f2, f4): resolve it first.
   */
  verify(checks: readonly SignatureCheck[]): Promise<readonly boolean[]>;
}

/** Loads the native module with the first call, so that commands that sign and check nothing need none. */
export function createSignatures(load: () => NativeModule = loadNative): Signatures {
  return {
    address({ kind, secret }) {
      const key = load().publicKey({ kind, secret });
      return kind === "bls" ? blsAddress(key) : secp256k1Address(key);
    },
    sign: ({ kind, secret }, bytes) => signature.fromCbor(load().sign({ kind, secret }, bytes)),
    async verify(checks) {
      if (checks.length === 0) return [];
      const native = load();
      return nativeCall(() => native.verifySignatures(checks.map(asBytes)));
    },
  };
}

/** As the module takes it: the type byte of the signature and the protocol byte of the address come first. */
const asBytes = ({ signature: made, signer, signed }: SignatureCheck) => ({
  signature: toBytes(signature.toCbor(made)),
  signer: keyAddress(signer).toBytes(),
  signed,
});

function keyAddress(signer: Address): Address {
  if (signer.protocol === 1 || signer.protocol === 3) return signer;
  throw new PadmaError({
    code: "WIRE_SIGNER",
    message: "only a key address (f1, f3) can be checked against a signature",
    facts: { address: signer.toString() },
  });
}
