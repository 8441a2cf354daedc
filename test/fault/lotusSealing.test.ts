/** Sealing through a node: real RPC over the loopback to a devnet that verifies, with stand-in proofs. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { drive } from "../../src/app/drive.ts";
import { info } from "../../src/app/info.ts";
import { type PledgeOptions, pledge } from "../../src/app/pledge.ts";
import { why } from "../../src/app/why.ts";
import { listSectors } from "../../src/app/sectors.ts";
import type { App } from "../../src/app/open.ts";
import { BASE_FEE } from "../../src/chain/devnet/gas.ts";
import { TYPICAL_GAS } from "../../src/chain/typicalGas.ts";
import { getSector } from "../../src/store/getSector.ts";
import { attoFil, type SectorNumber } from "../../src/units.ts";
import { METHOD_SEND } from "../../src/wire/methods.ts";
import { lotusRepo, type ServedDevnet, serveDevnet } from "../helpers/lotusRepo.ts";
import { driveTo, driveToEnd } from "../helpers/repo.ts";

const PLAIN: PledgeOptions = { count: 1, data: null, deal: null, maxSealing: null };

async function pledgeOne(app: App, options: Partial<PledgeOptions> = {}): Promise<SectorNumber> {
  const { sectors } = await pledge(app, { ...PLAIN, ...options });
  const [number] = sectors;
  if (number === undefined) throw new Error("nothing was pledged");
  return number;
}

describe("a sector on a Lotus network", () => {
  it("is committed capacity unless something else is said, and gets to Proving", async () => {
    const served = await serveDevnet();
    const app = await lotusRepo(served);
    const number = await pledgeOne(app);
    const sector = await driveToEnd(app, number);
    expect(sector).toMatchObject({ state: "Proving", deal: "none" });
    expect(await served.chain.sector(number)).toMatchObject({ dealWeight: 0n });
    expect(await listSectors(app)).toMatchObject([{ id: number, onChain: true, active: true, deals: "CC" }]);
    expect(await info(app)).toMatchObject({
      network: { kind: "lotus", name: "padma-devnet", isLocal: true },
      warning: null,
      parameters: { origin: expect.stringMatching(/^(generated|trusted)$/) },
      power: { raw: "2048" },
      sectors: { Proving: 1 },
    });
  });

  it("carries a deal with ourselves", async () => {
    const served = await serveDevnet();
    const app = await lotusRepo(served);
    const number = await pledgeOne(app, { deal: "self" });
    const { pieces } = await driveToEnd(app, number);
    const ids = pieces.flatMap(({ dealId }) => dealId ?? []);
    expect(ids).toHaveLength(1);
    expect([...(await served.chain.deals(ids)).values()]).toMatchObject([{ active: true }]);
  });

  it("is sealed for a miner that init has created there", async () => {
    const served = await serveDevnet();
    const app = await lotusRepo(served, { init: { actor: null } });
    const { address, worker, owner } = await (await app.chain()).miner();
    expect(address).toMatch(/^t0\d+$/);
    expect(address).not.toBe("t01000"); // Genesis made that one.
    expect(worker).toBe(owner);
    const number = await pledgeOne(app);
    expect(await driveToEnd(app, number)).toMatchObject({ state: "Proving" });
    expect(await listSectors(app)).toMatchObject([{ id: number, onChain: true, active: true }]);
    expect(await served.chain.sectors()).toEqual([]);
  });

  it("gets a number that neither the store nor the chain has used", async () => {
    const served = await serveDevnet();
    const first = await lotusRepo(served);
    expect(await pledgeOne(first)).toBe(0);
    await driveTo(first, 0 as SectorNumber, "PreCommitted", "AwaitSeed");
    const second = await lotusRepo(served); // Of the same miner, with an empty store.
    expect(await pledgeOne(second)).toBe(1);
    expect(await pledgeOne(second)).toBe(2);
  });

  it("waits while the node is away, and goes on when it is back", async () => {
    const served = await serveDevnet();
    const failed = Promise.withResolvers<void>();
    const onWait = ({ reason }: { reason: string }): void => {
      if (reason.includes("the node does not answer")) failed.resolve();
    };
    const app = await lotusRepo(served);
    const number = await pledgeOne(app);
    await driveTo(app, number, "PreCommitted", "AwaitPreCommit");
    const { preCommit } = await getSector(app.store, number);
    await served.stop();
    const until = { sectors: [number] };
    const driving = drive(app, { until, signal: AbortSignal.timeout(60_000), events: { onWait } });
    await Promise.race([failed.promise, driving.then(() => Promise.reject(new Error("nothing failed")))]);
    await served.start();
    await driving;
    expect(await getSector(app.store, number)).toMatchObject({ state: "Proving", preCommit });
  });
});

describe("a message that cannot be paid", () => {
  it("waits with its reason, spends no attempt, and goes out when the money has come", async () => {
    const served = await serveDevnet();
    const app = await lotusRepo(served, { env: { PADMA_ADDRESSES_DISABLE_OWNER_FALLBACK: "true" } });
    const number = await pledgeOne(app);
    await driveTo(app, number, "PreCommitting", "SendPreCommit");
    await leaveWorker(served, 0n);

    const stop = new AbortController();
    await drive(app, { until: "stopped", signal: stop.signal, events: { onWait: () => stop.abort() } });
    expect(await why(app, number)).toMatchObject({
      status: "waiting",
      step: "SendPreCommit",
      reason: expect.stringContaining("there is not enough money for the message"),
      nextTryAt: expect.any(Number),
    });

    const { owner, worker } = await served.chain.miner();
    const gas = { GasLimit: 0, GasFeeCap: "0", GasPremium: "0" };
    const transfer = { Version: 0, To: worker, From: owner, Nonce: 0, Value: String(10n ** 18n), Method: 0 };
    await served.call("MpoolPushMessage", { ...transfer, ...gas, Params: null }, null);
    const { attempts, state } = await driveToEnd(app, number);
    expect([state, attempts]).toEqual(["Proving", {}]);
  });
});

describe("what would only be found out after hours", () => {
  it.each<[string, Readonly<Record<string, string>>, Partial<PledgeOptions>, object]>([
    [
      "a lifetime that the network refuses",
      { PADMA_SEALING_LIFETIME_EPOCHS: "600000" },
      {},
      { code: "LIFETIME_NOT_ALLOWED", kind: "user", facts: { "from epochs": 604_804 } },
    ],
    [
      "parameters that are not there",
      { PADMA_CACHE: "/nonexistent", FIL_PROOFS_PARAMETER_CACHE: "/nonexistent" },
      {},
      { code: "PARAMS_MISSING", kind: "user" },
    ],
    [
      "an address that is none of the miner's",
      { PADMA_ADDRESSES_COMMIT_CONTROL: "t0102" },
      {},
      { code: "CHAIN_CONTROL_ADDRESS", kind: "user" },
    ],
  ])("is %s: nothing is pledged", async (_what, env, options, error) => {
    const served = await serveDevnet();
    const app = await lotusRepo(served, { env });
    await expect(pledge(app, { ...PLAIN, ...options })).rejects.toMatchObject(error);
    expect(await listSectors(app)).toEqual([]);
  });

  it("is money: deposits, pledges and gas of all sectors, those under way included", async () => {
    const served = await serveDevnet();
    const app = await lotusRepo(served, { env: { PADMA_ADDRESSES_DISABLE_OWNER_FALLBACK: "true" } });
    await leaveWorker(served, 3n);
    await pledge(app, { ...PLAIN, count: 2 });
    await expect(pledge(app, { ...PLAIN, count: 2 })).rejects.toMatchObject({
      code: "FUNDS_MISSING",
      kind: "failed",
      facts: { payer: expect.stringMatching(/^t3/), for: expect.stringContaining("deposit and gas") },
      next: expect.stringMatching(/^send [\d.]+ FIL to t3/),
    });
    expect(await listSectors(app)).toHaveLength(2);
    expect((await pledge(app, { ...PLAIN, count: 1 })).sectors).toHaveLength(1);
  });
});

/** Sends away what the worker has beyond the deposits of so many sectors, and gas for them. */
async function leaveWorker({ chain }: ServedDevnet, sectors: bigint): Promise<void> {
  const [{ worker }, deposit] = await Promise.all([chain.balances(), chain.preCommitDeposit()]);
  // Nodes ask for a tenth more than the actor will, and gas is reckoned at twice the base fee and the least premium.
  const gas = (TYPICAL_GAS.PreCommit + TYPICAL_GAS.Commit) * (2n * BASE_FEE + 100_000n);
  const kept = sectors * ((deposit * 11n) / 10n + gas) + GAS_OF_THIS;
  const transfer = { to: "t099", method: METHOD_SEND, params: new Uint8Array() };
  await chain.push({ uuid: randomUUID(), ...transfer, value: attoFil(worker - kept) });
  await chain.advance(3);
}

const GAS_OF_THIS = 10n ** 12n;
