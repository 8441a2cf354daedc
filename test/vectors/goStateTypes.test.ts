import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ACTOR_METHODS } from "../../src/wire/actorMethods.ts";
import { Address, parseAddress } from "../../src/wire/address.ts";
import { encodeCbor } from "../../src/wire/cbor.ts";
import { commDOf, commROf, parseCid, sealedCid, unsealedCid } from "../../src/wire/cid.ts";
import {
  attoFilField,
  bitfield,
  cid,
  type Codec,
  type Field,
  mapped,
  messageCodec,
} from "../../src/wire/field.ts";
import { type JsonValue, parseJson } from "../../src/wire/json.ts";
import { messageCbor, messageCid, signedMessageCbor, signedMessageCid } from "../../src/wire/message.ts";
import { ACTOR, METHOD_SEND } from "../../src/wire/methods.ts";
import { addBalanceParams } from "../../src/wire/params/addBalance.ts";
import { batchReturn } from "../../src/wire/params/batchReturn.ts";
import { controlAddressesReturn } from "../../src/wire/params/controlAddresses.ts";
import { createMinerParams, createMinerReturn, execReturn } from "../../src/wire/params/createMiner.ts";
import { exec4Params, execParams } from "../../src/wire/params/exec.ts";
import { extendSectorExpiration2Params } from "../../src/wire/params/extendSectorExpiration2.ts";
import {
  declareFaultsParams,
  declareFaultsRecoveredParams,
  terminateSectorsParams,
  terminateSectorsReturn,
} from "../../src/wire/params/partitionSectors.ts";
import { preCommitSectorBatch2Params } from "../../src/wire/params/preCommitSectorBatch2.ts";
import { proveCommitSectors3Params } from "../../src/wire/params/proveCommitSectors3.ts";
import {
  dealProposalCbor,
  dealProposalCid,
  publishStorageDealsParams,
  publishStorageDealsReturn,
} from "../../src/wire/params/publishStorageDeals.ts";
import { submitWindowedPoStParams } from "../../src/wire/params/submitWindowedPoSt.ts";
import { withdrawBalanceParams, withdrawEscrowParams } from "../../src/wire/params/withdrawBalance.ts";
import { signature } from "../../src/wire/signature.ts";

interface Vector {
  readonly type: string;
  readonly value: unknown;
  readonly hex: string;
  readonly cid?: string;
  /** What encoding/json makes of the value after it went through CBOR; not for types that lotus defines. */
  readonly json?: JsonValue;
}

/** What is tested for a type of vector; `cidOf` gives the CID that the vector names. */
interface Subject {
  readonly encode: (value: unknown) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
  readonly toJson: (value: unknown) => JsonValue;
  readonly fromJson: (value: JsonValue) => unknown;
  readonly cidOf?: (value: unknown) => string;
}

const subject = <T>(codec: Codec<T>, cidOf?: (value: T) => { toString: () => string }): Subject => ({
  encode: (value) => codec.encode(value as T),
  decode: codec.decode,
  toJson: (value) => codec.toJson(value as T, "f"),
  fromJson: codec.fromJson,
  ...(cidOf === undefined ? {} : { cidOf: (value) => cidOf(value as T).toString() }),
});

const commitment = (toCid: typeof unsealedCid, toBytes: typeof commDOf): Field<Uint8Array> =>
  mapped(cid, toCid, toBytes);

const SUBJECTS: Readonly<Record<string, Subject>> = {
  AddBalance: subject(addBalanceParams),
  BigInt: subject(messageCodec("BigInt", attoFilField)),
  Bitfield: subject(messageCodec("Bitfield", bitfield)),
  CommD: subject(messageCodec("CommD", commitment(unsealedCid, commDOf)), unsealedCid),
  CommR: subject(messageCodec("CommR", commitment(sealedCid, commROf)), sealedCid),
  Signature: subject(messageCodec("Signature", signature)),
  PreCommitSectorBatch2: subject(preCommitSectorBatch2Params),
  ProveCommitSectors3: subject(proveCommitSectors3Params),
  BatchReturn: subject(batchReturn),
  DealProposal: subject(dealProposalCbor, dealProposalCid),
  PublishStorageDeals: subject(publishStorageDealsParams),
  PublishStorageDealsReturn: subject(publishStorageDealsReturn),
  CreateMiner: subject(createMinerParams),
  CreateMinerReturn: subject(createMinerReturn),
  Exec: subject(execParams),
  Exec4: subject(exec4Params),
  ExecReturn: subject(execReturn),
  ControlAddressesReturn: subject(controlAddressesReturn),
  SubmitWindowedPoSt: subject(submitWindowedPoStParams),
  TerminateSectors: subject(terminateSectorsParams),
  TerminateSectorsReturn: subject(terminateSectorsReturn),
  DeclareFaults: subject(declareFaultsParams),
  DeclareFaultsRecovered: subject(declareFaultsRecoveredParams),
  WithdrawBalance: subject(withdrawBalanceParams),
  WithdrawEscrow: subject(withdrawEscrowParams),
  ExtendSectorExpiration2: subject(extendSectorExpiration2Params),
  Message: subject(messageCbor, messageCid),
  SignedMessage: subject(signedMessageCbor, signedMessageCid),
};

