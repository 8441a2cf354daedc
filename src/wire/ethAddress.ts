/** Addresses as Ethereum writes them (FIP-0055): 20 bytes, which are either an actor's id or an f410 address. */
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { PadmaError } from "../errors.ts";
import { Address, idAddress } from "./address.ts";
import { decodeVarint, encodeVarint } from "./varint.ts";

/** The Ethereum address manager; its f4 addresses begin with f410f. */
const NAMESPACE = 10n;
const LENGTH = 20;
/** 0xff and eleven zeros: eight bytes with an actor's id follow. */
const ID_MASK = Uint8Array.of(0xff, ...new Uint8Array(11));

/** `0x…` in lower case, as lotus shows it; null for an address that has no such form. */
export function toEthAddress(address: Address): string | null {
  if (address.protocol === 0) return `0x${bytesToHex(concatBytes(ID_MASK, idBytes(address)))}`;
  const subaddress = address.protocol === 4 ? subaddressIn(NAMESPACE, address) : null;
  return subaddress === null || isMasked(subaddress) ? null : `0x${bytesToHex(subaddress)}`;
}

/**
 * The f0 or f410 address of `0x` and 40 digits. In digits of both cases the checksum is checked (ERC-55).
 * @throws PadmaError WIRE_ETH_ADDRESS
 */
export function fromEthAddress(text: string): Address {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw refuse("an Ethereum address is 0x and 40 hex digits", text);
  const digits = text.slice(2);
  const lower = digits.toLowerCase();
  const isPlain = digits === lower || digits === digits.toUpperCase();
  if (!isPlain && digits !== checksummed(lower)) throw refuse("the checksum in its capitals is wrong", text);
  const bytes = hexToBytes(lower);
  if (!isMasked(bytes)) return new Address(4, concatBytes(encodeVarint(NAMESPACE), bytes));
  const id = BigInt(`0x${lower.slice(2 * ID_MASK.length)}`);
  if (id >= 1n << 63n) throw refuse("the actor id in it is beyond 2^63", text);
  return idAddress(id);
}

function idBytes(address: Address): Uint8Array {
  return hexToBytes(decodeVarint(address.payload).value.toString(16).padStart(16, "0"));
}

function subaddressIn(namespace: bigint, { payload }: Address): Uint8Array | null {
  const { value, length } = decodeVarint(payload);
  const subaddress = payload.subarray(length);
  return value === namespace && subaddress.length === LENGTH ? subaddress : null;
}

const isMasked = (bytes: Uint8Array): boolean => ID_MASK.every((byte, i) => bytes[i] === byte);

/** A letter is a capital where the same digit of the text's hash is 8 or more. */
function checksummed(lower: string): string {
  const hash = bytesToHex(keccak_256(utf8ToBytes(lower)));
  const spelled = (digit: string, i: number) =>
    Number.parseInt(hash.charAt(i), 16) >= 8 ? digit.toUpperCase() : digit;
  return Array.from(lower, spelled).join("");
}

function refuse(message: string, found: string): PadmaError {
  return new PadmaError({ code: "WIRE_ETH_ADDRESS", message, facts: { found } });
}
