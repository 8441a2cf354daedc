/** What every implementation of `Chain` does, written against the interface only. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Chain, Landed, OutgoingMessage } from "../../src/chain/chain.ts";
import { attoFil, epoch, type Epoch, paddedSize, sectorNumber } from "../../src/units.ts";
import { parseAddress } from "../../src/wire/address.ts";
import { parseCid, sealedCid, unsealedCid } from "../../src/wire/cid.ts";
import { ACTOR, METHOD, METHOD_SEND } from "../../src/wire/methods.ts";
import { preCommitSectorBatch2Params } from "../../src/wire/params/preCommitSectorBatch2.ts";
import {
  type DealProposal,
  dealProposalCbor,
  publishStorageDealsParams,
  publishStorageDealsReturn,
} from "../../src/wire/params/publishStorageDeals.ts";
import { signature } from "../../src/wire/signature.ts";
import { verify } from "../helpers/curves.ts";

export interface ChainUnderTest {
  readonly chain: Chain;
  /** Lets so many epochs pass. */
  readonly pass: (epochs: number) => Promise<void>;
}

const HEX_32 = /^[0-9a-f]{64}$/;
const SEAL_PROOF_2KIB = 5;
const LIFETIME = 700_000;

/** Runs the suite; `make` gives each test a chain of a 2 KiB miner without sectors and closes it when the test ends. */
export function describeChain(name: string, make: () => Promise<ChainUnderTest>): void {
  describe(`${name}: the network`, () => {
    describeNetwork(make);
  });
  describe(`${name}: randomness`, () => {
    describeRandomness(make);
  });
  describe(`${name}: messages`, () => {
    describeMessages(make);
  });
  describe(`${name}: the miner's state`, () => {
    describeState(make);
  });
  describe(`${name}: deals`, () => {
    describeDeals(make);
  });
}

type Make = () => Promise<ChainUnderTest>;

function describeNetwork(make: Make): void {
  it("has a head whose time follows from its epoch, and that grows", async () => {
    const { chain, pass } = await make();
    const { genesisMs, blockDelayMs } = chain.network;
    const before = await chain.head();
    await pass(3);
    const after = await chain.head();
    expect(after.epoch).toBeGreaterThanOrEqual(before.epoch + 3);
    expect(after.timestampMs).toBe(genesisMs + after.epoch * blockDelayMs);
    expect(after.key.length).toBeGreaterThan(0);
    for (const cid of after.key) expect(parseCid(cid).toString()).toBe(cid);
  });

  it("knows the canonical tipset of an epoch, and nothing of those above its head", async () => {
    const { chain, pass } = await make();
    const before = await chain.head();
    await pass(3);
    const after = await chain.head();
    expect(await chain.tipsetAt(before.epoch)).toEqual(before);
    expect(await chain.tipsetAt(after.epoch)).toEqual(after);
    expect((await chain.tipsetAt(epoch(after.epoch - 1)))?.epoch).toBeLessThan(after.epoch);
    expect((await chain.tipsetAt(epoch(-900)))?.epoch).toBe(0);
    expect(await chain.tipsetAt(epoch(after.epoch + 50))).toBeNull();
  });

  it("names its delays", async () => {
    const { network } = (await make()).chain;
    expect(network.preCommitChallengeDelay).toBeGreaterThan(0);
    expect(network.finality).toBeGreaterThan(0);
    expect(network.maxPreCommitRandomnessLookback).toBeGreaterThan(network.finality);
    expect(network.maxProveCommitDuration).toBeGreaterThan(network.preCommitChallengeDelay);
  });
}

function describeRandomness(make: Make): void {
  it("is 32 bytes, and the same whenever it is drawn", async () => {
    const { chain, pass } = await make();
    await pass(3);
    const { epoch: at } = await chain.head();
    const draw = async () => [
      await chain.ticket(at),
      await chain.seed(at),
      await chain.ticket(epoch(at - 900)),
    ];
    const drawn = await draw();
    for (const { value } of drawn) expect(value).toMatch(HEX_32);
    expect(new Set(drawn.map(({ value }) => value)).size).toBe(3);
    await pass(3);
    await chain.head();
    expect(await draw()).toEqual(drawn);
  });

  it("is not drawn above the head", async () => {
    const { chain } = await make();
    const { epoch: head } = await chain.head();
    for (const draw of [chain.ticket(epoch(head + 50)), chain.seed(epoch(head + 50))]) {
      await expect(draw).rejects.toMatchObject({ code: "CHAIN_FUTURE_RANDOMNESS" });
    }
  });
}

