/** A miner's state: who it is, what it owns, its sectors and power. */
import { base58btc } from "multiformats/bases/base58";
import type { ActorId, PaddedSize } from "../../../units.ts";
import { type Bitfield, bitfieldHas, bitfieldOf } from "../../../wire/bitfield.ts";
import { bitfield as bitfieldField } from "../../../wire/field.ts";
import { bytesToJson, type JsonValue } from "../../../wire/json.ts";
import { sectorPreCommitInfo } from "../../../wire/params/preCommitSectorBatch2.ts";
import { availableBalance } from "../../devnet/actors/miner.ts";
import { claimOf, totalPower } from "../../devnet/actors/power.ts";
import {
  CREATE_MINER_DEPOSIT,
  initialPledgeFor,
  POLICY,
  preCommitDepositFor,
  windowPostProofOf,
} from "../../devnet/parameters.ts";
import { numberOf, type PowerState, ranges, type SectorState, slots } from "../../devnet/slots.ts";
import type { State } from "../../devnet/state.ts";
import { committedValues } from "../../devnet/stateRows.ts";
import { type Method, method } from "../method.ts";
import { type DevnetNode, type MinerAt, PREFIX, shownId } from "../node.ts";
import {
  address,
  bitfield,
  chainEpoch,
  paddedSize,
  preCommitInfo,
  sector,
  tipSetKey,
  uint64,
} from "../params.ts";
import { refuse } from "../rpcError.ts";

/** A method that asks for something of one miner. */
const ofMiner = (about: (at: MinerAt, node: DevnetNode) => JsonValue): Method =>
  method("read", [address, tipSetKey], async ({ node }, one, key) =>
    about(await node.minerAt(one, key), node),
  );

export const MINER: Readonly<Record<string, Method>> = {
  StateMinerInfo: ofMiner(info),
  StateMinerPower: ofMiner(({ state, id }) => power(state, id)),
  StateMinerAvailableBalance: ofMiner(({ state, id }) => String(availableBalance(state, id))),
  StateMinerSectorCount: ofMiner(({ state, id }) => {
    const live = state.keys(ranges.sectors(id).first, ranges.sectors(id).end).length;
    return { Live: live, Active: live, Faulty: 0 };
  }),
  StateMinerAllocated: ofMiner(({ state, id }) => bitfieldField.toJson(allocated(state, id), PREFIX)),
  StateMinerActiveSectors: ofMiner((at, node) => sectorsOf(node, at).map(sectorJson)),
  StateMinerFaults: ofMiner(() => bitfieldField.toJson([], PREFIX)),
  StateMinerRecoveries: ofMiner(() => bitfieldField.toJson([], PREFIX)),
  StateMinerSectors: method("read", [address, bitfield, tipSetKey], async ({ node }, one, wanted, key) => {
    const sectors = sectorsOf(node, await node.minerAt(one, key));
    return sectors.filter(({ number }) => wanted === null || bitfieldHas(wanted, number)).map(sectorJson);
  }),
  StateMinerSectorAllocated: method(
    "read",
    [address, sector, tipSetKey],
    async ({ node }, one, number, key) => {
      const { state, id } = await node.minerAt(one, key);
      return state.get(slots.allocated(id, number)) !== undefined;
    },
  ),
  StateSectorGetInfo: method("read", [address, sector, tipSetKey], async ({ node }, one, number, key) => {
    const { state, id } = await node.minerAt(one, key);
    const found = state.get(slots.sector(id, number));
    return found === undefined ? null : sectorJson(found);
  }),
  StateSectorPreCommitInfo: method(
    "read",
    [address, sector, tipSetKey],
    async ({ node }, one, number, key) => {
      const { state, id } = await node.minerAt(one, key);
      const found = state.get(slots.preCommit(id, number));
      if (found === undefined) return null;
      const { info, deposit, epoch } = found;
      const Info = sectorPreCommitInfo.toJson(info, PREFIX);
      return { Info, PreCommitDeposit: String(deposit), PreCommitEpoch: epoch };
    },
  ),
  StateSectorExpiration: method("read", [address, sector, tipSetKey], async ({ node }, one, number, key) => {
    const { state, id } = await node.minerAt(one, key);
    const found = state.get(slots.sector(id, number));
    if (found === undefined) throw refuse(`failed to find sector ${number}`);
    return { OnTime: found.expiration, Early: 0 };
  }),
  StateMinerCreationDeposit: method("read", [tipSetKey], async ({ node }, key) => {
    await node.tipset(key);
    return String(CREATE_MINER_DEPOSIT);
  }),
  StateMinerPreCommitDepositForPower: method(
    "read",
    [address, preCommitInfo, tipSetKey],
    async ({ node }, one, _info, key) => {
      const { miner } = await node.minerAt(one, key);
      return overestimated(preCommitDepositFor(miner.sectorSize));
    },
  ),
  StateMinerInitialPledgeForSector: method(
    "read",
    [chainEpoch, paddedSize, uint64, tipSetKey],
    async ({ node }, _duration, size, _verified, key) => {
      await node.tipset(key);
      return overestimated(initialPledgeFor(size));
    },
  ),
};

