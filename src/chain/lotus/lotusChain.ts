/**
 * A Filecoin network through lotus nodes. State is read at the last head that was seen, by its key, so that what one
 * decision needs fits together; `head()` moves on.
 */
import type { Log } from "../../log.ts";
import { isPadmaError } from "../../errors.ts";
import {
  type AttoFil,
  attoFil,
  type Epoch,
  millis,
  type Millis,
  type PaddedSize,
  type SectorNumber,
  sectorNumber,
} from "../../units.ts";
import { type Address, parseAddress } from "../../wire/address.ts";
import { ACTOR, METHOD } from "../../wire/methods.ts";
import { concatBytes } from "@noble/hashes/utils.js";
import type {
  Balances,
  Chain,
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
  TipSet,
} from "../chain.ts";
import { TYPICAL_GAS } from "../typicalGas.ts";
import {
  boolAnswer,
  type ChainTipSet,
  dealAnswer,
  actorAnswer,
  baseFeeAnswer,
  collateralBoundsAnswer,
  filAnswer,
  marketBalanceAnswer,
  minerStateAnswer,
  powerAnswer,
  preCommitAnswer,
  runsAnswer,
  sectorAnswer,
  signatureAnswer,
} from "./answers.ts";
import { Awaited } from "./awaited.ts";
import { freshHead } from "./freshHead.ts";
import { HeadStream } from "./headStream.ts";
import { minerAt, requireKey } from "./miner.ts";
import type { Nodes } from "./nodes.ts";
import { type ControlAddresses, Payers } from "./payers.ts";
import { Outbound, type Senders } from "./outbound.ts";
import { draw } from "./randomness.ts";
import { cidsOf, type HeadChange, TipSets } from "./tipsets.ts";
import type { Patience } from "./transport.ts";
import * as v from "valibot";

export interface LotusChainDeps {
  readonly nodes: Nodes;
  readonly network: NetworkInfo;
  /** ID address of the miner. */
  readonly actor: Address;
  readonly patience: Patience;
  readonly maxFee: AttoFil | null;
  /** Who pays for what, beside worker and owner. */
  readonly addresses: ControlAddresses;
  readonly now: () => number;
  readonly random: () => number;
  readonly log: Pick<Log, "warn" | "info">;
}

/** Owner, worker and size change rarely; a worker's change is announced a finality before. */
const MINER_KEPT_MS = 5 * 60_000;
/** What pledge and deposit are asked for: the longest life and any replica; the node adds 10 % to both. */
const LIFETIME = 1_555_200;
/** attoFIL a unit of gas (lotus, chain/messagepool: MinGasPremium). */
const LEAST_PREMIUM = 100_000n;
const ANY_REPLICA = "bagboea4b5abcatlxechwbp7kjpjguna6r6q7ejrhe6mdp3lf34pmswn27pkkiekz";

export class LotusChain implements Chain {
  readonly network: NetworkInfo;
  readonly #deps: LotusChainDeps;
  readonly #nodes: Nodes;
  readonly #address: string;
  readonly #tipsets: TipSets;
  readonly #awaited: Awaited;
  readonly #outbound: Outbound;
  readonly #payers: Payers;
  #head: ChainTipSet | null = null;
  /** `Nodes.changes` when the head was seen: another node need not know it. */
  #headOf = -1;
  #miner: { readonly info: Promise<MinerInfo>; readonly until: number } | null = null;
  readonly #signers = new Set<string>();
  #stream: HeadStream | null = null;
  readonly #listeners = new Set<(change: HeadChange) => void>();