function describeMessages(make: Make): void {
  it("land with the epoch and the tipset that included them, once their receipt is there", async () => {
    const under = await make();
    const { epoch: before } = await under.chain.head();
    const { cid } = await under.chain.push(send(under.chain, "t099", 7n));
    const landed = await waitFor(under, cid);
    expect(landed).toMatchObject({ cid, exitCode: 0 });
    expect(landed.epoch).toBeGreaterThan(before);
    expect(landed.gasUsed).toBeGreaterThan(0);
    expect(landed.tipset.length).toBeGreaterThan(0);
    expect((await under.chain.head()).epoch).toBeGreaterThan(landed.epoch);
    const tipset = await under.chain.tipsetAt(landed.epoch);
    expect(tipset).toMatchObject({ epoch: landed.epoch, key: landed.tipset });
  });

  it("are one message for one uuid, also after it has landed", async () => {
    const under = await make();
    const message = send(under.chain, "t099", 7n);
    const first = await under.chain.push(message);
    expect(await under.chain.push(message)).toEqual(first);
    await waitFor(under, first.cid);
    expect(await under.chain.push(message)).toEqual(first);
    const other = await under.chain.push({ ...message, uuid: randomUUID() });
    expect(other.cid).not.toBe(first.cid);
  });

  it("are looked up together; what has not landed is missing", async () => {
    const under = await make();
    const { chain } = under;
    const cids = [];
    for (const value of [1n, 2n, 3n]) cids.push((await chain.push(send(chain, "t099", value))).cid);
    for (const cid of cids) await waitFor(under, cid);
    const unknown = sealedCid(new Uint8Array(32)).toString();
    const found = await chain.lookup([...cids, unknown]);
    expect([...found.keys()].sort()).toEqual([...cids].sort());
    expect(await chain.lookup([])).toEqual(new Map());
  });

  it("that an actor refuses land with its exit code", async () => {
    const under = await make();
    const miner = await under.chain.miner();
    const bad: OutgoingMessage = {
      uuid: randomUUID(),
      to: miner.address,
      method: METHOD.miner.PreCommitSectorBatch2,
      params: preCommitSectorBatch2Params.encode({ sectors: [] }),
      value: attoFil(0n),
    };
    // A node refuses it already when it estimates its gas.
    const outcome = await push(under, bad).then(
      (landed) => landed.exitCode,
      (error: unknown) => (error as { code?: unknown }).code,
    );
    expect([16, "CHAIN_REFUSED"]).toContain(outcome);
  });

  it("that the worker cannot pay are refused before they are in the pool", async () => {
    const { chain } = await make();
    const { worker } = await chain.balances();
    await expect(chain.push(send(chain, "t099", worker + 1n))).rejects.toMatchObject({
      code: "CHAIN_FUNDS",
      kind: "busy",
    });
  });
}

function describeState(make: Make): void {
  it("shows the miner, without sectors and power", async () => {
    const { chain } = await make();
    const miner = await chain.miner();
    expect(miner.address).toBe(`${chain.network.addressPrefix}0${miner.id}`);
    expect(miner.sectorSize).toBe(2048);
    expect(miner.sealProof).toBe(SEAL_PROOF_2KIB);
    expect(await chain.sectors()).toEqual([]);
    expect(await chain.sector(sectorNumber(7))).toBeNull();
    expect(await chain.preCommit(sectorNumber(7))).toBeNull();
    expect(await chain.isAllocated(sectorNumber(7))).toBe(false);
    expect(await chain.nextFreeNumber()).toBe(0);
    expect(await chain.power()).toMatchObject({ minerRaw: 0n, minerQualityAdjusted: 0n });
  });

  it("signs with the worker's key", async () => {
    const { chain } = await make();
    const { worker } = await chain.miner();
    const bytes = new TextEncoder().encode("a deal proposal");
    const made = signature.fromCbor(await chain.sign(worker, bytes));
    expect(verify(made, parseAddress(worker), bytes)).toBe(true);
    expect(verify(made, parseAddress(worker), new TextEncoder().encode("another"))).toBe(false);
  });

  it("shows a landed precommit with its deposit, and its number as used", async () => {
    const under = await make();
    const { chain } = under;
    const [number, commR] = [sectorNumber(7), sealedCid(new Uint8Array(32).fill(3))];
    const { epoch: now } = await chain.head();
    const deposit = await chain.preCommitDeposit();
    const before = await chain.balances();
    const landed = await push(under, await preCommit(chain, now, deposit));
    expect(landed).toMatchObject({ exitCode: 0 });
    const shown = await chain.preCommit(number);
    expect(shown).toMatchObject({
      number,
      sealProof: SEAL_PROOF_2KIB,
      sealedCid: commR.toString(),
      sealRandEpoch: now - chain.network.finality,
      expiration: now + LIFETIME,
      epoch: landed.epoch,
    });
    expect(await chain.isAllocated(number)).toBe(true);
    expect(await chain.nextFreeNumber()).toBe(number + 1);
    expect(await chain.sector(number)).toBeNull();
    const after = await chain.balances();
    expect(after.preCommitDeposits).toBe(
      (before.preCommitDeposits + (shown?.deposit ?? 0n)) as typeof deposit,
    );
    expect(before.worker - after.worker).toBeGreaterThan(deposit);
  });
}

