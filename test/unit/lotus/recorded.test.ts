/** The client against answers that a real lotus 1.36 node gave on a 2 KiB network. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { openLotusChain } from "../../../src/chain/lotus/openLotusChain.ts";
import { silentLog } from "../../../src/log.ts";
import { attoFil, epoch, sectorNumber } from "../../../src/units.ts";
import { METHOD } from "../../../src/wire/methods.ts";
import { preCommitSectorBatch2Params } from "../../../src/wire/params/preCommitSectorBatch2.ts";
import { RpcFailure, type RpcMethod, startRpcServer } from "../../helpers/rpcServer.ts";

interface Recorded {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly httpStatus: number;
  readonly response: {
    readonly result?: unknown;
    readonly error?: { readonly code: number; readonly message: string };
  };
}

const file = new URL("../../fixtures/lotus-rpc/full-node.json", import.meta.url);
const { answers } = JSON.parse(readFileSync(file, "utf8")) as { answers: readonly Recorded[] };

/** The recording asked most things of the head by an empty key; padma names the head. */
const withoutKey = (params: readonly unknown[]): string =>
  JSON.stringify(params.filter((param) => !isKey(param)));
const isKey = (param: unknown): boolean =>
  Array.isArray(param) && param.every((item) => typeof item === "object" && item !== null && "/" in item);

function play(name: string): RpcMethod {
  const ofMethod = answers.filter(
    ({ method, httpStatus }) => method === `Filecoin.${name}` && httpStatus === 200,
  );
  return (params) => {
    const asked = ofMethod.filter(({ params: recorded }) => withoutKey(recorded) === withoutKey(params));
    // Of two answers to one question the one with a result counts: the other was asked in a way that padma does not.
    const found = asked.find(({ response }) => response.error === undefined) ?? asked[0] ?? ofMethod[0];
    if (found === undefined) throw new RpcFailure(-32601, `not recorded: ${name}`);
    const { result, error } = found.response;
    if (error !== undefined) throw new RpcFailure(error.code, error.message);
    return result;
  };
}

const GENESIS_TIME = 1_795_348_554;
const HEAD_TIME = 1_795_348_874;
const genesis = {
  Cids: [{ "/": "bafy2bzaceanu5oxvfzgndkvmcmkwlmgkd43hg2qfyc6yqzzrjmsgcx6mcvega" }],
  Blocks: [{ Parents: [], Timestamp: GENESIS_TIME }],
  Height: 0,
};

async function recorded() {
  const names = new Set(answers.map(({ method }) => method.replace("Filecoin.", "")));
  const server = await startRpcServer(Object.fromEntries([...names].map((name) => [name, play(name)])));
  onTestFinished(server.close);
  server.methods.set("ChainGetGenesis", () => genesis);
  const chain = await openLotusChain({
    apiInfo: `http://${server.host}`,
    actor: "t01000",
    log: silentLog,
    now: () => HEAD_TIME * 1000,
  });
  onTestFinished(() => chain.close());
  return { chain, server };
}

it("reads the network from the node", async () => {
  const { chain } = await recorded();
  expect(chain.network).toEqual({
    kind: "lotus",
    isLocal: true,
    name: "localnet-354ad38b-64aa-4101-850f-541a95e136dd",
    addressPrefix: "t",
    genesisMs: GENESIS_TIME * 1000,
    blockDelayMs: 4000,
    preCommitChallengeDelay: 10,
    finality: 900,
    maxPreCommitRandomnessLookback: 3780,
    maxProveCommitDuration: 86_410,
  });
  expect(await chain.head()).toEqual({
    epoch: 80,
    key: ["bafy2bzacedhxlonhm5p2ylfxggoodztmnjwb4ropny42gdrs5szefx2oql57y"],
    timestampMs: HEAD_TIME * 1000,
  });
});

it("reads the miner", async () => {
  const { chain } = await recorded();
  const key = "t3umgrjgznqj64laz2utwsesg233lgxsyji3d2p4t63vmvfsdc6lngs7nikbhpyfg4h6rer4yvx7vzedzo22uq";
  expect(await chain.miner()).toMatchObject({
    id: 1000,
    owner: key,
    worker: key,
    sectorSize: 2048,
    sealProof: 5,
  });
  expect(await chain.power()).toEqual({
    minerRaw: 4096n,
    minerQualityAdjusted: 40_960n,
    totalRaw: 4096n,
    totalQualityAdjusted: 40_960n,
    hasMinPower: true,
  });
  expect(await chain.balances()).toEqual({
    miner: 3_053_605_756_336_895_125_458n,
    preCommitDeposits: 0n,
    initialPledge: 59_604_643_842n,
    vesting: 2_290_204_313_985_435_204_486n,
    available: 738_015_283_865_501_100_477n,
    marketEscrow: 0n,
    marketLocked: 0n,
    worker: 49_999_999_999_357_718_369_180_019n,
  });
  expect(await chain.initialPledge()).toBe(65_565_108_224n);
  expect(await chain.preCommitDeposit()).toBe(1_077_377_055_068n);
});

