import { concatBytes } from "@noble/hashes/utils.js";
import { PadmaError } from "../errors.ts";
import { bytes, type Field, toBytes, tuple, uint } from "./field.ts";

/** Type bytes on the wire (go-state-types, crypto.SigType). */
export const SIGNATURE_TYPE = { secp256k1: 1, bls: 2, delegated: 3 } as const;
export type SignatureKind = keyof typeof SIGNATURE_TYPE;

export interface Signature {
  readonly kind: SignatureKind;
  /** secp256k1 and delegated: 65 bytes, r ‖ s ‖ recovery. BLS: 96 bytes, compressed G2. */
  readonly data: Uint8Array;
}

const MAX_LENGTH = 200;

/** In JSON an object, and the only form in which its bytes and its type are apart. */
const shown = tuple<{ readonly type: number; readonly data: Uint8Array }>({ type: uint, data: bytes });

/** One byte string: the type byte, then the signature. Lengths are for the verifier, as on the network. */
export const signature: Field<Signature> = {
  toCbor: (value) => concatBytes(Uint8Array.of(SIGNATURE_TYPE[value.kind]), value.data),
  fromCbor: (value) => {
    const whole = toBytes(value);
    return signatureOf(whole[0], whole.slice(1));
  },
  toJson: ({ kind, data }, network) => shown.toJson({ type: SIGNATURE_TYPE[kind], data }, network),
  fromJson: (value) => {
    const { type, data } = shown.fromJson(value);
    return signatureOf(type, data);
  },
};

function signatureOf(type: number | undefined, data: Uint8Array): Signature {
  if (data.length >= MAX_LENGTH) throw refuse("a signature has at most 200 bytes", data.length + 1);
  return { kind: kindOf(type), data };
}

function kindOf(type: number | undefined): SignatureKind {
  if (type === SIGNATURE_TYPE.secp256k1) return "secp256k1";
  if (type === SIGNATURE_TYPE.bls) return "bls";
  if (type === SIGNATURE_TYPE.delegated) return "delegated";
  throw refuse("unknown type of signature", type ?? "none");
}

function refuse(message: string, found: number | string): PadmaError {
  return new PadmaError({ code: "WIRE_SIGNATURE", message, facts: { found } });
}
