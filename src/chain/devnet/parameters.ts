/** What genesis fixes for the life of a devnet. */
import { PadmaError } from "../../errors.ts";
import {
  type AttoFil,
  attoFil,
  type Epoch,
  epoch,
  EPOCHS_IN_DAY,
  type Millis,
  millis,
  type PaddedSize,
  paddedSize,
} from "../../units.ts";
import type { CborValue } from "../../wire/cbor.ts";

export interface DevnetParameters {
  readonly name: string;
  readonly genesisMs: Millis;
  readonly blockDelayMs: number;
  readonly instant: boolean;
  readonly sectorSize: PaddedSize;
  readonly preCommitChallengeDelay: number;
  readonly finality: number;
  readonly maxPreCommitRandomnessLookback: number;
  readonly maxProveCommitDuration: number;
  /** blake2b-512 of the `.vk`, first 16 bytes, hex: as in parameters.json. */
  readonly verifyingKeyDigest: string;
}

/** Registered seal proofs V1_1, by sector size (go-state-types abi/sector.go). */
const SEAL_PROOFS: ReadonlyMap<number, number> = new Map([
  [2048, 5],
  [8_388_608, 6],
  [536_870_912, 7],
  [34_359_738_368, 8],
  [68_719_476_736, 9],
]);

const YEAR = 365 * EPOCHS_IN_DAY;

/** Actor policy (builtin-actors v18, runtime policy), in epochs of any length. */
export const POLICY = {
  minSectorExpiration: 180 * EPOCHS_IN_DAY,
  maxSectorExpirationExtension: 1278 * EPOCHS_IN_DAY,
  maxSectorLifetime: 5 * YEAR,
  expiredPreCommitCleanUpDelay: 8 * 60 + 8 * 60,
  maxBatch: 256,
  minDealDuration: 180 * EPOCHS_IN_DAY,
  maxDealDuration: 1278 * EPOCHS_IN_DAY,
  maxDealLabelBytes: 256,
  minConsensusPower: 2048n,
  /** Over which a new miner's deposit becomes its own (FIP-0077). */
  createMinerVesting: 180 * EPOCHS_IN_DAY,
  maxPeerIdBytes: 128,
  maxMultiaddrBytes: 1024,
  /** 30 days of sealing for V1_1, to which the challenge delay is added. */
  maxProveCommitDays: 30,
} as const;

// Per byte of sector size, as a young 2 KiB network of real nodes asked for; there they follow power and supply.
const PRE_COMMIT_DEPOSIT_PER_BYTE = 526_063_015n;
const INITIAL_PLEDGE_PER_BYTE = 29_103_830n;

export const preCommitDepositFor = (size: PaddedSize): AttoFil =>
  attoFil(BigInt(size) * PRE_COMMIT_DEPOSIT_PER_BYTE);
export const initialPledgeFor = (size: PaddedSize): AttoFil =>
  attoFil(BigInt(size) * INITIAL_PLEDGE_PER_BYTE);

/** FIP-0077: what a new miner locks, for a tenth of the power that counts. Far less than a sector on a small network. */
export const CREATE_MINER_DEPOSIT: AttoFil = attoFil(
  (POLICY.minConsensusPower / 10n) * INITIAL_PLEDGE_PER_BYTE,
);

/** What `init` may choose; everything else has the walkthrough's value. */
export interface DevnetChoices {
  readonly sectorSize: PaddedSize;
  /** The `.vk` whose proofs this chain accepts, as bytes. */
  readonly verifyingKey: Uint8Array;
  readonly name?: string;
  readonly instant?: boolean;
  readonly blockDelayMs?: number;
  readonly preCommitChallengeDelay?: number;
  readonly finality?: number;
}

