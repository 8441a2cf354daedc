import { describe, expect, it } from "vitest";
import { attoFil, epoch, paddedSize, sectorNumber } from "../../../src/units.ts";
import { idAddress } from "../../../src/wire/address.ts";
import { type CborValue, decodeCbor, encodeCbor } from "../../../src/wire/cbor.ts";
import { sealedCid, unsealedCid } from "../../../src/wire/cid.ts";
import { type Message, messageCbor, signedMessageCbor, signedMessageCid } from "../../../src/wire/message.ts";
import { batchReturn, exitCodeOf } from "../../../src/wire/params/batchReturn.ts";
import { preCommitSectorBatch2Params } from "../../../src/wire/params/preCommitSectorBatch2.ts";
import { dealIdPayload, proveCommitSectors3Params } from "../../../src/wire/params/proveCommitSectors3.ts";
import { dealProposalCbor, publishStorageDealsParams } from "../../../src/wire/params/publishStorageDeals.ts";
import { refusal } from "./refusal.ts";

const commR = sealedCid(new Uint8Array(32).fill(1));
const commD = unsealedCid(new Uint8Array(32).fill(2));

const precommit = preCommitSectorBatch2Params.encode({
  sectors: [1, 2, 3].map((number) => ({
    sealProof: 5,
    sectorNumber: sectorNumber(number),
    sealedCid: commR,
    sealRandEpoch: epoch(-884),
    dealIds: [],
    expiration: epoch(1_549_456),
    unsealedCid: number === 3 ? commD : null,
  })),
});

const message: Message = {
  version: 0,
  to: idAddress(1000),
  from: idAddress(100),
  nonce: 3n,
  value: attoFil(1n),
  gasLimit: 904_953n,
  gasFeeCap: attoFil(119_028n),
  gasPremium: attoFil(100_557n),
  method: 0,
  params: new Uint8Array(0),
};

const proposal = (label: string | Uint8Array) => ({
  pieceCid: commD,
  pieceSize: paddedSize(2048),
  verifiedDeal: false,
  client: idAddress(100),
  provider: idAddress(1000),
  label,
  startEpoch: epoch(10),
  endEpoch: epoch(600_000),
  storagePricePerEpoch: attoFil(0n),
  providerCollateral: attoFil(0n),
  clientCollateral: attoFil(0n),
});

const cidSignedBy = (kind: "bls" | "secp256k1" | "delegated", byte: number) =>
  signedMessageCid({ message, signature: { kind, data: new Uint8Array(65).fill(byte) } }).toString();

/** The bytes with one item changed; `path` leads through the arrays. */
function changed(
  bytes: Uint8Array,
  path: readonly number[],
  change: (item: CborValue) => CborValue,
): Uint8Array {
  const edit = (value: CborValue, [head, ...rest]: readonly number[]): CborValue =>
    head === undefined
      ? change(value)
      : (value as CborValue[]).map((item, i) => (i === head ? edit(item, rest) : item));
  return encodeCbor(edit(decodeCbor(bytes), path));
}

const withoutLast = (item: CborValue) => (item as CborValue[]).slice(0, -1);
const withOneMore = (item: CborValue) => [...(item as CborValue[]), null];

