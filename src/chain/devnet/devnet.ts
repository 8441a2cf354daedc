/** The embedded chain: Filecoin's rules on one machine, in one SQLite file that several processes may open at once. */
import type { Verifier } from "../../proofs/prover.ts";
import type { Signatures } from "../../proofs/signatures.ts";
import { PadmaError } from "../../errors.ts";
import {
  type ActorId,
  type AttoFil,
  attoFil,
  type Epoch,
  epoch,
  type Millis,
  type SectorNumber,
  sectorNumber,
} from "../../units.ts";
import { idAddress, parseAddress } from "../../wire/address.ts";
import { signature } from "../../wire/signature.ts";
import type { SignedMessage } from "../../wire/message.ts";
import { toBytes } from "../../wire/field.ts";
import type {
  Balances,
  DevnetStatus,
  EmbeddedChain,
  Fault,
  Landed,
  MessageUse,
  MinerInfo,
  NetworkInfo,
  OnChainDeal,
  OnChainPreCommit,
  OnChainSector,
  OutgoingMessage,
  Payer,
  Power,
  PushedMessage,
  Randomness,
  Reorg,
  StoredFault,
  TipSet,
} from "../chain.ts";
import { Turn } from "../turns.ts";
import { TYPICAL_GAS } from "../typicalGas.ts";
import { accountAt, accountId, type AccountName, type KeyRing, keyRing, MINER } from "./accounts.ts";
import { balanceOf } from "./actors/ledger.ts";
import { dealAt, escrowOf } from "./actors/market.ts";
import { availableBalance, fundsOf, vestingOf } from "./actors/miner.ts";
import { claimOf, totalPower } from "./actors/power.ts";
import { type AdvanceDeps, advanceTo } from "./advance.ts";
import { Clock } from "./clock.ts";
import { damaged, type Database, openDatabase, type Row } from "./database.ts";
import { addFault, afterNullRounds, clearFaults, pendingFaults } from "./faults.ts";
import { leaveFork } from "./fork.ts";
import { BASE_FEE, GAS_PREMIUM } from "./gas.ts";
import { type Genesis, readGenesis } from "./genesis.ts";
import { initialPledgeFor, POLICY, preCommitDepositFor } from "./parameters.ts";
import { Pool } from "./pool.ts";
import { ChainRandomness, type RandomnessSource } from "./randomness.ts";
import { numberOf, ranges, type SectorState, slots } from "./slots.ts";
import { State } from "./state.ts";
import { bytesOf, committedRows, committedValues, lastKey } from "./stateRows.ts";
import { TipSets, tipSetOf } from "./tipsets.ts";
import { bytesToHex } from "@noble/hashes/utils.js";

export interface DevnetDeps {
  /** Wall time, milliseconds since 1970. */
  readonly now: () => number;
  readonly verifier: Verifier;
  readonly signatures: Signatures;
  /** Only for tests of the actors with recorded proofs: instead of the chain's own tickets and beacon. */
  readonly randomness?: RandomnessSource;
  /** How long to wait for another process's write: 10 s unless given. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens a devnet that `createDevnet` made.
 * @throws PadmaError CHAIN_DEVNET_MISSING, CHAIN_DATABASE_DAMAGED, CHAIN_DATABASE_VERSION, CHAIN_NOT_WRITABLE, CHAIN_BUSY
 */
export function openDevnet(path: string, deps: DevnetDeps): Devnet {
  const database = openDatabase(path, deps.busyTimeoutMs);
  try {
    return new Devnet(database, readGenesis(database), deps);
  } catch (error) {
    database.close();
    throw error;
  }
}

export class Devnet implements EmbeddedChain {
  readonly network: NetworkInfo;
  readonly instant: boolean;
  readonly #database: Database;
  readonly #genesis: Genesis;
  readonly #deps: DevnetDeps;
  readonly #clock: Clock;
  readonly #tipsets: TipSets;
  readonly #pool: Pool;
  readonly #randomness: RandomnessSource;
  readonly #keys: KeyRing;
  /** One advance at a time in this process; other processes are kept apart by the head. */
  readonly #advancing = new Turn();