export function chosenParameters(
  choices: DevnetChoices,
  now: number,
  verifyingKeyDigest: string,
): DevnetParameters {
  const delay = choices.preCommitChallengeDelay ?? 8;
  const finality = choices.finality ?? 900;
  const parameters: DevnetParameters = {
    name: choices.name ?? "padma-devnet",
    genesisMs: millis(now),
    blockDelayMs: choices.blockDelayMs ?? 1000,
    instant: choices.instant ?? false,
    sectorSize: choices.sectorSize,
    preCommitChallengeDelay: delay,
    finality,
    maxPreCommitRandomnessLookback: EPOCHS_IN_DAY + finality,
    maxProveCommitDuration: POLICY.maxProveCommitDays * EPOCHS_IN_DAY + delay,
    verifyingKeyDigest,
  };
  return checked(parameters);
}

/** The registered seal proof of a devnet's sectors. */
export function sealProofOf(size: PaddedSize): number {
  const proof = SEAL_PROOFS.get(size);
  if (proof === undefined) throw refuse("sectorSize", size, "2 KiB, 8 MiB, 512 MiB, 32 GiB or 64 GiB");
  return proof;
}

/** The registered WindowPoSt proof of miners with such sectors: V1_1 from 10 on, in the order of the sizes. */
export const windowPostProofOf = (size: PaddedSize): number => sealProofOf(size) + 5;

/** Milliseconds after 1970 of the last date that there is (ECMA-262, time values). */
const LAST_DATE_MS = 8.64e15;

/**
 * Where the clock may be moved at most. Ten years of epochs remain until the last date, so that whatever is dated ahead
 * of the head (an expiration, the end of a deal) is a date, and its epoch a whole number.
 */
export function latestEpoch({ genesisMs, blockDelayMs }: DevnetParameters): Epoch {
  return epoch(Math.floor((LAST_DATE_MS - genesisMs) / blockDelayMs) - 10 * YEAR);
}

function checked(parameters: DevnetParameters): DevnetParameters {
  sealProofOf(parameters.sectorSize);
  for (const [key, most] of MOST) {
    const value = parameters[key];
    if (!Number.isSafeInteger(value) || value < 1 || value > most)
      throw refuse(key, value, `a whole number from 1 to ${most}`);
  }
  if (parameters.name === "") throw refuse("name", "", "a name");
  return parameters;
}

/** At least 1 each; so much that all dates and lifetimes have room. */
const MOST = [
  ["blockDelayMs", 86_400_000],
  ["preCommitChallengeDelay", 30 * EPOCHS_IN_DAY],
  ["finality", YEAR],
  ["maxPreCommitRandomnessLookback", YEAR + EPOCHS_IN_DAY],
  ["maxProveCommitDuration", 60 * EPOCHS_IN_DAY],
] as const;

function refuse(option: string, value: string | number, expected: string): PadmaError {
  return new PadmaError({
    code: "CHAIN_DEVNET_OPTION",
    kind: "user",
    message: "a devnet cannot have this value",
    facts: { option, value, expected },
    next: "choose another value",
  });
}

/** As stored in the file. */
export const encodeParameters = (parameters: DevnetParameters): string => JSON.stringify(parameters);

/** Reads stored parameters back; undefined when they are not what `encodeParameters` wrote. */
export function decodeParameters(text: string): DevnetParameters | undefined {
  try {
    const value = JSON.parse(text) as Record<keyof DevnetParameters, unknown>;
    const number = (key: keyof DevnetParameters) => Number(value[key]);
    return checked({
      name: String(value.name),
      genesisMs: millis(number("genesisMs")),
      blockDelayMs: number("blockDelayMs"),
      instant: value.instant === true,
      sectorSize: paddedSize(number("sectorSize")),
      preCommitChallengeDelay: number("preCommitChallengeDelay"),
      finality: number("finality"),
      maxPreCommitRandomnessLookback: number("maxPreCommitRandomnessLookback"),
      maxProveCommitDuration: number("maxProveCommitDuration"),
      verifyingKeyDigest: String(value.verifyingKeyDigest),
    });
  } catch {
    return undefined; // the caller reports the file as damaged
  }
}

/** What the genesis block commits to. */
export const parametersCbor = (parameters: DevnetParameters): CborValue => ({ ...parameters });
