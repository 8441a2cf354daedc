/** Miner method 28, PreCommitSectorBatch2 (builtin-actors v18). */
import { isPadmaError } from "../../../errors.ts";
import { attoFil } from "../../../units.ts";
import { type CID, commROf } from "../../../wire/cid.ts";
import {
  preCommitSectorBatch2Params,
  type SectorPreCommitInfo,
} from "../../../wire/params/preCommitSectorBatch2.ts";
import { EXIT } from "../exitCodes.ts";
import { POLICY, preCommitDepositFor } from "../parameters.ts";
import { type MinerState, slots } from "../slots.ts";
import { type Call, decodeParams, type Method, demand } from "./call.ts";
import { addCron } from "./cron.ts";
import { isPieceCid } from "./market.ts";
import { availableBalance, expiryOf, fundsOf, minerFor } from "./miner.ts";

/** All sectors of the batch, or none. */
export const preCommitSectorBatch2: Method = async (call) => {
  const { sectors } = decodeParams(preCommitSectorBatch2Params, call);
  demand(sectors.length > 0, () => "batch empty");
  demand(
    sectors.length <= POLICY.maxBatch,
    () => `a batch of ${sectors.length} is larger than ${POLICY.maxBatch}`,
  );
  const numbers = new Set(sectors.map((sector) => sector.sectorNumber));
  demand(numbers.size === sectors.length, () => "a sector number is in the batch twice");
  const miner = minerFor(call);
  for (const sector of sectors) checkSector(call, miner, sector);
  lockDeposits(call, miner, sectors.length);
  for (const sector of sectors) record(call, miner, sector);
  return new Uint8Array(0);
};

function checkSector(call: Call, miner: MinerState, sector: SectorPreCommitInfo): void {
  const { sectorNumber: number, sealRandEpoch } = sector;
  const earliest = call.epoch - call.machine.parameters.maxPreCommitRandomnessLookback;
  demand(
    sector.sealProof === miner.sealProof,
    () => `seal proof ${sector.sealProof} is not the miner's (${miner.sealProof})`,
  );
  demand(isSealedCid(sector.sealedCid), () => "the sealed CID is no CommR");
  demand(
    sealRandEpoch < call.epoch,
    () => `the ticket's epoch ${sealRandEpoch} must be before the current ${call.epoch}`,
  );
  demand(
    sealRandEpoch >= earliest,
    () => `the ticket's epoch ${sealRandEpoch} is too old, the earliest is ${earliest}`,
  );
  checkExpiration(call, sector);
  demand(
    sector.dealIds.length === 0,
    () => `sector ${number}: deals belong into the proof's piece manifests`,
  );
  demand(sector.unsealedCid === null || isPieceCid(sector.unsealedCid), () => "the unsealed CID is no CommD");
  const used = call.state.get(slots.allocated(call.receiver, number));
  demand(used === undefined, () => `sector number ${number} was already used at epoch ${used}`);
}

/** As if the sector became active at the last epoch at which it may be proven. */
function checkExpiration(call: Call, { expiration }: SectorPreCommitInfo): void {
  const activation = call.epoch + call.machine.parameters.maxProveCommitDuration;
  const least = activation + POLICY.minSectorExpiration;
  const most = Math.min(
    call.epoch + POLICY.maxSectorExpirationExtension,
    activation + POLICY.maxSectorLifetime,
  );
  demand(expiration >= least, () => `expiration ${expiration} is too early, the earliest is ${least}`);
  demand(expiration <= most, () => `expiration ${expiration} is too late, the latest is ${most}`);
}

/** The deposits may come with the message or from the miner's free balance: the value is already in it. */
function lockDeposits(call: Call, miner: MinerState, count: number): void {
  const total = preCommitDepositFor(miner.sectorSize) * BigInt(count);
  const available = availableBalance(call.state, call.receiver);
  demand(
    available >= total,
    () => `the deposit is ${total} attoFIL, the miner has ${available} free`,
    EXIT.actorInsufficientFunds,
  );
  const funds = fundsOf(call.state, call.receiver);
  call.state.set(slots.funds(call.receiver), {
    ...funds,
    preCommitDeposits: attoFil(funds.preCommitDeposits + total),
  });
}

function record(call: Call, miner: MinerState, info: SectorPreCommitInfo): void {
  const { state, receiver } = call;
  const deposit = preCommitDepositFor(miner.sectorSize);
  state.set(slots.preCommit(receiver, info.sectorNumber), { info, deposit, epoch: call.epoch });
  state.set(slots.allocated(receiver, info.sectorNumber), call.epoch);
  const { at, entry } = expiryOf(call, info.sectorNumber, call.epoch);
  addCron(state, at, entry);
}

function isSealedCid(cid: CID): boolean {
  try {
    commROf(cid);
    return true;
  } catch (error) {
    if (isPadmaError(error, "WIRE_CID_KIND")) return false;
    throw error;
  }
}
