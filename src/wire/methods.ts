/** Addresses of the built-in actors and the numbers of their methods (builtin-actors v18). */
import { blake2b } from "@noble/hashes/blake2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { idAddress } from "./address.ts";

export const ACTOR = {
  system: idAddress(0),
  init: idAddress(1),
  reward: idAddress(2),
  cron: idAddress(3),
  power: idAddress(4),
  market: idAddress(5),
  verifiedRegistry: idAddress(6),
  datacap: idAddress(7),
  burntFunds: idAddress(99),
} as const;

/** Every actor takes a plain send. */
export const METHOD_SEND = 0;

/** Names as lotus shows them. Some of the numbers are still named there although their method is gone. */
export const METHOD = {
  init: { Constructor: 1, Exec: 2, Exec4: 3 },
  power: {
    Constructor: 1,
    CreateMiner: 2,
    UpdateClaimedPower: 3,
    EnrollCronEvent: 4,
    CronTick: 5,
    UpdatePledgeTotal: 6,
    OnConsensusFault: 7,
    SubmitPoRepForBulkVerify: 8,
    CurrentTotalPower: 9,
  },
  market: {
    Constructor: 1,
    AddBalance: 2,
    WithdrawBalance: 3,
    PublishStorageDeals: 4,
    VerifyDealsForActivation: 5,
    BatchActivateDeals: 6,
    OnMinerSectorsTerminate: 7,
    ComputeDataCommitment: 8,
    CronTick: 9,
  },
  miner: {
    Constructor: 1,
    ControlAddresses: 2,
    ChangeWorkerAddress: 3,
    ChangePeerID: 4,
    SubmitWindowedPoSt: 5,
    PreCommitSector: 6,
    ProveCommitSector: 7,
    ExtendSectorExpiration: 8,
    TerminateSectors: 9,
    DeclareFaults: 10,
    DeclareFaultsRecovered: 11,
    OnDeferredCronEvent: 12,
    CheckSectorProven: 13,
    ApplyRewards: 14,
    ReportConsensusFault: 15,
    WithdrawBalance: 16,
    InternalSectorSetupForPreseal: 17,
    ChangeMultiaddrs: 18,
    CompactPartitions: 19,
    CompactSectorNumbers: 20,
    ConfirmChangeWorkerAddress: 21,
    RepayDebt: 22,
    ChangeOwnerAddress: 23,
    DisputeWindowedPoSt: 24,
    PreCommitSectorBatch: 25,
    ProveCommitAggregate: 26,
    ProveReplicaUpdates: 27,
    PreCommitSectorBatch2: 28,
    ProveReplicaUpdates2: 29,
    ChangeBeneficiary: 30,
    GetBeneficiary: 31,
    ExtendSectorExpiration2: 32,
    ProveCommitSectors3: 34,
    ProveReplicaUpdates3: 35,
    ProveCommitSectorsNI: 36,
  },
} as const;

/** An actor whose methods padma knows by name. */
export type ActorName = keyof typeof METHOD;
export const ACTOR_NAMES = Object.keys(METHOD) as readonly ActorName[];

/** Methods that any actor and contract may call, under a number made of the name; lotus shows them as `…Exported`. */
export const EXPORTED: Readonly<Record<ActorName, readonly string[]>> = {
  init: [],
  power: ["CreateMiner", "NetworkRawPower", "MinerRawPower", "MinerCount", "MinerConsensusCount"],
  market: [
    "AddBalance",
    "WithdrawBalance",
    "PublishStorageDeals",
    "GetBalance",
    "GetDealDataCommitment",
    "GetDealClient",
    "GetDealProvider",
    "GetDealLabel",
    "GetDealTerm",
    "GetDealTotalPrice",
    "GetDealClientCollateral",
    "GetDealProviderCollateral",
    "GetDealVerified",
    "GetDealActivation",
    "GetDealSector",
    "SettleDealPayments",
  ],
  miner: [
    "ChangeWorkerAddress",
    "ChangePeerID",
    "WithdrawBalance",
    "ChangeMultiaddrs",
    "ConfirmChangeWorkerAddress",
    "RepayDebt",
    "ChangeOwnerAddress",
    "ChangeBeneficiary",
    "GetBeneficiary",
    "MaxTerminationFee",
    "InitialPledge",
    "GetOwner",
    "IsControllingAddress",
    "GetSectorSize",
    "GetAvailableBalance",
    "GetVestingFunds",
    "GetPeerID",
    "GetMultiaddrs",
    "GenerateSectorLocation",
    "ValidateSectorStatus",
    "GetNominalSectorExpiration",
  ],
};

/** The number of an exported method (FRC-0042): the first four bytes of a hash of its name that make 2²⁴ or more. */
export function exportedMethod(name: string): number {
  const digest = blake2b(utf8ToBytes(`1|${name}`), { dkLen: 64 });
  const words = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
  for (let at = 0; at < digest.length; at += 4) {
    const number = words.getUint32(at);
    if (number >= 2 ** 24) return number;
  }
  throw new Error(`no method number in the hash of ${name}`); // one name in 2^128
}