function info({ state, id, miner }: MinerAt): JsonValue {
  const peer = state.get(slots.peer(id));
  const none = peer === undefined || peer.multiaddrs.length === 0;
  return {
    Owner: shownId(miner.owner),
    Worker: shownId(miner.worker),
    NewWorker: "<empty>",
    ControlAddresses: null,
    WorkerChangeEpoch: -1,
    PeerId: peer === undefined || peer.id.length === 0 ? null : base58btc.baseEncode(peer.id),
    Multiaddrs: none ? null : peer.multiaddrs.map(bytesToJson),
    WindowPoStProofType: windowPostProofOf(miner.sectorSize),
    SectorSize: miner.sectorSize,
    WindowPoStPartitionSectors: partitionSectorsOf(miner.sectorSize),
    ConsensusFaultElapsed: -1,
    PendingOwnerAddress: null,
    Beneficiary: shownId(miner.owner),
    BeneficiaryTerm: { Quota: "0", UsedQuota: "0", Expiration: 0 },
    PendingBeneficiaryTerm: null,
  };
}

/** Sectors of a WindowPoSt partition (go-state-types abi/sector.go). */
const PARTITION_SECTORS: ReadonlyMap<number, number> = new Map([
  [2048, 2],
  [8_388_608, 2],
  [536_870_912, 2],
  [34_359_738_368, 2349],
  [68_719_476_736, 2300],
]);
const partitionSectorsOf = (size: PaddedSize): number => PARTITION_SECTORS.get(size) ?? 0;

function power(state: State, id: ActorId): JsonValue {
  const claim = claimOf(state, id);
  const shown = ({ raw, qualityAdjusted }: PowerState) => ({
    RawBytePower: String(raw),
    QualityAdjPower: String(qualityAdjusted),
  });
  return {
    MinerPower: shown(claim),
    TotalPower: shown(totalPower(state)),
    HasMinPower: claim.qualityAdjusted >= POLICY.minConsensusPower,
  };
}

function allocated(state: State, id: ActorId): Bitfield {
  const { first, end } = ranges.allocated(id);
  return bitfieldOf(state.keys(first, end).map(numberOf));
}

/** All sectors of a miner, ascending. At the head they are decoded together, which takes half the time. */
function sectorsOf({ parts: { database, tipsets } }: DevnetNode, at: MinerAt): readonly SectorState[] {
  const range = ranges.sectors(at.id);
  if (tipsets.headCid() === at.block.cid.toString()) return committedValues(database, range);
  return at.state.keys(range.first, range.end).flatMap((key) => at.state.get({ ...range, key }) ?? []);
}

function sectorJson(sector: SectorState): JsonValue {
  return {
    SectorNumber: sector.number,
    SealProof: sector.sealProof,
    SealedCID: { "/": sector.sealedCid },
    Activation: sector.activation,
    Expiration: sector.expiration,
    DealWeight: String(sector.dealWeight),
    VerifiedDealWeight: "0",
    InitialPledge: String(sector.initialPledge),
    ExpectedDayReward: null,
    ExpectedStoragePledge: null,
    PowerBaseEpoch: sector.activation,
    ReplacedDayReward: null,
    SectorKeyCID: null,
    Flags: SIMPLE_QUALITY_ADJUSTED_POWER,
    DailyFee: "0",
  };
}

/** Every sector since network version 17 has this flag (builtin-actors, SectorOnChainInfoFlags). */
const SIMPLE_QUALITY_ADJUSTED_POWER = 1;

/** Nodes ask for a tenth more than the actor will, because the amount may rise until the message lands. */
const overestimated = (amount: bigint): string => String((amount * 110n) / 100n);
