import * as dagCbor from "@ipld/dag-cbor";
import { bytesToHex } from "@noble/hashes/utils.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attoFil, epoch, paddedSize, sectorNumber } from "../../src/units.ts";
import { Address, addressFromBytes, idAddress, parseAddress } from "../../src/wire/address.ts";
import { decodeBigint, encodeBigint } from "../../src/wire/bigint.ts";
import {
  type Bitfield,
  bitfieldNumbers,
  bitfieldOf,
  decodeBitfield,
  encodeBitfield,
} from "../../src/wire/bitfield.ts";
import { type CborValue, decodeCbor, encodeCbor } from "../../src/wire/cbor.ts";
import { cidOfBytes, sealedCid, unsealedCid } from "../../src/wire/cid.ts";
import type { Codec } from "../../src/wire/field.ts";
import { formatJson, parseJson } from "../../src/wire/json.ts";
import { messageCbor, signedMessageCbor } from "../../src/wire/message.ts";
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
  publishStorageDealsParams,
  publishStorageDealsReturn,
} from "../../src/wire/params/publishStorageDeals.ts";
import { submitWindowedPoStParams } from "../../src/wire/params/submitWindowedPoSt.ts";
import {
  withdrawBalanceParams,
  withdrawBalanceReturn,
  withdrawEscrowParams,
} from "../../src/wire/params/withdrawBalance.ts";
import { encodeVarint, decodeVarint } from "../../src/wire/varint.ts";
import { PadmaError } from "../../src/errors.ts";

const bytes = (minLength: number, maxLength = minLength) =>
  fc.uint8Array({ minLength, maxLength }).map((raw) => new Uint8Array(raw));
/** Numbers of every CBOR width. */
const wide = (least: bigint, most: bigint) =>
  fc.oneof(
    ...[24n, 256n, 65_536n, 2n ** 32n, 2n ** 53n, most].map((top) =>
      fc.bigInt({ min: least < -top ? -top : least, max: top > most ? most : top }),
    ),
  );
const u64 = wide(0n, 2n ** 64n - 1n);
const i64 = wide(-(2n ** 63n), 2n ** 63n - 1n);
const uint = wide(0n, BigInt(Number.MAX_SAFE_INTEGER)).map(Number);
const int = wide(BigInt(Number.MIN_SAFE_INTEGER), BigInt(Number.MAX_SAFE_INTEGER)).map(Number);
const amount = fc.bigInt({ min: -(2n ** 120n), max: 2n ** 120n }).map(attoFil);
const commD = bytes(32).map(unsealedCid);
const commR = bytes(32).map(sealedCid);
const address = fc.oneof(
  wide(0n, 2n ** 63n - 1n).map(idAddress),
  bytes(20).map((payload) => new Address(1, payload)),
  bytes(20).map((payload) => new Address(2, payload)),
  bytes(48).map((payload) => new Address(3, payload)),
  fc
    .tuple(wide(0n, 2n ** 63n - 1n), bytes(0, 54))
    .map(([namespace, sub]) => new Address(4, Uint8Array.of(...encodeVarint(namespace), ...sub))),
);
const signature = fc.record({
  kind: fc.constantFrom("secp256k1" as const, "bls" as const, "delegated" as const),
  data: bytes(0, 199),
});
const bitfield = fc.uniqueArray(fc.nat({ max: 500 })).map(bitfieldOf);
const message = fc.record({
  version: uint,
  to: address,
  from: address,
  nonce: u64,
  value: amount,
  gasLimit: i64,
  gasFeeCap: amount,
  gasPremium: amount,
  method: uint,
  params: bytes(0, 300),
});
const proposal = fc.record({
  pieceCid: commD,
  pieceSize: uint.map(paddedSize),
  verifiedDeal: fc.boolean(),
  client: address,
  provider: address,
  label: fc.oneof(fc.string({ unit: "grapheme", maxLength: 30 }), bytes(0, 60)),
  startEpoch: int.map(epoch),
  endEpoch: int.map(epoch),
  storagePricePerEpoch: amount,
  providerCollateral: amount,
  clientCollateral: amount,
});
const piece = fc.record({
  cid: commD,
  size: uint.map(paddedSize),
  verifiedAllocationKey: fc.option(fc.record({ client: u64, id: u64 })),
  notify: fc.array(fc.record({ address, payload: bytes(0, 20) }), { maxLength: 3 }),
});

