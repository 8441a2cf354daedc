/** Accounts that genesis creates. Their keys come from the secret in the devnet's file. */
import { blake2b } from "@noble/hashes/blake2.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Signatures } from "../../proofs/signatures.ts";
import { type ActorId, actorId, type AttoFil, attoFil } from "../../units.ts";
import type { Address } from "../../wire/address.ts";
import type { Key, KeyKind } from "../../wire/key.ts";
import { resolve } from "./actors/ledger.ts";
import type { State } from "./state.ts";

export type AccountName = "owner" | "worker" | "client";

export interface Account {
  readonly name: AccountName;
  readonly id: ActorId;
  readonly kind: KeyKind;
  readonly balance: AttoFil;
}

const FIL = 10n ** 18n;
const million = attoFil(1_000_000n * FIL);

/** The network's first accounts and miner have the same ids. */
export const ACCOUNTS: readonly Account[] = [
  { name: "owner", id: actorId(100), kind: "bls", balance: million },
  { name: "worker", id: actorId(101), kind: "bls", balance: million },
  { name: "client", id: actorId(102), kind: "secp256k1", balance: million },
];
export const MINER = actorId(1000);
/** Accounts and miners that come later have ids from here on. */
export const FIRST_FREE_ID = actorId(1001);

export const accountId = (name: AccountName): ActorId => account(name).id;

/** The account behind an address, if the devnet holds its key. */
export function accountAt(state: State, address: Address): Account | undefined {
  const wanted = resolve(state, address);
  return ACCOUNTS.find(({ id }) => id === wanted);
}

function account(name: AccountName): Account {
  const found = ACCOUNTS.find((one) => one.name === name);
  if (found === undefined) throw new TypeError(`no account is called ${name}`);
  return found;
}

/** The accounts' keys, and what is done with keys. */
export interface KeyRing extends Signatures {
  key(name: AccountName): Key;
}

export function keyRing(secret: Uint8Array, signatures: Signatures): KeyRing {
  return { ...signatures, key: (name) => derivedKey(secret, name, account(name).kind) };
}

/** Orders of the two groups; a secret is a number from 1 below its group's order. */
const ORDER: Readonly<Record<KeyKind, bigint>> = {
  bls: 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
};

/** 64 hashed bytes leave no visible bias after the reduction. */
function derivedKey(secret: Uint8Array, name: AccountName, kind: KeyKind): Key {
  const wide = blake2b(utf8ToBytes(`padma devnet ${name}`), { dkLen: 64, key: secret });
  const scalar = (BigInt(`0x${bytesToHex(wide)}`) % (ORDER[kind] - 1n)) + 1n;
  return { kind, secret: hexToBytes(scalar.toString(16).padStart(64, "0")) };
}
