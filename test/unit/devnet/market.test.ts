import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import type { Devnet } from "../../../src/chain/devnet/devnet.ts";
import { type AttoFil, attoFil, epoch, paddedSize, sectorNumber } from "../../../src/units.ts";
import { idAddress, parseAddress } from "../../../src/wire/address.ts";
import { bitfieldNumbers } from "../../../src/wire/bitfield.ts";
import { addBalanceParams } from "../../../src/wire/params/addBalance.ts";
import { dealIdPayload } from "../../../src/wire/params/proveCommitSectors3.ts";
import {
  type ClientDealProposal,
  type DealProposal,
  dealProposalCbor,
  publishStorageDealsParams,
  publishStorageDealsReturn,
} from "../../../src/wire/params/publishStorageDeals.ts";
import { signature } from "../../../src/wire/signature.ts";
import { testDevnet } from "./harness.ts";
import {
  bytesFilled,
  commP,
  COMM_R,
  land,
  LIFETIME,
  marketMessage,
  piece,
  preCommitted,
  proveMessage,
  selfMiner,
} from "./messages.ts";

const NONE = attoFil(0n);

async function proposal(chain: Devnet, changes: Partial<DealProposal> = {}): Promise<DealProposal> {
  const { accounts } = await chain.status();
  return {
    pieceCid: commP(5),
    pieceSize: paddedSize(2048),
    verifiedDeal: false,
    client: parseAddress(accounts.client),
    provider: selfMiner,
    label: "padma",
    startEpoch: epoch(1000),
    endEpoch: epoch(1000 + 520_000),
    storagePricePerEpoch: NONE,
    providerCollateral: NONE,
    clientCollateral: NONE,
    ...changes,
  };
}

async function signed(chain: Devnet, deal: DealProposal, signer?: string): Promise<ClientDealProposal> {
  const bytes = dealProposalCbor.encode(deal);
  const made = await chain.sign(signer ?? deal.client.toString("t"), bytes);
  return { proposal: deal, clientSignature: signature.fromCbor(made) };
}

const publish = (...deals: ClientDealProposal[]) =>
  marketMessage(4, publishStorageDealsParams.encode({ deals }));

async function publishOne(chain: Devnet, changes: Partial<DealProposal> = {}) {
  return land(chain, publish(await signed(chain, await proposal(chain, changes))));
}