/** Leaves that JSON has no type for are `{"$tag": text}` in the file. */
function revive(value: JsonValue): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(revive);
  const [[tag, text] = []] = Object.entries(value);
  if (typeof text !== "string" || !tag?.startsWith("$")) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item)]));
  }
  if (tag === "$bigint") return BigInt(text);
  if (tag === "$bytes") return hexToBytes(text);
  if (tag === "$cid") return parseCid(text);
  if (tag === "$address") return parseAddress(text);
  return value;
}

/** Addresses and CIDs as text, so that a failure is readable and caches inside them do not count. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, item: unknown) => {
      if (item instanceof Address) return item.toString();
      if (item instanceof Uint8Array) return `0x${bytesToHex(item)}`;
      return typeof item === "bigint" ? `${item}n` : item;
    }),
  );
}

const file = readFileSync(new URL("go-state-types.json", import.meta.url), "utf8");
const all = revive(parseJson(file)) as Vector[];
const TABLES: readonly string[] = ["Actor", "Method"];
const vectors = all.filter((vector) => !TABLES.includes(vector.type));

/** The same item in spellings that are not canonical, with an item more or less in its tuple, or with a broken CID. */
function respelled(hex: string): string[] {
  const first = Number.parseInt(hex.slice(0, 2), 16);
  const [major, info, rest] = [first & 0xe0, first & 0x1f, hex.slice(2)];
  const header = (byte: number) => byte.toString(16).padStart(2, "0");
  const isTuple = major === 0x80 && info < 24;
  return [
    info < 24
      ? `${header(major | 24)}${header(info)}${rest}`
      : `${header(first + 1)}${"00".repeat(info - 23)}${rest}`,
    `${header(major | 31)}${rest}ff`,
    ...(isTuple ? [`${header(first + 1)}${rest}f6`, `${header(first - 1)}${rest}`] : []),
    ...(hex.includes("d82a58")
      ? [hex.replace("d82a58", "d82b58"), hex.replace(/d82a58(..)00/, "d82a58$101")]
      : []),
  ];
}

/** The entries of one table as `name → hex of the CBOR`. */
const table = (type: string) =>
  Object.fromEntries(all.filter((vector) => vector.type === type).map(({ value, hex }) => [value, hex]));

describe("vectors of go-state-types", () => {
  it("covers every type that the suite knows", () => {
    expect([...new Set(vectors.map((vector) => vector.type))].toSorted()).toEqual(
      Object.keys(SUBJECTS).toSorted(),
    );
  });

  it.each(Object.entries(SUBJECTS))(
    "%s: encodes to the same bytes, decodes to the same value, has the same CID",
    (type, codec) => {
      const ofType = vectors.filter((vector) => vector.type === type);
      expect(ofType.length).toBeGreaterThan(2);
      for (const { value, hex, cid: expected } of ofType) {
        expect(bytesToHex(codec.encode(value))).toBe(hex);
        expect(plain(codec.decode(hexToBytes(hex)))).toEqual(plain(value));
        expect(codec.cidOf?.(value)).toBe(expected);
      }
    },
  );

  it.each(Object.entries(SUBJECTS))("%s: shows and reads the JSON that Go shows", (type, codec) => {
    for (const { value, json } of vectors.filter((vector) => vector.type === type)) {
      if (json === undefined) continue;
      expect(codec.toJson(value)).toEqual(json);
      expect(plain(codec.fromJson(json))).toEqual(plain(value));
    }
  });

  it("has Go's JSON of every type but those that lotus defines, and of every label that Go keeps", () => {
    const without = new Set(vectors.filter(({ json }) => json === undefined).map(({ type }) => type));
    expect([...without].toSorted()).toEqual([
      "DealProposal",
      "Message",
      "PublishStorageDeals",
      "SignedMessage",
    ]);
    const kept = vectors.filter(({ type, json }) => type.includes("Deal") && json !== undefined);
    expect(kept.length).toBeGreaterThan(6);
  });

  it("refuses every vector with a byte more, and with the last one missing", () => {
    for (const { type, hex } of vectors) {
      const decode = (bytes: Uint8Array) => SUBJECTS[type]?.decode(bytes);
      expect(() => decode(hexToBytes(`${hex}00`))).toThrow(/bytes follow/);
      expect(() => decode(hexToBytes(hex.slice(0, -2)))).toThrow(/ends in the middle/);
    }
  });

  it("refuses every vector with another length, a longer or an indefinite header, or another tag", () => {
    const others = vectors.flatMap(({ type, hex }) => respelled(hex).map((wrong) => ({ type, wrong })));
    expect(others.length).toBeGreaterThan(3 * vectors.length);
    for (const { type, wrong } of others) {
      expect(() => SUBJECTS[type]?.decode(hexToBytes(wrong)), wrong).toThrow(
        /tuple of|bytes follow|shortest form|indefinite|tag is not 42|does not hold a CID/,
      );
    }
  });

  it("has the same addresses of actors and the same method numbers", () => {
    const actors = Object.entries(ACTOR).map(([name, actor]) => [
      name,
      bytesToHex(addBalanceParams.encode(actor)),
    ]);
    expect(Object.fromEntries(actors)).toEqual(table("Actor"));
    const methods = ACTOR_METHODS.filter(({ number }) => number !== METHOD_SEND).map(
      ({ actor, name, number }) => [`${actor}.${name}`, bytesToHex(encodeCbor(number))],
    );
    expect(Object.fromEntries(methods)).toEqual(table("Method"));
  });
});