/** Of base32, as addresses write it. */
const LETTERS = Array.from("abcdefghijklmnopqrstuvwxyz234567");

/** A codec with values for it, its type forgotten. */
interface Pair {
  readonly name: string;
  readonly values: fc.Arbitrary<unknown>;
  readonly codec: Codec<unknown>;
}
const pair = <T>(name: string, codec: Codec<T>, values: fc.Arbitrary<T>): Pair => ({
  name,
  values,
  codec: {
    encode: (value) => codec.encode(value as T),
    decode: codec.decode,
    toJson: (value, network) => codec.toJson(value as T, network),
    fromJson: codec.fromJson,
  },
});

const PAIRS: readonly Pair[] = [
  pair("Message", messageCbor, message),
  pair("SignedMessage", signedMessageCbor, fc.record({ message, signature })),
  pair("AddBalance", addBalanceParams, address),
  pair(
    "PreCommitSectorBatch2",
    preCommitSectorBatch2Params,
    fc.record({
      sectors: fc.array(
        fc.record({
          sealProof: int,
          sectorNumber: uint.map(sectorNumber),
          sealedCid: commR,
          sealRandEpoch: int.map(epoch),
          dealIds: fc.array(u64, { maxLength: 3 }),
          expiration: int.map(epoch),
          unsealedCid: fc.option(commD),
        }),
        { maxLength: 30 },
      ),
    }),
  ),
  pair(
    "ProveCommitSectors3",
    proveCommitSectors3Params,
    fc.record({
      sectorActivations: fc.array(
        fc.record({ sectorNumber: uint.map(sectorNumber), pieces: fc.array(piece, { maxLength: 3 }) }),
        { maxLength: 5 },
      ),
      sectorProofs: fc.array(bytes(0, 300), { maxLength: 5 }),
      aggregateProof: bytes(0, 300),
      aggregateProofType: fc.option(int),
      requireActivationSuccess: fc.boolean(),
      requireNotificationSuccess: fc.boolean(),
    }),
  ),
  pair(
    "BatchReturn",
    batchReturn,
    fc.record({ successCount: uint, failCodes: fc.array(fc.record({ index: uint, code: uint })) }),
  ),
  pair(
    "PublishStorageDeals",
    publishStorageDealsParams,
    fc.record({ deals: fc.array(fc.record({ proposal, clientSignature: signature }), { maxLength: 4 }) }),
  ),
  pair(
    "PublishStorageDealsReturn",
    publishStorageDealsReturn,
    fc.record({ ids: fc.array(u64), validDeals: bitfield }),
  ),
];

const newActor = fc.record({ idAddress: address, robustAddress: address });
const declarations = fc.array(fc.record({ deadline: uint, partition: uint, sectors: bitfield }), {
  maxLength: 4,
});
const claims = fc.array(u64, { maxLength: 3 });

