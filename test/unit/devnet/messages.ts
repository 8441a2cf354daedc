import { randomUUID } from "node:crypto";
import type { EmbeddedChain, Landed, OutgoingMessage } from "../../../src/chain/chain.ts";
import { attoFil, epoch, type Epoch, paddedSize, sectorNumber } from "../../../src/units.ts";
import { idAddress } from "../../../src/wire/address.ts";
import { sealedCid, unsealedCid } from "../../../src/wire/cid.ts";
import {
  preCommitSectorBatch2Params,
  type SectorPreCommitInfo,
} from "../../../src/wire/params/preCommitSectorBatch2.ts";
import {
  type PieceActivationManifest,
  proveCommitSectors3Params,
  type ProveCommitSectors3Params,
} from "../../../src/wire/params/proveCommitSectors3.ts";
import { ACTOR } from "../../../src/wire/methods.ts";

/** CommD of 2 KiB of zeros: filecoin-proofs, zero pad commitments. */
export const ZERO_COMM_D_2KIB = "fc7e928296e516faade986b28f92d44a4f24b935485223376a799027bc18f833";

export const COMM_R = sealedCid(new Uint8Array(32).fill(3));
export const GOOD_PROOF = new Uint8Array(192).fill(7);
export const MINER_ADDRESS = "t01000";
const MARKET_ADDRESS = ACTOR.market.toString("t");
const FIL = 10n ** 18n;

/** Epochs to add so that the expiration is allowed. */
export const LIFETIME = 700_000;

export const bytesFilled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
export const commP = (byte: number) => unsealedCid(bytesFilled(byte));

export function preCommitInfo(now: Epoch, changes: Partial<SectorPreCommitInfo> = {}): SectorPreCommitInfo {
  return {
    sealProof: 5,
    sectorNumber: sectorNumber(0),
    sealedCid: COMM_R,
    sealRandEpoch: epoch(now - 900),
    dealIds: [],
    expiration: epoch(now + LIFETIME),
    unsealedCid: null,
    ...changes,
  };
}

export function preCommitMessage(...sectors: SectorPreCommitInfo[]): OutgoingMessage {
  return minerMessage(28, preCommitSectorBatch2Params.encode({ sectors }));
}

export function proveMessage(
  sectors: readonly { number: number; proof?: Uint8Array; pieces?: readonly PieceActivationManifest[] }[],
  changes: Partial<ProveCommitSectors3Params> = {},
): OutgoingMessage {
  return minerMessage(
    34,
    proveCommitSectors3Params.encode({
      sectorActivations: sectors.map(({ number, pieces }) => ({
        sectorNumber: sectorNumber(number),
        pieces: pieces ?? [],
      })),
      sectorProofs: sectors.map(({ proof }) => proof ?? GOOD_PROOF),
      aggregateProof: new Uint8Array(0),
      aggregateProofType: null,
      requireActivationSuccess: true,
      requireNotificationSuccess: true,
      ...changes,
    }),
  );
}

export function piece(byte: number, size: number, dealPayload?: Uint8Array): PieceActivationManifest {
  return {
    cid: commP(byte),
    size: paddedSize(size),
    verifiedAllocationKey: null,
    notify: dealPayload === undefined ? [] : [{ address: ACTOR.market, payload: dealPayload }],
  };
}

export function minerMessage(method: number, params: Uint8Array, value = FIL): OutgoingMessage {
  return { uuid: randomUUID(), to: MINER_ADDRESS, method, params, value: attoFil(value) };
}

export function marketMessage(method: number, params: Uint8Array, value = 0n): OutgoingMessage {
  return { uuid: randomUUID(), to: MARKET_ADDRESS, method, params, value: attoFil(value) };
}

export function sendMessage(to: string, value: bigint): OutgoingMessage {
  return { uuid: randomUUID(), to, method: 0, params: new Uint8Array(0), value: attoFil(value) };
}

/** Pushes and advances until the receipt is there. */
export async function land(chain: EmbeddedChain, message: OutgoingMessage): Promise<Landed> {
  const { cid } = await chain.push(message);
  for (let i = 0; i < 3; i += 1) {
    const landed = (await chain.lookup([cid])).get(cid);
    if (landed !== undefined) return landed;
    await chain.advance(1);
  }
  throw new Error(`message ${cid} did not land within two tipsets`);
}

/** A precommit on chain, and the chain advanced to where its proof is accepted. */
export async function preCommitted(
  chain: EmbeddedChain,
  changes: Partial<SectorPreCommitInfo> = {},
): Promise<Landed> {
  const { epoch: now } = await chain.head();
  const landed = await land(chain, preCommitMessage(preCommitInfo(now, changes)));
  if (landed.exitCode !== 0) throw new Error(`the precommit failed: ${landed.error}`);
  await chain.advance(chain.network.preCommitChallengeDelay);
  return landed;
}

export const selfMiner = idAddress(1000);