  constructor(database: Database, genesis: Genesis, deps: DevnetDeps) {
    const { parameters, secret } = genesis;
    this.#database = database;
    this.#genesis = genesis;
    this.#deps = deps;
    this.#clock = new Clock(database, parameters, deps.now);
    this.#tipsets = new TipSets(database);
    this.#keys = keyRing(secret, deps.signatures);
    this.#pool = new Pool({ database, clock: this.#clock, tipsets: this.#tipsets, keys: this.#keys });
    this.#randomness = deps.randomness ?? new ChainRandomness(this.#tipsets, secret);
    this.instant = parameters.instant;
    this.network = networkOf(genesis);
    this.#tipsets.checkHead();
  }

  async head(): Promise<TipSet> {
    return this.#advance(() => this.#clock.read().epoch);
  }

  async tipsetAt(at: Epoch): Promise<TipSet | null> {
    return this.#database.read(() => {
      if (at > this.#tipsets.head().header.height) return null;
      return tipSetOf(this.#tipsets.atOrBefore(at), this.#genesis.parameters);
    });
  }

  async reorg(depth: number): Promise<Reorg> {
    if (!Number.isSafeInteger(depth) || depth < 1) {
      throw usage("CHAIN_DEPTH", "a reorg takes a whole number of tipsets away", { depth });
    }
    const { finality } = this.#genesis.parameters;
    const run = async () => {
      const now = this.#clock.read().epoch;
      const next = afterNullRounds(this.#database, now);
      if (next > now) {
        const facts = { epoch: now, next };
        throw usage("CHAIN_NULL_ROUND", "there is a null round now, so no other tipset can be made", facts);
      }
      const left = await this.#catchUp(now);
      const { ancestor, returned } = this.#database.write(() =>
        leaveFork(this.#database, this.#clock, { depth, finality }),
      );
      const both = tipSetOf(this.#tipsets.atOrBefore(ancestor), this.#genesis.parameters);
      return { left, ancestor: both, head: await this.#catchUp(this.#clock.read().epoch), returned };
    };
    return this.#advancing.take(run);
  }

  async addFault(fault: Fault): Promise<StoredFault> {
    return addFault(this.#database, this.#clock, fault);
  }

  async faults(): Promise<readonly StoredFault[]> {
    return this.#database.read(() => pendingFaults(this.#database));
  }

  async clearFaults(id: number | null): Promise<readonly StoredFault[]> {
    return clearFaults(this.#database, id);
  }

  async storedHead(): Promise<TipSet> {
    return tipSetOf(this.#tipsets.head(), this.#genesis.parameters);
  }

  async advance(epochs: number): Promise<TipSet> {
    if (!Number.isSafeInteger(epochs) || epochs < 1) {
      throw usage("CHAIN_EPOCHS", "the chain advances by a whole number of epochs", { epochs });
    }
    return this.#advance(() => this.#moveClock((now) => epoch(now + epochs)));
  }

  async jumpTo(to: Epoch): Promise<TipSet> {
    if (!this.instant) {
      throw usage("CHAIN_NOT_INSTANT", "only an instant devnet's clock jumps", { to });
    }
    return this.#advance(() => this.#moveClock((now) => epoch(Math.max(now, to))));
  }

  timeOf(at: Epoch): Millis {
    return this.#clock.timeOf(at);
  }

  async status(): Promise<DevnetStatus> {
    return this.#database.read(() => {
      const { parameters } = this.#genesis;
      const clock = this.#clock.read();
      const state = this.#state();
      const address = (name: AccountName) => keyAddress(state, accountId(name));
      return {
        head: tipSetOf(this.#tipsets.head(), parameters),
        clockEpoch: clock.epoch,
        clockBehindMs: clock.behindMs,
        pendingMessages: this.#pool.size(),
        tipsets: this.#tipsets.count(),
        instant: this.instant,
        blockDelayMs: parameters.blockDelayMs,
        verifyingKeyDigest: parameters.verifyingKeyDigest,
        accounts: { owner: address("owner"), worker: address("worker"), client: address("client") },
      };
    });
  }

  async ticket(at: Epoch): Promise<Randomness> {
    return { epoch: at, value: bytesToHex(this.#randomness.ticket(at, MINER)) };
  }

  async seed(at: Epoch): Promise<Randomness> {
    return { epoch: at, value: bytesToHex(this.#randomness.seed(at, MINER)) };
  }

  async push(message: OutgoingMessage): Promise<PushedMessage> {
    return { cid: this.#pool.find(message.uuid) ?? (await this.#pool.push(message)) };
  }

  /** Puts a message that was signed elsewhere into the pool. @throws PadmaError CHAIN_REFUSED */
  async submit(uuid: string, signed: SignedMessage): Promise<PushedMessage> {
    return { cid: await this.#pool.submit(uuid, signed) };
  }

  async lookup(cids: readonly string[]): Promise<ReadonlyMap<string, Landed>> {
    const rows = this.#database.all(
      `with recursive asked (cid, wanted) as (
         select value, value from json_each(?)
         union select replaced.replacement, asked.wanted from replaced join asked using (cid)
       )
       select wanted, r.cid, r.exit_code, r.returned, r.gas_used, r.error, m.included, t.cid as tipset
       from asked join receipts r using (cid)
       join messages m on m.cid = r.cid join tipsets t on t.epoch = m.included`,
      JSON.stringify(cids),
    );
    return new Map(rows.map((row) => [String(row["wanted"]), landed(this.#database, row)]));
  }

  async sign(address: string, bytes: Uint8Array): Promise<Uint8Array> {
    const account = accountAt(this.#state(), parseAddress(address));
    if (account === undefined) {
      throw usage("CHAIN_KEY_UNKNOWN", "the devnet holds no key for the address", { address });
    }
    return toBytes(signature.toCbor(this.#keys.sign(this.#keys.key(account.name), bytes)));
  }

  async miner(): Promise<MinerInfo> {
    return this.#database.read(() => {
      const state = this.#state();
      const miner = state.get(slots.miner(MINER));
      if (miner === undefined) throw damaged(this.#database.path, "the miner is not in the state");
      return {
        id: MINER,
        address: idAddress(MINER).toString("t"),
        owner: keyAddress(state, miner.owner),
        worker: keyAddress(state, miner.worker),
        control: [],
        sectorSize: miner.sectorSize,
        sealProof: miner.sealProof,
      };
    });
  }

  async sector(number: SectorNumber): Promise<OnChainSector | null> {
    const sector = this.#state().get(slots.sector(MINER, number));
    return sector === undefined ? null : onChainSector(sector);
  }

  async sectors(): Promise<readonly OnChainSector[]> {
    return committedValues(this.#database, ranges.sectors(MINER)).map(onChainSector);
  }

  async preCommit(number: SectorNumber): Promise<OnChainPreCommit | null> {
    const found = this.#state().get(slots.preCommit(MINER, number));
    if (found === undefined) return null;
    const { info, deposit, epoch } = found;
    const { sealProof, sealRandEpoch, expiration, sealedCid, unsealedCid } = info;
    const cids = { sealedCid: sealedCid.toString(), unsealedCid: unsealedCid?.toString() ?? null };
    return { number, sealProof, ...cids, sealRandEpoch, expiration, deposit, epoch };
  }

  async isAllocated(number: SectorNumber): Promise<boolean> {
    return this.#state().get(slots.allocated(MINER, number)) !== undefined;
  }

  async nextFreeNumber(): Promise<SectorNumber> {
    const highest = lastKey(this.#database, ranges.allocated(MINER));
    return sectorNumber(highest === undefined ? 0 : numberOf(highest) + 1);
  }

  async deals(ids: readonly number[]): Promise<ReadonlyMap<number, OnChainDeal>> {
    return this.#database.read(() => {
      const now = this.#tipsets.head().header.height;
      const state = this.#state();
      const found = ids.flatMap((id) => dealAt(state, id, now) ?? []);
      return new Map(found.map((deal) => [deal.id, deal]));
    });
  }

  async preCommitDeposit(): Promise<AttoFil> {
    return preCommitDepositFor(this.#genesis.parameters.sectorSize);
  }

  async initialPledge(): Promise<AttoFil> {
    return initialPledgeFor(this.#genesis.parameters.sectorSize);
  }

  async power(): Promise<Power> {
    return this.#database.read(() => {
      const [claim, total] = [claimOf(this.#state(), MINER), totalPower(this.#state())];
      return {
        minerRaw: claim.raw,
        minerQualityAdjusted: claim.qualityAdjusted,
        totalRaw: total.raw,
        totalQualityAdjusted: total.qualityAdjusted,
        hasMinPower: claim.qualityAdjusted >= POLICY.minConsensusPower,
      };
    });
  }

  /** Nobody has to put anything down here. */
  async dealCollateral(): Promise<AttoFil> {
    return attoFil(0n);
  }

  async marketAvailable(): Promise<AttoFil> {
    const { escrow, locked } = escrowOf(this.#state(), MINER);
    return attoFil(escrow - locked);
  }

  async payer(): Promise<Payer> {
    const [{ worker: address }, { worker: balance }] = await Promise.all([this.miner(), this.balances()]);
    return { address, balance };
  }

  async fee(use: MessageUse): Promise<AttoFil> {
    return attoFil(TYPICAL_GAS[use] * (BASE_FEE + GAS_PREMIUM));
  }

  async balances(): Promise<Balances> {
    return this.#database.read(() => {
      const state = this.#state();
      const { worker } = state.get(slots.miner(MINER)) ?? { worker: MINER };
      const funds = fundsOf(state, MINER);
      const market = escrowOf(state, MINER);
      return {
        miner: balanceOf(state, MINER),
        preCommitDeposits: funds.preCommitDeposits,
        initialPledge: funds.initialPledge,
        vesting: vestingOf(state, MINER),
        available: availableBalance(state, MINER),
        marketEscrow: market.escrow,
        marketLocked: market.locked,
        worker: balanceOf(state, worker),
      };
    });
  }

  /** What a node that serves this chain works with. */
  parts(): AdvanceDeps {
    return this.#advanceDeps();
  }

  /** Waits for an advance and for messages that are under way. */
  async close(): Promise<void> {
    await this.#pool.idle();
    await this.#advancing.take(async () => undefined);
    this.#database.close();
  }

  /** Advances this process's callers one after the other; each learns its target when its turn comes. */
  async #advance(target: () => Epoch): Promise<TipSet> {
    return this.#advancing.take(() => this.#catchUp(target()));
  }

  async #catchUp(to: Epoch): Promise<TipSet> {
    if (this.#tipsets.head().header.height < to) await advanceTo(this.#advanceDeps(), to);
    return tipSetOf(this.#tipsets.head(), this.#genesis.parameters);
  }

  #moveClock(target: (now: Epoch) => Epoch): Epoch {
    return this.#database.write(() => {
      const to = afterNullRounds(this.#database, target(this.#clock.read().epoch));
      this.#clock.moveTo(to);
      return to;
    });
  }

  #advanceDeps(): AdvanceDeps {
    return {
      database: this.#database,
      genesis: this.#genesis,
      clock: this.#clock,
      tipsets: this.#tipsets,
      pool: this.#pool,
      keys: this.#keys,
      machine: {
        parameters: this.#genesis.parameters,
        verifyingKey: this.#genesis.verifyingKey,
        randomness: this.#randomness,
        verifier: this.#deps.verifier,
        signatures: this.#keys,
      },
    };
  }

  #state(): State {
    return new State(committedRows(this.#database));
  }
}

/** The address that signs for an account; its ID address for any other actor. */
function keyAddress(state: State, id: ActorId): string {
  return (state.get(slots.actor(id))?.key ?? idAddress(id)).toString("t");
}

function networkOf({ parameters }: Genesis): NetworkInfo {
  return {
    kind: "devnet",
    name: parameters.name,
    isLocal: true,
    addressPrefix: "t",
    genesisMs: parameters.genesisMs,
    blockDelayMs: parameters.blockDelayMs,
    preCommitChallengeDelay: parameters.preCommitChallengeDelay,
    finality: parameters.finality,
    maxPreCommitRandomnessLookback: parameters.maxPreCommitRandomnessLookback,
    maxProveCommitDuration: parameters.maxProveCommitDuration,
  };
}

function landed(database: Database, row: Row): Landed {
  return {
    cid: String(row["cid"]),
    epoch: epoch(Number(row["included"])),
    tipset: [String(row["tipset"])],
    exitCode: Number(row["exit_code"]),
    returned: bytesOf(database, row, "returned"),
    gasUsed: Number(row["gas_used"]),
    error: row["error"] === null ? null : String(row["error"]),
  };
}

const onChainSector = (sector: SectorState): OnChainSector => ({ ...sector, verifiedDealWeight: 0n });

function usage(code: string, message: string, facts: PadmaError["facts"]): PadmaError {
  return new PadmaError({ code, kind: "user", message, facts });
}