/** What a miner sends beside sealing. */
const MORE_PAIRS: readonly Pair[] = [
  pair(
    "CreateMiner",
    createMinerParams,
    fc.record({
      owner: address,
      worker: address,
      windowPoStProofType: int,
      peer: bytes(0, 40),
      multiaddrs: fc.array(bytes(0, 20), { maxLength: 3 }),
    }),
  ),
  pair("CreateMinerReturn", createMinerReturn, newActor),
  pair("ExecReturn", execReturn, newActor),
  pair("Exec", execParams, fc.record({ codeCid: commD, constructorParams: bytes(0, 60) })),
  pair(
    "Exec4",
    exec4Params,
    fc.record({ codeCid: commD, constructorParams: bytes(0, 60), subAddress: bytes(0, 54) }),
  ),
  pair(
    "ControlAddressesReturn",
    controlAddressesReturn,
    fc.record({ owner: address, worker: address, controlAddrs: fc.array(address, { maxLength: 3 }) }),
  ),
  pair(
    "SubmitWindowedPoSt",
    submitWindowedPoStParams,
    fc.record({
      deadline: uint,
      partitions: fc.array(fc.record({ index: uint, skipped: bitfield }), { maxLength: 3 }),
      proofs: fc.array(fc.record({ poStProof: int, proofBytes: bytes(0, 200) }), { maxLength: 3 }),
      chainCommitEpoch: int.map(epoch),
      chainCommitRand: bytes(0, 32),
    }),
  ),
  pair("TerminateSectors", terminateSectorsParams, fc.record({ terminations: declarations })),
  pair("TerminateSectorsReturn", terminateSectorsReturn, fc.record({ done: fc.boolean() })),
  pair("DeclareFaults", declareFaultsParams, fc.record({ faults: declarations })),
  pair("DeclareFaultsRecovered", declareFaultsRecoveredParams, fc.record({ recoveries: declarations })),
  pair("WithdrawBalance", withdrawBalanceParams, fc.record({ amountRequested: amount })),
  pair("WithdrawEscrow", withdrawEscrowParams, fc.record({ providerOrClientAddress: address, amount })),
  pair("WithdrawBalanceReturn", withdrawBalanceReturn, amount),
  pair(
    "ExtendSectorExpiration2",
    extendSectorExpiration2Params,
    fc.record({
      extensions: fc.array(
        fc.record({
          deadline: uint,
          partition: uint,
          sectors: bitfield,
          sectorsWithClaims: fc.array(
            fc.record({
              sectorNumber: uint.map(sectorNumber),
              maintainClaims: claims,
              dropClaims: claims,
            }),
            { maxLength: 3 },
          ),
          newExpiration: int.map(epoch),
        }),
        { maxLength: 3 },
      ),
    }),
  ),
];

/** Everything that DAG-CBOR can say in the range of padma's integers. */
const anyCbor = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false),
    int,
    u64,
    i64,
    bytes(0, 300),
    fc.string({ unit: "grapheme" }),
    bytes(0, 20).map(cidOfBytes),
    commR,
    fc.array(tie("value"), { maxLength: 30 }),
    fc.dictionary(
      fc
        .string({ unit: "grapheme", maxLength: 40 })
        .filter((key) => !/^\d+$/.test(key) && key !== "__proto__"),
      tie("value"),
      { maxKeys: 30 },
    ),
  ),
})).value;

describe("message codecs", () => {
  it.each([...PAIRS, ...MORE_PAIRS].map((each) => [each.name, each] as const))(
    "%s: decode gives back what encode took",
    (_name, subject) => {
      fc.assert(
        fc.property(subject.values, (value) => {
          const encoded = subject.codec.encode(value);
          const decoded = subject.codec.decode(encoded);
          expect(decoded).toEqual(value);
          expect(subject.codec.encode(decoded)).toEqual(encoded);
        }),
      );
    },
  );

  it.each([...PAIRS, ...MORE_PAIRS].map((each) => [each.name, each] as const))(
    "%s: goes through lotus's JSON unchanged, on either network",
    (_name, { codec, values }) => {
      fc.assert(
        fc.property(values, fc.constantFrom("f" as const, "t" as const), (value, network) => {
          const text = formatJson(codec.toJson(value, network));
          expect(codec.fromJson(parseJson(text))).toEqual(value);
          expect(formatJson(codec.toJson(codec.fromJson(parseJson(text)), network))).toBe(text);
        }),
      );
    },
  );

  it.each([...PAIRS, ...MORE_PAIRS].map((each) => [each.name, each] as const))(
    "%s: a changed byte is refused, or is read as another value that encodes to those bytes",
    (_name, { codec, values }) => {
      fc.assert(
        fc.property(values, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, where, change) => {
          const encoded = codec.encode(value);
          const index = where % encoded.length;
          const broken = encoded.map((byte, i) => (i === index ? byte ^ change : byte));
          expect(rewritten(codec.decode, codec.encode, broken)).toEqual(broken);
        }),
      );
    },
  );
});

/** What is written for the value that was read from `input`; `input` itself if it is refused. */
function rewritten<T>(
  decode: (bytes: Uint8Array) => T,
  encode: (value: T) => Uint8Array,
  input: Uint8Array,
): Uint8Array {
  try {
    return encode(decode(input));
  } catch (error) {
    if (error instanceof PadmaError) return input;
    throw error; // anything but a refusal is a bug
  }
}