it("reads sectors, precommits and numbers", async () => {
  const { chain } = await recorded();
  expect(await chain.sectors()).toHaveLength(3);
  expect(await chain.sector(sectorNumber(2))).toEqual({
    number: 2,
    sealProof: 5,
    sealedCid: "bagboea4b5abcb6oif74n7yfy6ib5hx254dcmsi5rquwxatz557h5r7sprlbwrekj",
    activation: 39,
    expiration: 1_549_456,
    dealWeight: 0n,
    verifiedDealWeight: 0n,
    initialPledge: 59_604_643_840n,
  });
  expect(await chain.sector(sectorNumber(99))).toBeNull();
  expect(await chain.preCommit(sectorNumber(99))).toBeNull();
  expect(await chain.isAllocated(sectorNumber(2))).toBe(true);
  expect(await chain.isAllocated(sectorNumber(77))).toBe(false);
  expect(await chain.nextFreeNumber()).toBe(3);
});

it("draws tickets with the head's own key, and nothing above the head", async () => {
  const { chain, server } = await recorded();
  const asked: unknown[] = [];
  const played = server.methods.get("StateGetRandomnessFromTickets");
  server.methods.set("StateGetRandomnessFromTickets", (params) => {
    asked.push(params);
    return played?.(params);
  });
  expect(await chain.ticket(epoch(73))).toEqual({
    epoch: 73,
    value: Buffer.from("KBMMey+OUG980tpZaBcuyIeZ5BLr8Ix5rBFHDp6y9e0=", "base64").toString("hex"),
  });
  const key = [{ "/": "bafy2bzacedhxlonhm5p2ylfxggoodztmnjwb4ropny42gdrs5szefx2oql57y" }];
  expect(asked).toEqual([[5, 73, "QwDoBw==", key]]);
  const negative = await chain.ticket(epoch(-884));
  expect(negative.value).toBe(
    Buffer.from("ciQn9VIu60wxadH5m+cCHloqJmTX3atuRknrpM3ffq8=", "base64").toString("hex"),
  );
  const seed = await chain.seed(epoch(75));
  expect(seed.value).toBe(
    Buffer.from("u9Fi4CDkPLz8yBp57MQ8/CwrRSrKnGRfNw5HvNUoc7g=", "base64").toString("hex"),
  );
  for (const future of [chain.ticket(epoch(88)), chain.seed(epoch(580))]) {
    await expect(future).rejects.toMatchObject({ code: "CHAIN_FUTURE_RANDOMNESS", facts: { head: 80 } });
  }
});

it("finds what landed, at the epoch that executed it and not the one that shows it", async () => {
  const { chain, server } = await recorded();
  // The recording has the tipset with the receipt (19) and not its parents: made up, one epoch below.
  const parents = [{ "/": "bafy2bzacecprhaa27wsxk7xgr2cfxw33aiaftk63bluvyvibi57lo26bcgenq" }];
  server.methods.set("ChainGetTipSet", ([key]) => {
    const isParent = (key as typeof parents)[0]?.["/"] === parents[0]?.["/"];
    return {
      Cids: key,
      Blocks: [{ Parents: isParent ? [] : parents, Timestamp: 1 }],
      Height: isParent ? 18 : 19,
    };
  });
  const cid = "bafy2bzacedytmtmngimfxumbmepmb5s3ezdak3czlhy6yg36vmspj3za7xpei";
  server.methods.set(
    "StateSearchMsg",
    () =>
      answers.find(
        ({ method, params }) => method.endsWith("StateSearchMsg") && JSON.stringify(params).includes(cid),
      )?.response.result,
  );
  expect((await chain.lookup([cid])).get(cid)).toEqual({
    cid,
    epoch: 18,
    tipset: parents.map((link) => link["/"]),
    exitCode: 0,
    returned: new Uint8Array(0),
    gasUsed: 12_445_949,
    error: null,
  });
});

it("pushes, and tells an actor's refusal with its exit code and words", async () => {
  const { chain, server } = await recorded();
  server.methods.set("GasEstimateMessageGas", ([draft]) => {
    const { Params } = draft as { Params: string };
    const found = answers.find(
      ({ method, params }) =>
        method.endsWith("MpoolPushMessage") && JSON.stringify(params).includes(`"Params":"${Params}"`),
    );
    throw new RpcFailure(found?.response.error?.code ?? 0, found?.response.error?.message ?? "not recorded");
  });
  const refused = chain.push({
    uuid: randomUUID(),
    to: "t01000",
    method: METHOD.miner.PreCommitSectorBatch2,
    params: preCommitSectorBatch2Params.encode({ sectors: [] }),
    value: attoFil(0n),
  });
  await expect(refused).rejects.toMatchObject({ code: "CHAIN_REFUSED", facts: { exitCode: 16, method: 28 } });
  await expect(refused).rejects.toThrow(/batch empty \(16\)/);
});

it("signs", async () => {
  const { chain } = await recorded();
  const { worker } = await chain.miner();
  const made = await chain.sign(worker, Uint8Array.of(0, 1, 2, 3, 4));
  expect([made.length, made[0]]).toEqual([97, 2]);
});
