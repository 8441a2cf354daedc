/** Filecoin addresses: spec, appendix "Address"; f4 in FIP-0048. */
import { blake2b } from "@noble/hashes/blake2.js";
import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";
import { base32 } from "multiformats/bases/base32";
import { PadmaError } from "../errors.ts";
import { type ActorId, actorId } from "../units.ts";
import { sameBytes } from "./cbor.ts";
import { decodeVarint, encodeVarint } from "./varint.ts";

/** 0 id · 1 secp256k1 key · 2 actor · 3 BLS key · 4 delegated. */
export type AddressProtocol = 0 | 1 | 2 | 3 | 4;
/** `f` on mainnet, `t` everywhere else; the bytes are the same. */
export type NetworkPrefix = "f" | "t";

const MAX_ID = (1n << 63n) - 1n;
const CHECKSUM_LENGTH = 4;
const MAX_SUBADDRESS = 54;
const PAYLOAD_LENGTH: Readonly<Partial<Record<AddressProtocol, number>>> = { 1: 20, 2: 20, 3: 48 };

/** An address, whatever network it is shown for. Made by the functions below, which check it. */
export class Address {
  readonly protocol: AddressProtocol;
  /** The bytes behind the protocol byte. Never write to them. */
  readonly payload: Uint8Array;

  /** @throws PadmaError WIRE_ADDRESS_PAYLOAD, WIRE_VARINT when the payload does not fit the protocol. */
  constructor(protocol: AddressProtocol, payload: Uint8Array) {
    checkPayload(protocol, payload);
    this.protocol = protocol;
    this.payload = new Uint8Array(payload);
    Object.freeze(this);
  }

  /** `f01000`, `t3umgr…`. */
  toString(network: NetworkPrefix = "f"): string {
    const start = `${network}${this.protocol}`;
    if (this.protocol === 0) return start + String(decodeVarint(this.payload).value);
    const checked = (bytes: Uint8Array) => base32.baseEncode(concatBytes(bytes, checksum(this.toBytes())));
    if (this.protocol !== 4) return start + checked(this.payload);
    const namespace = decodeVarint(this.payload);
    return `${start}${namespace.value}f${checked(this.payload.subarray(namespace.length))}`;
  }

  /** The form on the wire: protocol byte, payload. */
  toBytes(): Uint8Array {
    return concatBytes(Uint8Array.of(this.protocol), this.payload);
  }

  equals(other: Address): boolean {
    return this.protocol === other.protocol && sameBytes(this.payload, other.payload);
  }
}

/** f0 address of an actor id. */
export function idAddress(id: number | bigint): Address {
  if (BigInt(id) < 0n) throw refuse("WIRE_ADDRESS_PAYLOAD", "an actor id is not negative", { id });
  return new Address(0, encodeVarint(BigInt(id)));
}

/** f1 address of an uncompressed secp256k1 public key (65 bytes). */
export function secp256k1Address(publicKey: Uint8Array): Address {
  if (publicKey.length !== 65 || publicKey[0] !== 4) {
    throw refuse("WIRE_ADDRESS_KEY", "a secp256k1 address is made of the uncompressed key (65 bytes)", {
      found: publicKey.length,
    });
  }
  return new Address(1, blake2b(publicKey, { dkLen: 20 }));
}

/** f2 address of an actor; the seed says who made it, and which of that one's actors it is. */
export const actorAddress = (seed: Uint8Array): Address => new Address(2, blake2b(seed, { dkLen: 20 }));

/** f3 address of a BLS public key (48 bytes, compressed G1). */
export const blsAddress = (publicKey: Uint8Array): Address => new Address(3, publicKey);

/** The number in an f0 address. @throws PadmaError WIRE_ADDRESS_NOT_ID for any other protocol. */
export function actorIdOf(address: Address): ActorId {
  if (address.protocol !== 0) {
    throw refuse("WIRE_ADDRESS_NOT_ID", "not an ID address", { address: address.toString() });
  }
  const { value } = decodeVarint(address.payload);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw refuse("WIRE_ADDRESS_NOT_ID", "actor id beyond what padma can count", { id: value });
  }
  return actorId(Number(value));
}

/** Prover id that the proofs are bound to: the payload of the miner's ID address, zero-padded to 32 bytes. @internal for tests and docs */
export function proverId(miner: Address): Uint8Array {
  actorIdOf(miner);
  const out = new Uint8Array(32);
  out.set(miner.payload);
  return out;
}

/** Address from its wire form. @throws PadmaError WIRE_ADDRESS_*, WIRE_VARINT */
export function addressFromBytes(bytes: Uint8Array): Address {
  const protocol = bytes[0];
  if (protocol === undefined) throw refuse("WIRE_ADDRESS_EMPTY", "an address has at least two bytes", {});
  return new Address(knownProtocol(protocol), bytes.subarray(1));
}