describe("CBOR against @ipld/dag-cbor", () => {
  it("writes the same bytes, and reads what it writes", () => {
    fc.assert(
      fc.property(anyCbor, (value) => {
        const ours = encodeCbor(value);
        expect(bytesToHex(ours)).toBe(bytesToHex(dagCbor.encode(value)));
        expect(encodeCbor(decodeCbor(ours))).toEqual(ours);
      }),
      { numRuns: 2000 },
    );
  });

  it("accepts no bytes that it would write otherwise, and none that dag-cbor refuses or writes otherwise", () => {
    fc.assert(
      fc.property(fc.oneof(bytes(0, 12), anyCbor.chain(mutated)), (input) => {
        expect(bytesToHex(rewritten(decodeCbor, encodeCbor, input))).toBe(bytesToHex(input));
        expect(bytesToHex(rewritten(readByBoth, dagCbor.encode, input))).toBe(bytesToHex(input));
      }),
      { numRuns: 5000 },
    );
  });
});

/** dag-cbor's value of bytes that padma accepts. */
function readByBoth(input: Uint8Array): unknown {
  decodeCbor(input);
  return dagCbor.decode(input);
}

function mutated(value: CborValue): fc.Arbitrary<Uint8Array> {
  const encoded = encodeCbor(value);
  return fc
    .tuple(fc.nat({ max: encoded.length - 1 }), fc.nat({ max: 255 }))
    .map(([index, byte]) => encoded.map((old, i) => (i === index ? byte : old)));
}

describe("addresses", () => {
  it("go through text and bytes unchanged", () => {
    fc.assert(
      fc.property(address, fc.constantFrom("f" as const, "t" as const), (value, network) => {
        expect(parseAddress(value.toString(network))).toEqual(value);
        expect(addressFromBytes(value.toBytes())).toEqual(value);
      }),
    );
  });

  it("do not survive a changed character, but for the network's", () => {
    const keyed = address.filter((value) => value.protocol !== 0);
    fc.assert(
      fc.property(keyed, fc.nat(), fc.constantFrom(...LETTERS), (value, where, letter) => {
        const text = value.toString();
        const index = 1 + (where % (text.length - 1));
        fc.pre(text[index] !== letter);
        const changed = text.slice(0, index) + letter + text.slice(index + 1);
        expect(() => parseAddress(changed)).toThrow(PadmaError);
      }),
    );
  });
});

describe("numbers", () => {
  it("BigInt: bytes and value go both ways", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 1015n), max: 2n ** 1015n }), (value) => {
        expect(decodeBigint(encodeBigint(value))).toBe(value);
      }),
    );
  });

  it("BigInt: bytes that are accepted are those that would be written", () => {
    fc.assert(
      fc.property(bytes(0, 6), (input) => {
        expect(rewritten(decodeBigint, encodeBigint, input)).toEqual(input);
      }),
    );
  });

  it("varint: value and length go both ways", () => {
    fc.assert(
      fc.property(u64, (value) => {
        const encoded = encodeVarint(value);
        expect(decodeVarint(encoded)).toEqual({ value, length: encoded.length });
      }),
    );
  });
});

describe("bitfields", () => {
  const runs = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 2 ** 30 }), fc.integer({ min: 1, max: 2 ** 30 })), {
      maxLength: 40,
    })
    .chain((pairs) => fc.boolean().map((fromZero) => runsOf(pairs, fromZero)));

  it("runs go through RLE+ unchanged", () => {
    fc.assert(
      fc.property(runs, (set) => {
        expect(decodeBitfield(encodeBitfield(set))).toEqual(set);
      }),
    );
  });

  it("numbers go through runs and RLE+ unchanged", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 3000 }), { maxLength: 200 }), (numbers) => {
        const set = decodeBitfield(encodeBitfield(bitfieldOf(numbers)));
        expect(bitfieldNumbers(set)).toEqual(numbers.toSorted((a, b) => a - b));
      }),
    );
  });

  it("bytes that are accepted are those that would be written", () => {
    fc.assert(
      fc.property(bytes(0, 5), (input) => {
        expect(rewritten(decodeBitfield, encodeBitfield, input)).toEqual(input);
      }),
      { numRuns: 3000 },
    );
  });
});

/** Gap and length by turns. */
function runsOf(pairs: readonly [number, number][], fromZero: boolean): Bitfield {
  let at = 0;
  return pairs.map(([gap, length], i) => {
    const start = fromZero && i === 0 ? 0 : at + gap;
    at = start + length;
    return { start, length };
  });
}
