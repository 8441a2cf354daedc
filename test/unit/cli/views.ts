/** Values as the app gives them, for what is rendered from them: the sector of lotus's own output, and one that failed. */
import type { InfoView, SectorRow, SectorStatus } from "../../../src/app/views.ts";

export const clock = { epoch: 80, blockDelayMs: 4000 };

export const proving: SectorRow = {
  id: 2,
  state: "Proving",
  step: null,
  onChain: true,
  active: false,
  expiration: 1_549_456,
  sealTime: 157_000,
  events: 12,
  deals: "CC",
  pledge: "59604643840",
  waits: null,
  error: null,
};

export const failed: SectorRow = {
  ...proving,
  id: 10,
  state: "CommitFailed",
  step: "Diagnose",
  onChain: false,
  expiration: null,
  sealTime: null,
  pledge: null,
  waits: "the proof was refused; attempt 2 of 5",
  error: "the proof was refused; attempt 2 of 5",
};

export const waiting: SectorRow = {
  ...failed,
  id: 11,
  state: "PreCommitted",
  step: "AwaitSeed",
  deals: "1",
  waits: "the seed is drawn at epoch 37",
  error: null,
};

const commDCid = "baga6ea4seaqpy7usqklokfx2vxuynmupslkeutzexe2uqurdg5vhtebhxqmpqmy";

export const status: SectorStatus = {
  sector: 2,
  miner: "t01000",
  state: "Proving",
  step: "Finalize",
  commD: "fc7e928296e516faade986b28f92d44a4f24b935485223376a799027bc18f833",
  commR: "3f8b1c6bc2ad8f6a6b9b3ff5bdfd8e3b8e2d6ae7d0c1b2a39485766758493021",
  unsealedCid: commDCid,
  sealedCid: "bagboea4b5abcb6oif74n7yfy6ib5hx254dcmsi5rquwxatz557h5r7sprlbwrekj",
  ticket: "722427f5522eeb4c3169d1f99be7021e5a2a2664d7ddab6e4649eba4cddf7eaf",
  ticketEpoch: -884,
  seed: "b63c9823e319739d632b8e776a1636874b67fbb78d296cfd95400c0165eb5040",
  seedEpoch: 28,
  precommitCid: "bafy2bzacedytmtmngimfxumbmepmb5s3ezdak3czlhy6yg36vmspj3za7xpei",
  commitCid: "bafy2bzacedcgiuadrdwz3l43hcia6i6dt2oqq3qsy2r3h45ztj5eczoeh4m7s",
  proof: "89cf3e",
  deals: [0],
  expiredDeals: [],
  retries: 0,
  lastError: null,
  expiration: 1_550_217,
  pieces: [{ size: 2048, commP: "fc7e", cid: commDCid, dealId: 0 }],
  onChain: {
    sealProof: 5,
    activation: 39,
    expiration: 1_549_456,
    dealWeight: "0",
    verifiedDealWeight: "0",
    initialPledge: "59604643840",
  },
  timings: { AddPiece: 12, PC1: 840, PC2: 4200, C1: 65, C2: 46_000 },
  why: "nothing left to do: the sector is proving",
  log: [
    {
      seq: 0,
      at: Date.UTC(2026, 10, 22, 11, 58, 21),
      kind: "event;sealing.SectorStartCC",
      message: { User: { ID: 2, SectorType: 5 } },
      durationMs: null,
      event: "SectorStartCC",
    },
    {
      seq: 1,
      at: Date.UTC(2026, 10, 22, 12, 0, 58),
      kind: "event;sealing.SectorProving",
      message: { User: {} },
      durationMs: 17,
      event: "SectorProving",
    },
  ],
};

export const info: InfoView = {
  network: {
    kind: "devnet",
    name: "padma-devnet",
    epoch: 80,
    headAt: 1_000_000,
    blockDelayMs: 4000,
    isLocal: true,
  },
  miner: "t01000",
  sectorSize: 2048,
  power: {
    raw: "4096",
    qualityAdjusted: "40960",
    totalRaw: "4096",
    totalQualityAdjusted: "40960",
    hasMinPower: true,
  },
  balances: {
    miner: "2952061000000000000000",
    preCommitDeposits: "0",
    initialPledge: "59605000000",
    vesting: "2214046000000000000000",
    available: "738015000000000000000",
    marketEscrow: "3000000000000000000",
    marketLocked: "1000000000000000000",
    worker: "49999999999357718369180019",
  },
  sectors: { Proving: 3, CommitFailed: 1 },
  total: 4,
  drivers: [],
  payers: [
    { for: "publish deals", address: "t3worker", balance: "49999999999357718369180019", problem: null },
    { for: "precommit", address: "t3worker", balance: "49999999999357718369180019", problem: null },
    { for: "commit", address: null, balance: null, problem: "the node's wallet has no key" },
  ],
  warning: null,
  parameters: { origin: "generated", note: "made locally: devnet only" },
};