  constructor(deps: LotusChainDeps) {
    const { nodes, network, actor, maxFee, addresses, log } = deps;
    this.network = network;
    this.#deps = deps;
    this.#nodes = nodes;
    this.#address = actor.toString(network.addressPrefix);
    const tipsets = new TipSets(nodes);
    this.#tipsets = tipsets;
    this.#payers = new Payers({ nodes, addresses, miner: () => this.miner() });
    this.#awaited = new Awaited({ nodes, tipsets, log });
    this.#outbound = new Outbound({
      nodes,
      tipsets,
      awaited: this.#awaited,
      network,
      head: () => this.#freshHead(),
      senders: (message) => this.#senders(message),
      maxFee,
    });
  }

  async head(): Promise<TipSet> {
    return shown(await this.#freshHead());
  }

  /** What the node has as its head, however old: for who shows it and decides nothing. */
  async storedHead(): Promise<TipSet> {
    return shown(await this.#newHead());
  }

  async tipsetAt(at: Epoch): Promise<TipSet | null> {
    const head = await this.#lastHead();
    return at > head.epoch ? null : shown(await this.#tipsets.at(Math.max(0, at), head));
  }

  timeOf(at: Epoch): Millis {
    return millis(this.network.genesisMs + at * this.network.blockDelayMs);
  }

  /** Calls back for every change of the head until the returned function is called; one websocket for all. */
  onHead(listener: (change: HeadChange) => void): () => void {
    const { patience, random, log } = this.#deps;
    const deps = { nodes: this.#nodes, tipsets: this.#tipsets, patience, random, log };
    this.#listeners.add(listener);
    const onChange = (change: HeadChange): void => this.#listeners.forEach((tell) => tell(change));
    this.#stream ??= new HeadStream({ ...deps, onChange });
    return () => void this.#listeners.delete(listener);
  }

  async ticket(at: Epoch): Promise<Randomness> {
    return draw(this.#nodes, "ticket", parseAddress(this.#address), at, await this.#freshHead());
  }

  async seed(at: Epoch): Promise<Randomness> {
    return draw(this.#nodes, "seed", parseAddress(this.#address), at, await this.#freshHead());
  }

  async push(message: OutgoingMessage): Promise<PushedMessage> {
    return this.#outbound.push(message);
  }

  async lookup(cids: readonly string[]): Promise<ReadonlyMap<string, Landed>> {
    if (cids.length === 0) return new Map();
    return this.#awaited.lookup(cids, await this.#freshHead());
  }

  async miner(): Promise<MinerInfo> {
    const now = this.#deps.now();
    if (this.#miner === null || this.#miner.until <= now) {
      const info = this.#links().then((head) => minerAt(this.#nodes, this.#address, head));
      this.#miner = { info, until: now + MINER_KEPT_MS };
      info.catch(() => (this.#miner = null));
    }
    return this.#miner.info;
  }

  async sign(address: string, bytes: Uint8Array): Promise<Uint8Array> {
    await this.#requireKey(address);
    const params = [address, Buffer.from(bytes).toString("base64")];
    const { Type, Data } = await this.#nodes.call("WalletSign", params, signatureAnswer);
    return concatBytes(Uint8Array.of(Type), Data);
  }

  async sector(number: SectorNumber): Promise<OnChainSector | null> {
    return this.#read("StateSectorGetInfo", [number], v.nullable(sectorAnswer));
  }

  async sectors(): Promise<readonly OnChainSector[]> {
    return (await this.#read("StateMinerSectors", [null], v.nullable(v.array(sectorAnswer)))) ?? [];
  }

  async preCommit(number: SectorNumber): Promise<OnChainPreCommit | null> {
    return this.#read("StateSectorPreCommitInfo", [number], v.nullable(preCommitAnswer));
  }

  async isAllocated(number: SectorNumber): Promise<boolean> {
    return this.#read("StateMinerSectorAllocated", [number], boolAnswer);
  }

  /** The runs end with the highest number that is set. */
  async nextFreeNumber(): Promise<SectorNumber> {
    const runs = await this.#read("StateMinerAllocated", [], runsAnswer);
    const end = runs.length % 2 === 0 ? runs : runs.slice(0, -1);
    return sectorNumber(end.reduce((sum, run) => sum + run, 0));
  }

  /**
   * One call each. A node answers an unknown deal with an error; whether it is that, or the node cannot read this state,
   * is told by reading the market's actor in the same state.
   */
  async deals(ids: readonly number[]): Promise<ReadonlyMap<number, OnChainDeal>> {
    const head = await this.#links();
    const found = await Promise.all(ids.map((id) => this.#deal(id, head)));
    return new Map(found.flatMap((deal) => (deal === null ? [] : [[deal.id, deal]])));
  }

  async preCommitDeposit(): Promise<AttoFil> {
    const [head, { sealProof }] = await Promise.all([this.#lastHead(), this.miner()]);
    const info = {
      SealProof: sealProof,
      SectorNumber: 0,
      SealedCID: { "/": ANY_REPLICA },
      SealRandEpoch: head.epoch - this.network.finality,
      DealIDs: [],
      Expiration: head.epoch + LIFETIME,
      UnsealedCid: null,
    };
    return this.#read("StateMinerPreCommitDepositForPower", [info], filAnswer);
  }

  async initialPledge(): Promise<AttoFil> {
    const { sectorSize } = await this.miner();
    const params = [LIFETIME, sectorSize, 0, await this.#links()];
    return this.#nodes.call("StateMinerInitialPledgeForSector", params, filAnswer);
  }

  /** The network's least is of the head; it moves with power and supply until the deal lands (lotus takes the same fifth). */
  async dealCollateral(size: PaddedSize): Promise<AttoFil> {
    const params = [size, false, await this.#links()];
    const { Min } = await this.#nodes.call(
      "StateDealProviderCollateralBounds",
      params,
      collateralBoundsAnswer,
    );
    return attoFil((Min * 6n) / 5n);
  }

  async marketAvailable(): Promise<AttoFil> {
    const { Escrow, Locked } = await this.#read("StateMarketBalance", [], marketBalanceAnswer);
    return attoFil(Escrow - Locked);
  }

  async payer(use: MessageUse, value: AttoFil): Promise<Payer> {
    return this.#payers.choose(use, value + (await this.fee(use)));
  }

  /** At twice the base fee of the head: it may rise by an eighth with every tipset. */
  async fee(use: MessageUse): Promise<AttoFil> {
    const { Blocks } = await this.#nodes.call("ChainHead", [], baseFeeAnswer);
    const baseFee = Blocks[0]?.ParentBaseFee ?? 0n;
    return attoFil(TYPICAL_GAS[use] * (2n * baseFee + LEAST_PREMIUM));
  }

  async power(): Promise<Power> {
    const { MinerPower, TotalPower, HasMinPower } = await this.#read("StateMinerPower", [], powerAnswer);
    return {
      minerRaw: MinerPower.RawBytePower,
      minerQualityAdjusted: MinerPower.QualityAdjPower,
      totalRaw: TotalPower.RawBytePower,
      totalQualityAdjusted: TotalPower.QualityAdjPower,
      hasMinPower: HasMinPower,
    };
  }

  async balances(): Promise<Balances> {
    const worker = this.miner().then((miner) => this.#nodes.call("WalletBalance", [miner.worker], filAnswer));
    const [state, available, market, ofWorker] = await Promise.all([
      this.#read("StateReadState", [], minerStateAnswer),
      this.#read("StateMinerAvailableBalance", [], filAnswer),
      this.#read("StateMarketBalance", [], marketBalanceAnswer),
      worker,
    ]);
    return {
      miner: state.Balance,
      preCommitDeposits: state.State.PreCommitDeposits,
      initialPledge: state.State.InitialPledge,
      vesting: state.State.LockedFunds,
      available: attoFil(available),
      marketEscrow: market.Escrow,
      marketLocked: market.Locked,
      worker: ofWorker,
    };
  }

  async close(): Promise<void> {
    // First the nodes: a call that the stream waits for ends with them.
    this.#nodes.close();
    await this.#stream?.close();
  }

  /** A read of the miner's state at the last head. */
  async #read<T>(
    method: string,
    params: readonly unknown[],
    answer: v.GenericSchema<unknown, T>,
  ): Promise<T> {
    return this.#nodes.call(method, [this.#address, ...params, await this.#links()], answer);
  }

  async #links(): Promise<readonly { readonly "/": string }[]> {
    return cidsOf((await this.#lastHead()).key);
  }

  async #lastHead(): Promise<ChainTipSet> {
    return this.#head !== null && this.#headOf === this.#nodes.changes ? this.#head : this.#newHead();
  }

  async #newHead(): Promise<ChainTipSet> {
    const head = await this.#tipsets.head();
    this.#head = head;
    this.#headOf = this.#nodes.changes;
    return head;
  }

  #freshHead(): Promise<ChainTipSet> {
    const { now } = this.#deps;
    const { blockDelayMs } = this.network;
    return freshHead({ nodes: this.#nodes, read: () => this.#newHead(), now, blockDelayMs });
  }

  async #senders(message: OutgoingMessage): Promise<Senders> {
    const use = useOf(message);
    const [payer, all] = await Promise.all([this.payer(use, message.value), this.#payers.candidates(use)]);
    return { from: payer.address, all };
  }

  async #requireKey(address: string): Promise<void> {
    const signer = `${address} ${this.#nodes.changes}`;
    if (this.#signers.has(signer)) return;
    await requireKey(this.#nodes, address);
    this.#signers.add(signer);
  }

  async #deal(id: number, head: readonly object[]): Promise<OnChainDeal | null> {
    try {
      const { Proposal, State } = await this.#nodes.call("StateMarketStorageDeal", [id, head], dealAnswer);
      return {
        id,
        startEpoch: Proposal.StartEpoch,
        endEpoch: Proposal.EndEpoch,
        active: State.SectorStartEpoch > 0,
      };
    } catch (error) {
      if (!isPadmaError(error, "CHAIN_RPC")) throw error;
      await this.#nodes.call("StateGetActor", [`${this.network.addressPrefix}05`, head], actorAnswer);
      return null;
    }
  }
}

/** Deals and what goes with them may be sent by fewer addresses; of the miner's own methods all but the proof's are alike. */
function useOf({ to, method }: OutgoingMessage): MessageUse {
  if (parseAddress(to).equals(ACTOR.market)) return "PublishDeals";
  return method === METHOD.miner.ProveCommitSectors3 ? "Commit" : "PreCommit";
}

const shown = ({ epoch, key, timestampMs }: ChainTipSet): TipSet => ({ epoch, key, timestampMs });