function describeDeals(make: Make): void {
  it("are shown once published, and not active without a sector; unknown ones are missing", async () => {
    const under = await make();
    const { chain } = under;
    expect(await chain.deals([])).toEqual(new Map());
    const startEpoch = epoch((await chain.head()).epoch + 1000);
    const endEpoch = epoch(startEpoch + 520_000);
    const landed = await push(under, await publish(chain, startEpoch, endEpoch));
    expect(landed).toMatchObject({ exitCode: 0 });
    const [id] = publishStorageDealsReturn.decode(landed.returned).ids.map(Number);
    if (id === undefined) throw new Error("no deal was published");
    const found = await chain.deals([id, id + 100]);
    expect(found).toEqual(new Map([[id, { id, startEpoch, endEpoch, active: false }]]));
  });
}

/** A deal of the worker with its own miner, free of charge. */
async function publish(chain: Chain, startEpoch: Epoch, endEpoch: Epoch): Promise<OutgoingMessage> {
  const { address, worker } = await chain.miner();
  const proposal: DealProposal = {
    pieceCid: unsealedCid(new Uint8Array(32).fill(5)),
    pieceSize: paddedSize(2048),
    verifiedDeal: false,
    client: parseAddress(worker),
    provider: parseAddress(address),
    label: "contract",
    startEpoch,
    endEpoch,
    storagePricePerEpoch: attoFil(0n),
    providerCollateral: attoFil(0n),
    clientCollateral: attoFil(0n),
  };
  const made = await chain.sign(worker, dealProposalCbor.encode(proposal));
  const deal = { proposal, clientSignature: signature.fromCbor(made) };
  return {
    uuid: randomUUID(),
    to: ACTOR.market.toString(chain.network.addressPrefix),
    method: METHOD.market.PublishStorageDeals,
    params: publishStorageDealsParams.encode({ deals: [deal] }),
    value: attoFil(0n),
  };
}

async function preCommit(chain: Chain, now: Epoch, value: bigint): Promise<OutgoingMessage> {
  const info = {
    sealProof: SEAL_PROOF_2KIB,
    sectorNumber: sectorNumber(7),
    sealedCid: sealedCid(new Uint8Array(32).fill(3)),
    sealRandEpoch: epoch(now - chain.network.finality),
    dealIds: [],
    expiration: epoch(now + LIFETIME),
    unsealedCid: null,
  };
  return {
    uuid: randomUUID(),
    to: (await chain.miner()).address,
    method: METHOD.miner.PreCommitSectorBatch2,
    params: preCommitSectorBatch2Params.encode({ sectors: [info] }),
    value: attoFil(value),
  };
}

function send(chain: Chain, to: string, value: bigint): OutgoingMessage {
  const address = chain.network.addressPrefix + to.slice(1);
  return {
    uuid: randomUUID(),
    to: address,
    method: METHOD_SEND,
    params: new Uint8Array(0),
    value: attoFil(value),
  };
}

async function push(under: ChainUnderTest, message: OutgoingMessage): Promise<Landed> {
  return waitFor(under, (await under.chain.push(message)).cid);
}

async function waitFor({ chain, pass }: ChainUnderTest, cid: string): Promise<Landed> {
  for (let i = 0; i < 20; i += 1) {
    const landed = (await chain.lookup([cid])).get(cid);
    if (landed !== undefined) return landed;
    await pass(1);
    await chain.head();
  }
  throw new Error(`message ${cid} has not landed within 20 epochs`);
}
