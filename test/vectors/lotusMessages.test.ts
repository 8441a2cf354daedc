/** Messages, returns, signatures and a block of a real lotus node on a 2 KiB network. */
import { base64 } from "multiformats/bases/base64";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../src/wire/address.ts";
import { encodeBigint } from "../../src/wire/bigint.ts";
import type { CborValue } from "../../src/wire/cbor.ts";
import { cidOfCbor, parseCid } from "../../src/wire/cid.ts";
import type { Codec } from "../../src/wire/field.ts";
import { type JsonObject, parseJson } from "../../src/wire/json.ts";
import {
  messageCbor,
  messageCid,
  signedMessageCbor,
  signedMessageCid,
  signingBytes,
} from "../../src/wire/message.ts";
import { METHOD } from "../../src/wire/methods.ts";
import { batchReturn, exitCodeOf } from "../../src/wire/params/batchReturn.ts";
import { preCommitSectorBatch2Params } from "../../src/wire/params/preCommitSectorBatch2.ts";
import { proveCommitSectors3Params } from "../../src/wire/params/proveCommitSectors3.ts";
import { signature } from "../../src/wire/signature.ts";
import { createSignatures } from "../../src/proofs/signatures.ts";
import { verify } from "../helpers/curves.ts";

type Link = JsonObject & { readonly "/": string };
type LotusMessage = JsonObject & {
  readonly Method: number;
  readonly Params: string | null;
  readonly CID: Link;
};
type LotusSignature = JsonObject & { readonly Type: number; readonly Data: string };
interface LotusBlock {
  readonly Miner: string;
  readonly Ticket: { readonly VRFProof: string };
  readonly ElectionProof: { readonly WinCount: number; readonly VRFProof: string };
  readonly BeaconEntries: readonly { readonly Round: number; readonly Data: string }[];
  readonly WinPoStProof: readonly { readonly PoStProof: number; readonly ProofBytes: string }[];
  readonly Parents: readonly Link[];
  readonly ParentWeight: string;
  readonly Height: number;
  readonly ParentStateRoot: Link;
  readonly ParentMessageReceipts: Link;
  readonly Messages: Link;
  readonly BLSAggregate: LotusSignature;
  readonly Timestamp: number;
  readonly BlockSig: LotusSignature;
  readonly ForkSignaling: number;
  readonly ParentBaseFee: string;
}
interface Captured {
  readonly messages: readonly LotusMessage[];
  readonly signed: readonly (JsonObject & {
    readonly Message: LotusMessage;
    readonly Signature: LotusSignature;
    readonly CID: Link;
  })[];
  readonly returns: readonly { message: Link; return: string }[];
  readonly signatures: readonly { signer: string; bytes: string; signature: LotusSignature }[];
  readonly sector: { readonly CommR: Link; readonly Proof: string };
  readonly block: { readonly cid: Link; readonly header: LotusBlock };
}

const captured = parseJson(
  readFileSync(new URL("../fixtures/lotus-messages.json", import.meta.url), "utf8"),
) as unknown as Captured;

const fromBase64 = (text: string | null) => base64.baseDecode((text ?? "").replaceAll("=", ""));
const fromLotus = messageCbor.fromJson;
const bls = signature.fromJson;

function paramsOf<T>(method: number, codec: Codec<T>): T {
  const params = fromBase64(captured.messages.find((message) => message.Method === method)?.Params ?? null);
  const value = codec.decode(params);
  expect(codec.encode(value)).toEqual(params);
  return value;
}

