import type { SignatureKind } from "./signature.ts";

export type KeyKind = Exclude<SignatureKind, "delegated">;

/** A private key that can sign. The secret is 32 bytes, big-endian (lotus stores BLS secrets little-endian). */
export interface Key {
  readonly kind: KeyKind;
  readonly secret: Uint8Array;
}