describe("PublishStorageDeals", () => {
  it("returns an id for each valid deal, and leaves the others out", async () => {
    const { chain } = await testDevnet();
    const { accounts } = await chain.status();
    const deals = [
      await signed(chain, await proposal(chain)),
      await signed(chain, await proposal(chain, { pieceSize: paddedSize(100) })),
      await signed(chain, await proposal(chain, { client: parseAddress(accounts.worker), label: "bls" })),
    ];
    const landed = await land(chain, publish(...deals));
    expect(landed).toMatchObject({ exitCode: 0, error: null });
    const { ids, validDeals } = publishStorageDealsReturn.decode(landed.returned);
    expect(ids).toEqual([0n, 1n]);
    expect(bitfieldNumbers(validDeals)).toEqual([0, 2]);
  });

  const invalid: readonly [what: string, changes: Partial<DealProposal>, words: RegExp][] = [
    ["another provider", { provider: idAddress(101) }, /no miner/],
    ["an unknown client", { client: idAddress(4711) }, /client is no actor/],
    ["a client that cannot sign", { client: idAddress(5) }, /client is no account/],
    ["a piece of an odd size", { pieceSize: paddedSize(2000) }, /no power of two/],
    ["a piece that is too small", { pieceSize: paddedSize(64) }, /no power of two/],
    ["a CID that is no CommP", { pieceCid: COMM_R }, /no CommP/],
    ["a CommP of zeros, which no data has", { pieceCid: commP(0) }, /no CommP/],
    ["a start in the past", { startEpoch: epoch(0) }, /has passed/],
    ["an end before the start", { endEpoch: epoch(999) }, /not after its start/],
    ["a deal that is too short", { endEpoch: epoch(1000 + 518_399) }, /outside/],
    ["a deal that is too long", { endEpoch: epoch(1000 + 3_680_641) }, /outside/],
    ["a verified deal", { verifiedDeal: true }, /datacap/],
    ["a label that is too long", { label: "é".repeat(129) }, /258 bytes/],
    ["a negative price", { storagePricePerEpoch: attoFil(-1n) }, /negative/],
    ["a price without escrow", { storagePricePerEpoch: attoFil(1n) }, /f0102 has 0 attoFIL free/],
    ["a collateral without escrow", { providerCollateral: attoFil(1n) }, /f01000 has 0 attoFIL free/],
  ];
  it.each(invalid)("refuses %s", async (_what, changes, words) => {
    const { chain } = await testDevnet();
    const { accounts } = await chain.status();
    const deal = await signed(chain, await proposal(chain, changes), accounts.client);
    const landed = await land(chain, publish(deal));
    expect(landed).toMatchObject({ exitCode: 16, error: expect.stringMatching(words) });
  });

  it("refuses a client's signature over other terms, and by somebody else", async () => {
    const { chain } = await testDevnet();
    const { accounts } = await chain.status();
    const deal = await proposal(chain);
    const otherTerms = { ...(await signed(chain, deal)), proposal: { ...deal, label: "changed" } };
    const otherSigner = await signed(chain, deal, accounts.worker);
    for (const bad of [otherTerms, otherSigner]) {
      expect(await land(chain, publish(bad))).toMatchObject({
        exitCode: 16,
        error: expect.stringMatching(/signature does not match/),
      });
    }
  });

  it("refuses the same proposal again, whichever address names the client", async () => {
    const { chain } = await testDevnet();
    expect(await publishOne(chain)).toMatchObject({ exitCode: 0 });
    const again = await publishOne(chain, { client: idAddress(102) });
    expect(again).toMatchObject({ exitCode: 16, error: expect.stringMatching(/already published/) });
  });

  it("locks price and collateral in escrow", async () => {
    const { chain } = await testDevnet();
    const { accounts } = await chain.status();
    const fund = async (address: string, amount: bigint) =>
      land(chain, marketMessage(2, addBalanceParams.encode(parseAddress(address)), amount));
    const price: AttoFil = attoFil(2n);
    const terms = {
      storagePricePerEpoch: price,
      clientCollateral: attoFil(5n),
      providerCollateral: attoFil(7n),
    };
    await fund("t01000", 7n);
    await fund(accounts.client, 2n * 520_000n + 4n);
    expect(await publishOne(chain, terms)).toMatchObject({ exitCode: 16 });
    await fund(accounts.client, 1n);
    expect(await publishOne(chain, terms)).toMatchObject({ exitCode: 0 });
    expect(await chain.balances()).toMatchObject({ marketEscrow: 7n, marketLocked: 7n });
    expect(await publishOne(chain, { ...terms, label: "two" })).toMatchObject({ exitCode: 16 });
  });

  it("burns the provider's collateral when the piece is in no sector at the deal's start", async () => {
    const { chain } = await testDevnet();
    await land(chain, marketMessage(2, addBalanceParams.encode(selfMiner), 7n));
    await publishOne(chain, { providerCollateral: attoFil(7n) });
    expect((await chain.deals([0])).get(0)).toMatchObject({ active: false });
    await chain.advance(1001);
    expect(await chain.deals([0])).toEqual(new Map());
    expect(await chain.balances()).toMatchObject({ marketEscrow: 0n, marketLocked: 0n });
  });

  it("refuses an escrow of nothing and an address of nobody", async () => {
    const { chain } = await testDevnet();
    const toMiner = addBalanceParams.encode(selfMiner);
    const toNobody = addBalanceParams.encode(idAddress(4711));
    expect(await land(chain, marketMessage(2, toMiner, 0n))).toMatchObject({ exitCode: 16 });
    expect(await land(chain, marketMessage(2, toNobody, 1n))).toMatchObject({ exitCode: 16 });
  });
});

