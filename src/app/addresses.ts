/** `padma address convert`: every form of one address. Needs no repo and no node. */
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { isPadmaError, PadmaError } from "../errors.ts";
import { type Address, addressFromBytes, type AddressProtocol, parseAddress } from "../wire/address.ts";
import { fromEthAddress, toEthAddress } from "../wire/ethAddress.ts";
import { decodeVarint } from "../wire/varint.ts";

const KINDS: Readonly<Record<AddressProtocol, string>> = {
  0: "id",
  1: "secp256k1",
  2: "actor",
  3: "bls",
  4: "delegated",
};

export interface AddressForms {
  readonly protocol: AddressProtocol;
  readonly kind: string;
  /** As mainnet and as every other network writes it. */
  readonly f: string;
  readonly t: string;
  /** Hex of the bytes on the wire. */
  readonly bytes: string;
  /** Of an f0 address. A number while it is a safe one. */
  readonly id: number | bigint | null;
  /** Of an f4 address: the id of its address manager, and hex of what that one knows it by. */
  readonly namespace: number | bigint | null;
  readonly subaddress: string | null;
  /** 20 bytes as hex: f0 and f410 addresses have it (FIP-0055). */
  readonly eth: string | null;
}

/**
 * Takes text with f or t, an Ethereum address (0x and 40 digits), or the bytes on the wire as hex.
 * @throws PadmaError (kind `user`) WIRE_ADDRESS_*, WIRE_ETH_ADDRESS, WIRE_VARINT, ADDRESS_FORM
 */
export function convertAddress(text: string): AddressForms {
  try {
    return formsOf(read(text));
  } catch (error) {
    if (!isPadmaError(error) || error.kind === "user") throw error;
    const { code, message, facts, cause } = error;
    throw new PadmaError({ code, kind: "user", message, facts: { address: text, ...facts }, cause });
  }
}

function read(text: string): Address {
  if (/^[ft]/.test(text)) return parseAddress(text);
  if (/^0x[0-9a-f]{40}$/i.test(text)) return fromEthAddress(text);
  // Every address begins with the byte of its protocol, 00 to 04.
  if (/^(0x)?0[0-9a-f]([0-9a-f]{2})*$/i.test(text))
    return addressFromBytes(hexToBytes(text.replace(/^0x/, "")));
  throw new PadmaError({
    code: "ADDRESS_FORM",
    kind: "user",
    message: "not an address in any form that padma knows",
    facts: { address: text },
    next: "give text with f or t (t01000), 0x and 40 hex digits, or the address's bytes as hex (00e807)",
  });
}

function formsOf(address: Address): AddressForms {
  const { protocol, payload } = address;
  const hasVarint = protocol === 0 || protocol === 4;
  const { value, length } = hasVarint ? decodeVarint(payload) : { value: null, length: 0 };
  return {
    protocol,
    kind: KINDS[protocol],
    f: address.toString("f"),
    t: address.toString("t"),
    bytes: bytesToHex(address.toBytes()),
    id: protocol === 0 ? short(value) : null,
    namespace: protocol === 4 ? short(value) : null,
    subaddress: protocol === 4 ? bytesToHex(payload.subarray(length)) : null,
    eth: toEthAddress(address),
  };
}

const short = (value: bigint | null): number | bigint | null =>
  value !== null && Number.isSafeInteger(Number(value)) ? Number(value) : value;
