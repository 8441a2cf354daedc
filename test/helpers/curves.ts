/** Keys of tests: signing and checking in JavaScript, by other code than padma's own (`src/proofs/signatures.ts`). */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { blake2b } from "@noble/hashes/blake2.js";
import { type Address, blsAddress, secp256k1Address } from "../../src/wire/address.ts";
import type { Key, KeyKind } from "../../src/wire/key.ts";
import type { Signature } from "../../src/wire/signature.ts";

/** BLS as Filecoin has it: public keys in G1, signatures in G2. */
const bls = bls12_381.longSignatures;
/** draft-irtf-cfrg-bls-signature, basic scheme. */
const BLS_DOMAIN = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_";

/** The address that a key signs for. */
export function addressOfKey(key: Key): Address {
  if (key.kind === "secp256k1") return secp256k1Address(secp256k1.getPublicKey(key.secret, false));
  return blsAddress(bls.getPublicKey(key.secret).toBytes());
}

/** A fresh key from the system's randomness. */
export function generateKey(kind: KeyKind): Key {
  const secret = kind === "secp256k1" ? secp256k1.utils.randomSecretKey() : bls12_381.utils.randomSecretKey();
  return { kind, secret };
}

/** Signs bytes: a message's CID, a deal proposal's CBOR. The same input gives the same signature. */
export function sign(key: Key, bytes: Uint8Array): Signature {
  const data = key.kind === "secp256k1" ? signSecp256k1(key.secret, bytes) : signBls(key.secret, bytes);
  return { kind: key.kind, data };
}

/** True when `signature` was made over `bytes` by the key behind `signer`, a key address. */
export function verify(signature: Signature, signer: Address, bytes: Uint8Array): boolean {
  if (signer.protocol === 1)
    return signature.kind === "secp256k1" && verifySecp256k1(signature.data, signer, bytes);
  return signature.kind === "bls" && verifyBls(signature.data, signer.payload, bytes);
}

function signSecp256k1(secret: Uint8Array, bytes: Uint8Array): Uint8Array {
  const [recovery = 0, ...rs] = secp256k1.sign(digest(bytes), secret, {
    prehash: false,
    format: "recovered",
  });
  return Uint8Array.of(...rs, recovery);
}

/** An f1 address is a hash of the key, so the key is recovered from the signature. */
function verifySecp256k1(data: Uint8Array, signer: Address, bytes: Uint8Array): boolean {
  const recovery = data[64];
  if (data.length !== 65 || recovery === undefined || recovery > 3) return false;
  try {
    const signed = secp256k1.Signature.fromBytes(data.subarray(0, 64), "compact").addRecoveryBit(recovery);
    return secp256k1Address(signed.recoverPublicKey(digest(bytes)).toBytes(false)).equals(signer);
  } catch {
    return false; // r or s outside the group, or no point for r: nobody's signature
  }
}

function signBls(secret: Uint8Array, bytes: Uint8Array): Uint8Array {
  return bls.Signature.toBytes(bls.sign(bls.hash(bytes, BLS_DOMAIN), secret));
}

function verifyBls(data: Uint8Array, publicKey: Uint8Array, bytes: Uint8Array): boolean {
  if (data.length !== 96) return false;
  try {
    return bls.verify(data, bls.hash(bytes, BLS_DOMAIN), publicKey);
  } catch {
    return false; // not points of the curve or of the subgroup
  }
}

function digest(bytes: Uint8Array): Uint8Array {
  return blake2b(bytes, { dkLen: 32 });
}