describe("decoding a message", () => {
  it.each<[string, readonly number[], (item: CborValue) => CborValue, string, string]>([
    ["a tuple with a field missing", [0, 1], withoutLast, "WIRE_TUPLE_LENGTH", "sectors[1]"],
    ["a tuple with a field too many", [0, 2], withOneMore, "WIRE_TUPLE_LENGTH", "sectors[2]"],
    ["an outer tuple with a field too many", [], withOneMore, "WIRE_TUPLE_LENGTH", ""],
    ["a number for the batch", [0], () => 7, "WIRE_TYPE", "sectors"],
    ["a map for a sector", [0, 0], () => ({}), "WIRE_TYPE", "sectors[0]"],
    ["null for a CID that must be there", [0, 0, 2], () => null, "WIRE_TYPE", "sectors[0].sealedCid"],
    ["bytes for a CID", [0, 0, 2], () => new Uint8Array(38), "WIRE_TYPE", "sectors[0].sealedCid"],
    ["a negative sector number", [0, 1, 1], () => -1, "WIRE_RANGE", "sectors[1].sectorNumber"],
    ["a sector number beyond 2^53", [0, 1, 1], () => 2n ** 53n, "WIRE_RANGE", "sectors[1].sectorNumber"],
    ["an epoch in text", [0, 1, 3], () => "5", "WIRE_TYPE", "sectors[1].sealRandEpoch"],
    ["a deal id below zero", [0, 2, 4], () => [1, -1], "WIRE_RANGE", "sectors[2].dealIds[1]"],
  ])("refuses %s, and names it", (_name, path, change, code, field) => {
    const error = refusal(() => preCommitSectorBatch2Params.decode(changed(precommit, path, change)));
    const full = field === "" ? "PreCommitSectorBatch2" : `PreCommitSectorBatch2.${field}`;
    expect(error).toMatchObject({ code, facts: { field: full } });
    expect(error.message.startsWith(`${full}: `)).toBe(true);
  });

  it.each<[string, number, CborValue, string, string]>([
    ["an amount with a sign byte of 2", 4, Uint8Array.of(2, 1), "WIRE_BIGINT", "value"],
    ["an amount as an integer", 4, 1, "WIRE_TYPE", "value"],
    ["an amount of zero with a sign", 6, Uint8Array.of(0), "WIRE_BIGINT", "gasFeeCap"],
    ["an address with a wrong length", 1, Uint8Array.of(1, 2, 3), "WIRE_ADDRESS_PAYLOAD", "to"],
    ["an empty address", 2, new Uint8Array(0), "WIRE_ADDRESS_EMPTY", "from"],
    ["a negative nonce", 3, -1, "WIRE_RANGE", "nonce"],
    ["a gas limit beyond i64", 5, 2n ** 63n, "WIRE_RANGE", "gasLimit"],
    ["null for the parameters", 9, null, "WIRE_TYPE", "params"],
  ])("refuses %s", (_name, index, value, code, field) => {
    const bytes = changed(messageCbor.encode(message), [index], () => value);
    expect(refusal(() => messageCbor.decode(bytes))).toMatchObject({
      code,
      facts: { field: `Message.${field}` },
    });
  });

  it("refuses bytes behind the message, and says of which", () => {
    const bytes = Uint8Array.of(...precommit, 0);
    const error = refusal(() => preCommitSectorBatch2Params.decode(bytes));
    expect(error).toMatchObject({
      code: "WIRE_CBOR_TRAILING_BYTES",
      facts: { field: "PreCommitSectorBatch2" },
    });
  });

  it.each<[string, Uint8Array]>([
    ["no bytes", new Uint8Array(0)],
    ["type 0", Uint8Array.of(0, 1)],
    ["type 4", Uint8Array.of(4, 1)],
    ["201 bytes", new Uint8Array(201).fill(1)],
  ])("refuses a signature of %s", (_name, signature) => {
    const bytes = encodeCbor([decodeCbor(messageCbor.encode(message)), signature]);
    expect(refusal(() => signedMessageCbor.decode(bytes))).toMatchObject({
      code: "WIRE_SIGNATURE",
      facts: { field: "SignedMessage.signature" },
    });
  });

  it("refuses a number that is no true or false, and an aggregate type that is no number", () => {
    const params = proveCommitSectors3Params.encode({
      sectorActivations: [
        {
          sectorNumber: sectorNumber(1),
          pieces: [{ cid: commD, size: paddedSize(2048), verifiedAllocationKey: null, notify: [] }],
        },
      ],
      sectorProofs: [new Uint8Array(192)],
      aggregateProof: new Uint8Array(0),
      aggregateProofType: null,
      requireActivationSuccess: true,
      requireNotificationSuccess: false,
    });
    const decode = (path: readonly number[], value: CborValue) =>
      refusal(() => proveCommitSectors3Params.decode(changed(params, path, () => value))).facts["field"];
    expect(decode([4], 1)).toBe("ProveCommitSectors3.requireActivationSuccess");
    expect(decode([3], "1")).toBe("ProveCommitSectors3.aggregateProofType");
    expect(decode([1, 0], [])).toBe("ProveCommitSectors3.sectorProofs[0]");
    expect(decode([0, 0, 1, 0, 2], [1])).toBe(
      "ProveCommitSectors3.sectorActivations[0].pieces[0].verifiedAllocationKey",
    );
  });
});

describe("encoding a message", () => {
  it("refuses numbers that the field cannot hold, and names it", () => {
    const bad = { ...message, nonce: 2n ** 64n };
    expect(refusal(() => messageCbor.encode(bad))).toMatchObject({
      code: "WIRE_RANGE",
      facts: { field: "Message.nonce" },
    });
    expect(refusal(() => messageCbor.encode({ ...message, method: 1.5 })).code).toBe("WIRE_RANGE");
  });

  it("does not care in which order a value's keys come", () => {
    const reversed = Object.fromEntries(Object.entries(message).toReversed()) as unknown as Message;
    expect(messageCbor.encode(reversed)).toEqual(messageCbor.encode(message));
  });
});

describe("values that decode gives", () => {
  it("do not change when the bytes they were read from do", () => {
    const bytes = messageCbor.encode({ ...message, params: Uint8Array.of(1, 2, 3) });
    const decoded = messageCbor.decode(bytes);
    bytes.fill(0);
    expect(decoded.params).toEqual(Uint8Array.of(1, 2, 3));
    expect(decoded.to.toString()).toBe("f01000");
  });
});

describe("signed messages", () => {
  it("have another CID with another secp256k1 signature, but not with another BLS one", () => {
    expect(cidSignedBy("secp256k1", 1)).not.toBe(cidSignedBy("secp256k1", 2));
    expect(cidSignedBy("delegated", 1)).not.toBe(cidSignedBy("delegated", 2));
    expect(cidSignedBy("bls", 1)).toBe(cidSignedBy("bls", 2));
  });
});

describe("deal labels", () => {
  it("keep text and bytes apart", () => {
    const [text, bytes] = [
      dealProposalCbor.encode(proposal("")),
      dealProposalCbor.encode(proposal(new Uint8Array(0))),
    ];
    expect(text).not.toEqual(bytes);
    expect(dealProposalCbor.decode(text).label).toBe("");
    expect(dealProposalCbor.decode(bytes).label).toEqual(new Uint8Array(0));
  });

  it("are nothing but text or bytes", () => {
    const bytes = publishStorageDealsParams.encode({
      deals: [{ proposal: proposal("x"), clientSignature: { kind: "bls", data: new Uint8Array(96) } }],
    });
    const error = refusal(() => publishStorageDealsParams.decode(changed(bytes, [0, 0, 0, 5], () => 5)));
    expect(error.facts).toMatchObject({ field: "PublishStorageDeals.deals[0].proposal.label" });
  });
});

describe("a batch's return", () => {
  it("gives the exit code of each item", () => {
    const result = batchReturn.decode(encodeCbor([2, [[1, 16]]]));
    expect([0, 1, 2].map((index) => exitCodeOf(result, index))).toEqual([0, 16, 0]);
  });
});

describe("a deal's notification", () => {
  it("carries the bare CBOR of the deal id", () => {
    expect(dealIdPayload.encode(24n)).toEqual(Uint8Array.of(0x18, 24));
  });
});