describe("activating a deal", () => {
  async function withDeal(deal: Partial<DealProposal> = {}) {
    const net = await testDevnet();
    net.verifier.commDs.set(bytesToHex(bytesFilled(5)), bytesToHex(bytesFilled(6)));
    net.verifier.commDs.set(bytesToHex(bytesFilled(4)), bytesToHex(bytesFilled(6)));
    const published = await publishOne(net.chain, deal);
    expect(published).toMatchObject({ exitCode: 0, error: null });
    await preCommitted(net.chain, { unsealedCid: commP(6) });
    return net;
  }
  const prove = (payload: Uint8Array, byte = 5, changes = {}) =>
    proveMessage([{ number: 0, pieces: [piece(byte, 2048, payload)] }], changes);
  const dealId = (id: bigint) => dealIdPayload.encode(id);

  it("happens with the sector that holds its piece", async () => {
    const { chain } = await withDeal();
    expect(await land(chain, prove(dealId(0n)))).toMatchObject({ exitCode: 0, error: null });
    expect(await chain.sector(sectorNumber(0))).not.toBeNull();
  });

  it("shows in the deal, until its end", async () => {
    const { chain } = await withDeal();
    const deal = { id: 0, startEpoch: 1000, endEpoch: 521_000 };
    expect(await chain.deals([0])).toEqual(new Map([[0, { ...deal, active: false }]]));
    await land(chain, prove(dealId(0n)));
    expect(await chain.deals([0])).toEqual(new Map([[0, { ...deal, active: true }]]));
    const { epoch: now } = await chain.head();
    await chain.advance(deal.endEpoch - 1 - now);
    expect((await chain.deals([0])).get(0)).toMatchObject({ active: true });
    await chain.advance(1);
    expect(await chain.deals([0])).toEqual(new Map());
  });

  it.each([
    ["an unknown deal", prove(dealId(9n)), /there is no deal 9/],
    ["a payload that is no deal id", prove(Uint8Array.of(0x18, 1)), /no deal id/],
    ["another piece", prove(dealId(0n), 4), /the piece is another one/],
  ])("is refused for %s", async (_what, message, words) => {
    const { chain } = await withDeal();
    const landed = await land(chain, message);
    expect(landed).toMatchObject({ exitCode: 16, error: expect.stringMatching(words) });
    expect(await chain.sector(sectorNumber(0))).toBeNull();
  });

  it.each([
    ["a piece of another size", { pieceSize: paddedSize(1024) }, /2048 bytes, not 1024/],
    ["a deal that ends after the sector", { endEpoch: epoch(1000 + LIFETIME) }, /ends after the sector/],
    ["a deal whose start has passed", { startEpoch: epoch(10) }, /no sector at its start/],
  ])("is refused for %s", async (_what, deal, words) => {
    const { chain } = await withDeal(deal);
    const landed = await land(chain, prove(dealId(0n)));
    expect(landed).toMatchObject({ exitCode: 16, error: expect.stringMatching(words) });
  });

  it("happens once", async () => {
    const { chain } = await withDeal();
    await land(chain, prove(dealId(0n)));
    await preCommitted(chain, { unsealedCid: commP(6), sectorNumber: sectorNumber(1) });
    const second = proveMessage([{ number: 1, pieces: [piece(5, 2048, dealId(0n))] }]);
    const landed = await land(chain, second);
    expect(landed).toMatchObject({
      exitCode: 16,
      error: expect.stringMatching(/already active in sector 0/),
    });
  });

  it("may fail without failing the sector, when the message does not require it", async () => {
    const { chain } = await withDeal();
    const landed = await land(chain, prove(dealId(9n), 5, { requireNotificationSuccess: false }));
    expect(landed.exitCode).toBe(0);
    expect(await chain.sector(sectorNumber(0))).not.toBeNull();
  });
});
