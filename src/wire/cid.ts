import { blake2b } from "@noble/hashes/blake2.js";
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import { PadmaError } from "../errors.ts";
import { type CborValue, encodeCbor } from "./cbor.ts";
import { jsonFields, type JsonValue, wrongJson } from "./json.ts";

export type { CID };

const DAG_CBOR = 0x71;
const BLAKE2B_256 = 0xb220;

/** Codec and hash of the two commitments (multicodec table: fil-commitment-unsealed and -sealed). */
const UNSEALED = { codec: 0xf101, hash: 0x1012, name: "fil-commitment-unsealed" } as const;
const SEALED = { codec: 0xf102, hash: 0xb401, name: "fil-commitment-sealed" } as const;
type Commitment = typeof UNSEALED | typeof SEALED;

/** CID of a CommD or a CommP (32 bytes): sha2-256-trunc254-padded. */
export const unsealedCid = (commD: Uint8Array): CID => commitmentCid(UNSEALED, commD);
/** CID of a CommR (32 bytes): poseidon-bls12_381-a2-fc1. */
export const sealedCid = (commR: Uint8Array): CID => commitmentCid(SEALED, commR);

/** The 32 bytes of a CommD or CommP. @throws PadmaError WIRE_CID_KIND for any other CID. */
export const commDOf = (cid: CID): Uint8Array => commitmentOf(UNSEALED, cid);
/** The 32 bytes of a CommR. @throws PadmaError WIRE_CID_KIND for any other CID. */
export const commROf = (cid: CID): Uint8Array => commitmentOf(SEALED, cid);

/** CID of an object on chain: CIDv1, dag-cbor, blake2b-256. */
export function cidOfBytes(cbor: Uint8Array): CID {
  return CID.createV1(DAG_CBOR, createDigest(BLAKE2B_256, blake2b(cbor, { dkLen: 32 })));
}

/** CID of a value's canonical DAG-CBOR, for block headers and state. */
export const cidOfCbor = (value: CborValue): CID => cidOfBytes(encodeCbor(value));

/** @throws PadmaError WIRE_CID_INVALID */
export function parseCid(text: string): CID {
  try {
    return CID.parse(text);
  } catch (cause) {
    throw new PadmaError({ code: "WIRE_CID_INVALID", message: "not a CID", facts: { text }, cause });
  }
}

/** From `{"/": "bafy…"}`. @throws PadmaError WIRE_CID_INVALID, WIRE_TYPE, WIRE_JSON_FIELD */
export function cidFromJson(value: JsonValue): CID {
  const [text = null] = jsonFields(value, ["/"]);
  if (typeof text !== "string") throw wrongJson("the text of a CID", text);
  return parseCid(text);
}

function commitmentCid(kind: Commitment, commitment: Uint8Array): CID {
  if (commitment.length !== 32) {
    throw new PadmaError({
      code: "WIRE_CID_LENGTH",
      message: "a commitment has 32 bytes",
      facts: { found: commitment.length },
    });
  }
  return CID.createV1(kind.codec, createDigest(kind.hash, new Uint8Array(commitment)));
}

function commitmentOf(kind: Commitment, cid: CID): Uint8Array {
  const { code, digest } = cid.multihash;
  if (cid.version !== 1 || cid.code !== kind.codec || code !== kind.hash || digest.length !== 32) {
    throw new PadmaError({
      code: "WIRE_CID_KIND",
      message: `not a ${kind.name} CID`,
      facts: { cid: cid.toString(), codec: `0x${cid.code.toString(16)}`, hash: `0x${code.toString(16)}` },
    });
  }
  return new Uint8Array(digest);
}
