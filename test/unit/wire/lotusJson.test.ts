import { describe, expect, it } from "vitest";
import { PadmaError } from "../../../src/errors.ts";
import {
  address,
  arrayOf,
  attoFilField,
  bitfield,
  bytes,
  cid,
  i64,
  u64,
  uint,
} from "../../../src/wire/field.ts";
import { formatJson, parseJson } from "../../../src/wire/json.ts";
import { messageCbor, messageCid, signedMessageCbor } from "../../../src/wire/message.ts";
import { preCommitSectorBatch2Params } from "../../../src/wire/params/preCommitSectorBatch2.ts";
import { dealProposalCbor } from "../../../src/wire/params/publishStorageDeals.ts";

const SECTOR = {
  SealProof: 5,
  SectorNumber: 2,
  SealedCID: { "/": "bagboea4b5abcb6oif74n7yfy6ib5hx254dcmsi5rquwxatz557h5r7sprlbwrekj" },
  SealRandEpoch: -884,
  DealIDs: null,
  Expiration: 1_549_456,
  UnsealedCid: null,
};
const MESSAGE = {
  Version: 0,
  To: "t01000",
  From: "t01001",
  Nonce: 3,
  Value: "1",
  GasLimit: 904_953,
  GasFeeCap: "117765",
  GasPremium: "99294",
  Method: 0,
  Params: null,
};

