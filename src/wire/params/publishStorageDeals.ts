import { base64 } from "multiformats/bases/base64";
import type { AttoFil, Epoch, PaddedSize } from "../../units.ts";
import type { Address } from "../address.ts";
import type { Bitfield } from "../bitfield.ts";
import { type CID, cidOfBytes } from "../cid.ts";
import {
  address,
  arrayOf,
  attoFilField,
  bitfield,
  bool,
  cid,
  epochField,
  type Field,
  messageCodec,
  paddedSizeField,
  tuple,
  u64,
  wrongType,
} from "../field.ts";
import { base64ToBytes, jsonFields, type JsonValue, wrongJson } from "../json.ts";
import { type Signature, signature } from "../signature.ts";

/** What client and provider agreed on. */
export interface DealProposal {
  /** CommP. */
  readonly pieceCid: CID;
  readonly pieceSize: PaddedSize;
  readonly verifiedDeal: boolean;
  readonly client: Address;
  readonly provider: Address;
  /** At most 256 bytes; text or bytes, and the two are different labels. */
  readonly label: string | Uint8Array;
  readonly startEpoch: Epoch;
  readonly endEpoch: Epoch;
  readonly storagePricePerEpoch: AttoFil;
  readonly providerCollateral: AttoFil;
  readonly clientCollateral: AttoFil;
}

export interface ClientDealProposal {
  readonly proposal: DealProposal;
  readonly clientSignature: Signature;
}

/** Parameters of market method 4. */
export interface PublishStorageDealsParams {
  readonly deals: readonly ClientDealProposal[];
}

/** What market method 4 returns: an id for each valid deal, in order. */
export interface PublishStorageDealsReturn {
  readonly ids: readonly bigint[];
  /** Which of the published deals were valid, by index. */
  readonly validDeals: Bitfield;
}

/**
 * A label of bytes is `{"/": {"bytes": …}}` in JSON, DAG-JSON's way (base64 without padding). Lotus itself writes
 * "" and loses it.
 */
const label: Field<string | Uint8Array> = {
  toCbor: (value) => value,
  fromCbor: (value) => {
    if (typeof value === "string" || value instanceof Uint8Array) return value;
    throw wrongType("a text or a byte string", value);
  },
  toJson: (value) => (typeof value === "string" ? value : { "/": { bytes: base64.baseEncode(value) } }),
  fromJson: (value) => (typeof value === "string" ? value : bytesLabel(value)),
};

function bytesLabel(value: JsonValue): Uint8Array {
  const [bytes = null] = jsonFields(value, ["/"]).flatMap((inner) => jsonFields(inner, ["bytes"]));
  if (typeof bytes === "string") return base64ToBytes(bytes, base64);
  throw wrongJson("base64 text", bytes);
}

const dealProposal = tuple<DealProposal>(
  {
    pieceCid: cid,
    pieceSize: paddedSizeField,
    verifiedDeal: bool,
    client: address,
    provider: address,
    label,
    startEpoch: epochField,
    endEpoch: epochField,
    storagePricePerEpoch: attoFilField,
    providerCollateral: attoFilField,
    clientCollateral: attoFilField,
  },
  { pieceCid: "PieceCID" },
);

/** The bytes that the client signs. */
export const dealProposalCbor = messageCodec<DealProposal>("DealProposal", dealProposal);

export const dealProposalCid = (proposal: DealProposal): CID => cidOfBytes(dealProposalCbor.encode(proposal));

export const publishStorageDealsParams = messageCodec<PublishStorageDealsParams>(
  "PublishStorageDeals",
  tuple<PublishStorageDealsParams>({
    deals: arrayOf(tuple<ClientDealProposal>({ proposal: dealProposal, clientSignature: signature })),
  }),
);

export const publishStorageDealsReturn = messageCodec<PublishStorageDealsReturn>(
  "PublishStorageDealsReturn",
  tuple<PublishStorageDealsReturn>({ ids: arrayOf(u64), validDeals: bitfield }, { ids: "IDs" }),
);