/**
 * Address from text with either network prefix. One spelling only: lower case, no leading zeros.
 * @throws PadmaError WIRE_ADDRESS_* (kind `user`)
 */
export function parseAddress(text: string): Address {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof PadmaError)) throw cause;
    const facts = { address: text, ...cause.facts };
    throw new PadmaError({
      code: cause.code,
      message: `not an address: ${cause.message}`,
      kind: "user",
      facts,
      cause,
    });
  }
}

/** Whether `parseAddress` takes it. */
export function isAddress(text: string): boolean {
  try {
    return parse(text) instanceof Address;
  } catch (error) {
    if (error instanceof PadmaError) return false;
    throw error;
  }
}

function parse(text: string): Address {
  if (!/^[ft][0-9]./.test(text)) throw refuse("WIRE_ADDRESS_TEXT", "expected f or t, a digit and more", {});
  const protocol = knownProtocol(Number(text[1]));
  const body = text.slice(2);
  const address =
    protocol === 0 ? parseId(body) : protocol === 4 ? parseDelegated(body) : parseHashed(protocol, body);
  if (address.toString().slice(1) !== text.slice(1)) {
    throw refuse("WIRE_ADDRESS_TEXT", "not the usual spelling", { expected: address.toString() });
  }
  return address;
}

function parseId(digits: string): Address {
  if (!/^[0-9]{1,19}$/.test(digits)) throw refuse("WIRE_ADDRESS_TEXT", "an actor id is a decimal number", {});
  return idAddress(BigInt(digits));
}

function parseHashed(protocol: AddressProtocol, body: string): Address {
  const { bytes, sum } = splitChecksum(body);
  return withChecksum(new Address(protocol, bytes), sum);
}

/** `f4`, namespace, `f`, subaddress. */
function parseDelegated(body: string): Address {
  const match = /^([0-9]{1,20})f(.+)$/.exec(body);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw refuse("WIRE_ADDRESS_TEXT", "an f4 address has a namespace, f and a subaddress", {});
  }
  const { bytes, sum } = splitChecksum(match[2]);
  return withChecksum(new Address(4, concatBytes(encodeVarint(BigInt(match[1])), bytes)), sum);
}

function splitChecksum(text: string): { bytes: Uint8Array; sum: Uint8Array } {
  const raw = decodeBase32(text);
  if (raw.length < CHECKSUM_LENGTH) throw refuse("WIRE_ADDRESS_TEXT", "too short for a checksum", {});
  return { bytes: raw.subarray(0, -CHECKSUM_LENGTH), sum: raw.subarray(-CHECKSUM_LENGTH) };
}

function decodeBase32(text: string): Uint8Array {
  try {
    return base32.baseDecode(text);
  } catch (cause) {
    throw new PadmaError({ code: "WIRE_ADDRESS_TEXT", message: "not base32 in lower case", cause });
  }
}

function withChecksum(address: Address, found: Uint8Array): Address {
  if (!sameBytes(checksum(address.toBytes()), found)) {
    throw refuse("WIRE_ADDRESS_CHECKSUM", "the checksum does not match", {});
  }
  return address;
}

function checksum(bytes: Uint8Array): Uint8Array {
  return blake2b(bytes, { dkLen: CHECKSUM_LENGTH });
}

function knownProtocol(protocol: number): AddressProtocol {
  if (protocol === 0 || protocol === 1 || protocol === 2 || protocol === 3 || protocol === 4) return protocol;
  throw refuse("WIRE_ADDRESS_PROTOCOL", "unknown address protocol", { protocol });
}

function checkPayload(protocol: AddressProtocol, payload: Uint8Array): void {
  const expected = PAYLOAD_LENGTH[protocol];
  if (expected !== undefined && payload.length !== expected) {
    throw refuse("WIRE_ADDRESS_PAYLOAD", "address payload has the wrong length", {
      protocol,
      expected,
      found: payload.length,
    });
  }
  if (protocol === 0) checkId(payload);
  if (protocol === 4) checkDelegated(payload);
}

function checkId(payload: Uint8Array): void {
  const { value, length } = decodeVarint(payload);
  if (length !== payload.length || value > MAX_ID) {
    throw refuse("WIRE_ADDRESS_PAYLOAD", "an actor id is one varint below 2^63", {
      found: bytesToHex(payload),
    });
  }
}

function checkDelegated(payload: Uint8Array): void {
  const { value, length } = decodeVarint(payload);
  if (value > MAX_ID || payload.length - length > MAX_SUBADDRESS) {
    throw refuse(
      "WIRE_ADDRESS_PAYLOAD",
      "a delegated address has a namespace below 2^63 and at most 54 bytes",
      {
        namespace: value,
        found: payload.length - length,
      },
    );
  }
}

function refuse(code: string, message: string, facts: PadmaError["facts"]): PadmaError {
  return new PadmaError({ code, message, facts });
}