/** The code and message of the refusal. */
function refusal(act: () => unknown): string {
  try {
    return `no refusal: ${JSON.stringify(act())}`;
  } catch (error) {
    if (error instanceof PadmaError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe("JSON text", () => {
  it("keeps every digit of integers beyond 2^53, in lists and objects and alone", () => {
    const text = '{"GasLimit":4611686018427387903,"ids":[18446744073709551615,-9223372036854775808,7]}';
    expect(parseJson(text)).toEqual({
      GasLimit: 4_611_686_018_427_387_903n,
      ids: [18_446_744_073_709_551_615n, -9_223_372_036_854_775_808n, 7],
    });
    expect(formatJson(parseJson(text))).toBe(text);
    expect(parseJson("9007199254740993")).toBe(9_007_199_254_740_993n);
    expect(parseJson("9007199254740991")).toBe(9_007_199_254_740_991);
  });

  it("leaves long digits in texts alone", () => {
    const text = '{"Value":"49999999999357718369180019","note":": 49999999999357718369"}';
    expect(formatJson(parseJson(text))).toBe(text);
  });

  it("refuses what is no JSON", () => {
    expect(refusal(() => parseJson('{"a":'))).toMatch(/^WIRE_JSON: not JSON: /);
  });
});

describe("JSON of a message", () => {
  it("names the field that is wrong, from the top down", () => {
    const broken = (change: object) => refusal(() => messageCbor.fromJson({ ...MESSAGE, ...change }));
    expect(broken({ Nonce: "3" })).toBe("WIRE_TYPE: Message.Nonce: expected an integer, found a text");
    expect(broken({ Nonce: -1 })).toBe("WIRE_RANGE: Message.Nonce: number out of range");
    expect(broken({ Method: 1.5 })).toBe("WIRE_RANGE: Message.Method: number out of range");
    expect(broken({ Value: 1 })).toMatch(/^WIRE_TYPE: Message.Value: expected a decimal number as text/);
    expect(broken({ Value: "01" })).toMatch(/^WIRE_BIGINT_TEXT: Message.Value: /);
    expect(broken({ Params: "AA" })).toMatch(/^WIRE_BASE64: Message.Params: /);
    expect(broken({ To: "t01000x" })).toMatch(/^WIRE_ADDRESS_TEXT: Message.To: not an address/);
    expect(broken({ Vale: "1" })).toBe("WIRE_JSON_FIELD: Message: the field Vale is not known here");
    const { Value: _value, ...without } = MESSAGE;
    expect(refusal(() => messageCbor.fromJson(without))).toBe(
      "WIRE_JSON_FIELD: Message: the field Value is missing",
    );
    expect(
      refusal(() =>
        preCommitSectorBatch2Params.fromJson({ Sectors: [SECTOR, { ...SECTOR, SealedCID: { "/": "baf" } }] }),
      ),
    ).toBe("WIRE_CID_INVALID: PreCommitSectorBatch2.Sectors[1].SealedCID: not a CID");
  });

  it("shows the CID, and works it out anew when it reads", () => {
    const shown = messageCbor.toJson(messageCbor.fromJson(MESSAGE), "t");
    const id = messageCid(messageCbor.fromJson(MESSAGE)).toString();
    expect(shown).toEqual({ ...MESSAGE, CID: { "/": id } });
    const stale = messageCbor.fromJson({ ...MESSAGE, Nonce: 4, CID: { "/": id } });
    expect(messageCbor.toJson(stale, "t")).not.toMatchObject({ CID: { "/": id } });
  });

  it("refuses a signature of an unknown type", () => {
    const signed = { Message: MESSAGE, Signature: { Type: 9, Data: "AAAA" } };
    expect(refusal(() => signedMessageCbor.fromJson(signed))).toBe(
      "WIRE_SIGNATURE: SignedMessage.Signature: unknown type of signature",
    );
  });
});

describe("JSON of a field", () => {
  it("takes null and the empty form for bytes and lists, as Go does", () => {
    expect(bytes.fromJson(null)).toEqual(new Uint8Array(0));
    expect(bytes.fromJson("")).toEqual(new Uint8Array(0));
    expect(arrayOf(uint).fromJson(null)).toEqual([]);
    expect(arrayOf(uint).fromJson([])).toEqual([]);
  });

  it("has runs for a bitfield, unset first, in one spelling", () => {
    expect(bitfield.fromJson([5, 1])).toEqual([{ start: 5, length: 1 }]);
    expect(bitfield.fromJson([0, 2, 3, 4])).toEqual([
      { start: 0, length: 2 },
      { start: 5, length: 4 },
    ]);
    expect(bitfield.toJson([], "t")).toEqual([0]);
    for (const wrong of [[5], [5, 0], [0, 2, 0, 1], [-1, 2], ["5", 1], [2 ** 53, 1], [1.5, 1]]) {
      expect(refusal(() => bitfield.fromJson(wrong))).toMatch(/^WIRE_BITFIELD: /);
    }
    expect(refusal(() => bitfield.fromJson(null))).toMatch(/^WIRE_TYPE: /);
  });

  it("keeps 64-bit integers apart from what does not fit", () => {
    expect(u64.fromJson(18_446_744_073_709_551_615n)).toBe(18_446_744_073_709_551_615n);
    expect(u64.toJson(7n, "t")).toBe(7);
    expect(i64.toJson(-(2n ** 63n), "t")).toBe(-(2n ** 63n));
    expect(refusal(() => u64.fromJson(2n ** 64n))).toMatch(/^WIRE_RANGE/);
    for (const wrong of [1e300, 1.5, -1]) expect(refusal(() => u64.fromJson(wrong))).toMatch(/^WIRE_RANGE/);
  });

  it("takes an address of either network and shows it for one", () => {
    for (const text of ["f01000", "t01000"])
      expect(address.toJson(address.fromJson(text), "t")).toBe("t01000");
  });

  it("refuses a CID beside something else, and text that is none", () => {
    const link = SECTOR.SealedCID;
    expect(cid.toJson(cid.fromJson(link), "t")).toEqual(link);
    expect(refusal(() => cid.fromJson({ ...link, more: 1 }))).toMatch(/^WIRE_JSON_FIELD/);
    expect(refusal(() => cid.fromJson(link["/"]))).toMatch(/^WIRE_TYPE/);
    expect(refusal(() => cid.fromJson({ "/": 5 }))).toMatch(/^WIRE_TYPE/);
  });

  it("writes a negative amount, and refuses the other spellings of one", () => {
    expect(attoFilField.toJson(attoFilField.fromJson("-12"), "t")).toBe("-12");
    for (const wrong of ["", "-0", "+1", "1.0", "0x10", "1_000", " 1"]) {
      expect(refusal(() => attoFilField.fromJson(wrong))).toMatch(/^WIRE_BIGINT_TEXT/);
    }
  });
});

describe("JSON of a deal's label", () => {
  const proposal = (label: unknown) =>
    ({
      PieceCID: { "/": "baga6ea4seaqd3drpzbdu3syltjztcinhp5ulkvpna5soqh7jdy5zxes3nephtmi" },
      PieceSize: 2048,
      VerifiedDeal: false,
      Client: "t01001",
      Provider: "t01000",
      Label: label as string,
      StartEpoch: 1,
      EndEpoch: 2,
      StoragePricePerEpoch: "0",
      ProviderCollateral: "0",
      ClientCollateral: "0",
    }) as const;

  it("keeps text and bytes apart, although lotus writes every label of bytes as an empty text", () => {
    for (const label of ["padma", "", { "/": { bytes: "3q2+7w" } }, { "/": { bytes: "" } }]) {
      const read = dealProposalCbor.fromJson(proposal(label));
      expect(dealProposalCbor.toJson(dealProposalCbor.decode(dealProposalCbor.encode(read)), "t")).toEqual(
        proposal(label),
      );
    }
    expect(refusal(() => dealProposalCbor.fromJson(proposal({ "/": { bytes: "3q2+7w==" } })))).toMatch(
      /^WIRE_BASE64: DealProposal.Label: /,
    );
  });
});