describe("captured messages", () => {
  it.each(captured.messages.map((message) => [message.Method, message] as const))(
    "method %d has the CID that lotus shows",
    (_method, message) => {
      expect(messageCid(fromLotus(message)).toString()).toBe(message.CID["/"]);
      const bytes = messageCbor.encode(fromLotus(message));
      expect(messageCbor.encode(messageCbor.decode(bytes))).toEqual(bytes);
      expect(messageCbor.toJson(fromLotus(message), "t")).toEqual(message);
    },
  );

  it("reads the precommit of sector 2 and writes the same bytes", () => {
    const { sectors } = paramsOf(METHOD.miner.PreCommitSectorBatch2, preCommitSectorBatch2Params);
    expect(sectors).toMatchObject([
      {
        sealProof: 5,
        sectorNumber: 2,
        sealRandEpoch: -884,
        dealIds: [],
        expiration: 1_549_456,
        unsealedCid: null,
      },
    ]);
    expect(sectors[0]?.sealedCid.toString()).toBe(captured.sector.CommR["/"]);
  });

  it("reads the commit of sector 2 and writes the same bytes", () => {
    const params = paramsOf(METHOD.miner.ProveCommitSectors3, proveCommitSectors3Params);
    expect(params).toMatchObject({
      sectorActivations: [{ sectorNumber: 2, pieces: [] }],
      aggregateProofType: null,
      requireActivationSuccess: false,
    });
    expect(params.sectorProofs).toEqual([fromBase64(captured.sector.Proof)]);
  });

  it("reads the return of the commit: every sector succeeded", () => {
    for (const { return: bytes } of captured.returns) {
      const result = batchReturn.decode(fromBase64(bytes));
      expect(result).toEqual({ successCount: 1, failCodes: [] });
      expect(exitCodeOf(result, 0)).toBe(0);
    }
  });
});

describe("captured signatures", () => {
  const messages = captured.signed.map(({ Message, Signature }) => {
    const message = fromLotus(Message);
    return { signature: bls(Signature), signer: message.from, signed: signingBytes(message) };
  });
  const plain = captured.signatures.map(({ signer, bytes, signature: found }) => {
    return { signature: bls(found), signer: parseAddress(signer), signed: fromBase64(bytes) };
  });

  it("verify: messages over the CID, and plain bytes", async () => {
    const checks = [...messages, ...plain];
    expect(await createSignatures().verify(checks)).toEqual(checks.map(() => true));
    for (const { signature, signer, signed } of checks) expect(verify(signature, signer, signed)).toBe(true);
  });

  it("do not verify for another message, one among them or all", async () => {
    const wrong = messages.map((check) => ({ ...check, signed: Uint8Array.of(...check.signed, 0) }));
    expect(await createSignatures().verify(wrong)).toEqual(wrong.map(() => false));
    const one = [...messages, ...wrong.slice(0, 1)];
    expect(await createSignatures().verify(one)).toEqual([...messages.map(() => true), false]);
  });

  it("leave the CID of a BLS-signed message that of the message", () => {
    for (const lotus of captured.signed) {
      const signed = signedMessageCbor.fromJson(lotus);
      expect(signedMessageCid(signed).toString()).toBe(lotus.CID["/"]);
      expect(signedMessageCbor.toJson(signed, "t")).toEqual(lotus);
      expect(signedMessageCbor.decode(signedMessageCbor.encode(signed))).toEqual(signed);
    }
  });
});

describe("captured block", () => {
  it("has the CID of its header's tuple", () => {
    const { header, cid } = captured.block;
    expect(cidOfCbor(headerTuple(header)).toString()).toBe(cid["/"]);
  });
});

function headerTuple(block: LotusBlock): CborValue {
  return [
    parseAddress(block.Miner).toBytes(),
    [fromBase64(block.Ticket.VRFProof)],
    [block.ElectionProof.WinCount, fromBase64(block.ElectionProof.VRFProof)],
    block.BeaconEntries.map((entry) => [entry.Round, fromBase64(entry.Data)]),
    block.WinPoStProof.map((proof) => [proof.PoStProof, fromBase64(proof.ProofBytes)]),
    block.Parents.map((parent) => parseCid(parent["/"])),
    encodeBigint(BigInt(block.ParentWeight)),
    block.Height,
    parseCid(block.ParentStateRoot["/"]),
    parseCid(block.ParentMessageReceipts["/"]),
    parseCid(block.Messages["/"]),
    signature.toCbor(bls(block.BLSAggregate)),
    block.Timestamp,
    signature.toCbor(bls(block.BlockSig)),
    block.ForkSignaling,
    encodeBigint(BigInt(block.ParentBaseFee)),
  ];
}
