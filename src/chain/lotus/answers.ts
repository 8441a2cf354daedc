/**
 * The shapes of a node's answers: what padma reads of them, checked, in padma's own units. Fields that it does not use
 * are not looked at, so that a newer node may add some. JSON forms: lotus, documentation/en/api-methods-v1-stable.md.
 */
import * as v from "valibot";
import {
  attoFil,
  type AttoFil,
  epoch,
  type Epoch,
  millis,
  paddedSize,
  type PaddedSize,
  sectorNumber,
} from "../../units.ts";
import type { OnChainPreCommit, OnChainSector, TipSet } from "../chain.ts";

/** A tipset with what padma follows the chain by. */
export interface ChainTipSet extends TipSet {
  readonly parents: readonly string[];
}

const whole = v.pipe(v.number(), v.safeInteger());
const epochAnswer: v.GenericSchema<unknown, Epoch> = v.pipe(
  whole,
  v.transform((n) => epoch(n)),
);
const bigAnswer: v.GenericSchema<unknown, bigint> = v.pipe(
  v.string(),
  v.regex(/^-?\d+$/),
  v.transform((text) => BigInt(text)),
);
export const filAnswer: v.GenericSchema<unknown, AttoFil> = v.pipe(
  bigAnswer,
  v.transform((n) => attoFil(n)),
);
/** Base64, or null for no bytes at all. */
const bytesAnswer: v.GenericSchema<unknown, Uint8Array> = v.pipe(
  v.nullable(v.pipe(v.string(), v.base64())),
  v.transform((text) => new Uint8Array(Buffer.from(text ?? "", "base64"))),
);
export const textAnswer = v.string();
export const boolAnswer = v.boolean();
/** 32 bytes of randomness, as hex. */
export const randomnessAnswer: v.GenericSchema<unknown, string> = v.pipe(
  bytesAnswer,
  v.check((bytes) => bytes.length === 32, "randomness has 32 bytes"),
  v.transform((bytes) => Buffer.from(bytes).toString("hex")),
);
/** `{"/": "bafy…"}` as the text in it. */
export const cidAnswer: v.GenericSchema<unknown, string> = v.pipe(
  v.object({ "/": v.pipe(v.string(), v.regex(/^[a-zA-Z0-9]+$/)) }),
  v.transform((link) => link["/"]),
);
const optionalCid: v.GenericSchema<unknown, string | null> = v.nullable(cidAnswer);
const keyAnswer = v.pipe(v.array(cidAnswer), v.minLength(1));

export const tipSetAnswer: v.GenericSchema<unknown, ChainTipSet> = v.pipe(
  v.object({
    Cids: keyAnswer,
    // Genesis alone has no parents.
    Blocks: v.pipe(
      v.array(v.object({ Parents: v.nullable(v.array(cidAnswer)), Timestamp: whole })),
      v.minLength(1),
    ),
    Height: epochAnswer,
  }),
  v.transform(({ Cids, Blocks, Height }) => {
    // A tipset's blocks have the same parents; their times follow from its epoch.
    const [first] = Blocks;
    return {
      epoch: Height,
      key: Cids,
      parents: first?.Parents ?? [],
      timestampMs: millis((first?.Timestamp ?? 0) * 1000),
    };
  }),
);

/** What a unit of gas cost in the head. */
export const baseFeeAnswer = v.object({
  Blocks: v.pipe(v.array(v.object({ ParentBaseFee: filAnswer })), v.minLength(1)),
});

export const headChangesAnswer = v.array(
  v.object({ Type: v.picklist(["current", "apply", "revert"]), Val: tipSetAnswer }),
);

export const networkParamsAnswer = v.object({
  NetworkName: v.string(),
  // Whole on every network; a devnet that is served may be faster.
  BlockDelaySecs: v.pipe(v.number(), v.minValue(0.001)),
  PreCommitChallengeDelay: v.pipe(whole, v.minValue(1)),
  Eip155ChainID: whole,
});

const sectorSizeAnswer: v.GenericSchema<unknown, PaddedSize> = v.pipe(
  whole,
  v.transform((n) => paddedSize(n)),
);
export const minerInfoAnswer = v.object({
  Owner: v.string(),
  Worker: v.string(),
  ControlAddresses: v.nullable(v.array(v.string())),
  SectorSize: sectorSizeAnswer,
});

export const signatureAnswer = v.object({
  Type: v.pipe(whole, v.minValue(0), v.maxValue(255)),
  Data: bytesAnswer,
});

/** A message as the node shows it; `Params` null for none. */
export const messageAnswer = v.object({
  To: v.string(),
  From: v.string(),
  Nonce: whole,
  Value: filAnswer,
  GasLimit: whole,
  GasFeeCap: filAnswer,
  GasPremium: filAnswer,
  Method: whole,
  Params: bytesAnswer,
});
export type ShownMessage = v.InferOutput<typeof messageAnswer>;

export const signedMessageAnswer = v.object({ Message: messageAnswer, CID: cidAnswer });
/** Checked, but as the node has sent it: to be pushed again as it is. */
export const rawSignedMessage: v.GenericSchema<unknown, unknown> = v.pipe(
  v.unknown(),
  v.check((raw) => v.is(signedMessageAnswer, raw), "no signed message"),
);
export const poolAnswer = v.nullable(v.array(signedMessageAnswer));

export const receiptAnswer = v.object({ ExitCode: whole, Return: bytesAnswer, GasUsed: whole });
export type Receipt = v.InferOutput<typeof receiptAnswer>;
export const receiptsAnswer = v.nullable(v.array(receiptAnswer));
export const parentMessagesAnswer = v.nullable(v.array(v.object({ Cid: cidAnswer, Message: messageAnswer })));
export type ParentMessages = NonNullable<v.InferOutput<typeof parentMessagesAnswer>>;
/** The same, of each message only who sent it with which nonce: a busy tipset has a thousand of others. */
export const parentSlotsAnswer = v.nullable(
  v.array(v.object({ Cid: cidAnswer, Message: v.looseObject({ From: v.string(), Nonce: v.number() }) })),
);
export type ParentSlots = NonNullable<v.InferOutput<typeof parentSlotsAnswer>>;
/** `Cids` are those of both lists, one after the other. */
export const blockMessagesAnswer = v.object({
  BlsMessages: v.nullable(v.array(messageAnswer)),
  SecpkMessages: v.nullable(v.array(v.object({ Message: messageAnswer }))),
  Cids: v.nullable(v.array(cidAnswer)),
});
export type BlockMessages = v.InferOutput<typeof blockMessagesAnswer>;

/** `TipSet` is the one that holds the receipt: the child of the one that included the message. */
export const messageLookupAnswer = v.nullable(
  v.object({ Message: cidAnswer, Receipt: receiptAnswer, TipSet: keyAnswer, Height: epochAnswer }),
);
export type MessageLookup = NonNullable<v.InferOutput<typeof messageLookupAnswer>>;
export const replayAnswer = v.object({ Error: v.string() });

export const sectorAnswer: v.GenericSchema<unknown, OnChainSector> = v.pipe(
  v.object({
    SectorNumber: whole,
    SealProof: whole,
    SealedCID: cidAnswer,
    Activation: epochAnswer,
    Expiration: epochAnswer,
    DealWeight: bigAnswer,
    VerifiedDealWeight: bigAnswer,
    InitialPledge: filAnswer,
  }),
  v.transform((shown) => ({
    number: sectorNumber(shown.SectorNumber),
    sealProof: shown.SealProof,
    sealedCid: shown.SealedCID,
    activation: shown.Activation,
    expiration: shown.Expiration,
    dealWeight: shown.DealWeight,
    verifiedDealWeight: shown.VerifiedDealWeight,
    initialPledge: shown.InitialPledge,
  })),
);

export const preCommitAnswer: v.GenericSchema<unknown, OnChainPreCommit> = v.pipe(
  v.object({
    Info: v.object({
      SealProof: whole,
      SectorNumber: whole,
      SealedCID: cidAnswer,
      SealRandEpoch: epochAnswer,
      Expiration: epochAnswer,
      UnsealedCid: optionalCid,
    }),
    PreCommitDeposit: filAnswer,
    PreCommitEpoch: epochAnswer,
  }),
  v.transform(({ Info, PreCommitDeposit, PreCommitEpoch }) => ({
    number: sectorNumber(Info.SectorNumber),
    sealProof: Info.SealProof,
    sealedCid: Info.SealedCID,
    unsealedCid: Info.UnsealedCid,
    sealRandEpoch: Info.SealRandEpoch,
    expiration: Info.Expiration,
    deposit: PreCommitDeposit,
    epoch: PreCommitEpoch,
  })),
);

export const actorAnswer = v.object({ Nonce: whole });

/** Runs of a bitfield, alternating, zeros first: `[5,1]` is bit 5 (go-bitfield's JSON). */
export const runsAnswer = v.array(v.pipe(whole, v.minValue(0)));

/** A deal on the market: epochs are -1 before they come. */
export const dealAnswer = v.object({
  Proposal: v.object({ StartEpoch: epochAnswer, EndEpoch: epochAnswer }),
  State: v.object({ SectorStartEpoch: whole }),
});

const powerClaim = v.object({ RawBytePower: bigAnswer, QualityAdjPower: bigAnswer });
export const powerAnswer = v.object({
  MinerPower: powerClaim,
  TotalPower: powerClaim,
  HasMinPower: v.boolean(),
});

/** The miner actor's state, decoded. */
export const minerStateAnswer = v.object({
  Balance: filAnswer,
  State: v.object({ PreCommitDeposits: filAnswer, LockedFunds: filAnswer, InitialPledge: filAnswer }),
});
export const collateralBoundsAnswer = v.object({ Min: filAnswer });
export const marketBalanceAnswer = v.object({ Escrow: filAnswer, Locked: filAnswer });
