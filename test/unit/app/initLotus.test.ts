/** Against a node on this machine whose chain the test makes tipset by tipset. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { initLotus, type LotusInitOptions } from "../../../src/app/initLotus.ts";
import { initRepo } from "../../../src/app/init.ts";
import { type App, openApp } from "../../../src/app/open.ts";
import { pledge } from "../../../src/app/pledge.ts";
import { policyOf } from "../../../src/app/parameters.ts";
import { repoAt } from "../../../src/app/repo.ts";
import { silentLog } from "../../../src/log.ts";
import { idAddress } from "../../../src/wire/address.ts";
import { createMinerParams, createMinerReturn } from "../../../src/wire/params/createMiner.ts";
import { ChainModel, executed, MODEL, ModelNode } from "../../helpers/chainModel.ts";
import { RpcFailure, type RpcMethod, type RpcServer } from "../../helpers/rpcServer.ts";

type Overrides = Readonly<Record<string, RpcMethod>>;

interface Scene {
  readonly model: ChainModel;
  readonly node: ModelNode;
  readonly server: RpcServer;
  readonly options: LotusInitOptions;
  readonly open: (more?: Readonly<Record<string, string>>) => Promise<App>;
}

/** What a miner's init asks beyond what sealing asks. */
const ACCOUNTS: Overrides = {
  WalletDefaultAddress: () => MODEL.worker,
  StateLookupID: ([address]) => {
    if (address === "t1unknown") throw new RpcFailure(1, "actor not found");
    return "t0100";
  },
  StateMinerCreationDeposit: () => "1000000000000000",
};

async function scene(
  changes: Partial<LotusInitOptions> = {},
  { name = "localnet-test", methods = {} }: { name?: string; methods?: Overrides } = {},
): Promise<Scene> {
  const root = mkdtempSync(join(tmpdir(), "padma-lotus-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const model = new ChainModel(name);
  for (let i = 0; i < 20; i += 1) model.extend();
  const node = new ModelNode(model);
  const server = await node.serve({ ...ACCOUNTS, ...methods });
  const env = { FULLNODE_API_INFO: `http://${server.host}` };
  const now = (): number => (MODEL.genesis + model.head.Height * MODEL.blockDelay) * 1000;
  const path = join(root, "repo");
  const options: LotusInitOptions = {
    path,
    env,
    actor: "t01000",
    owner: null,
    worker: null,
    sectorSize: null,
    provenElsewhere: false,
    log: silentLog,
    signal: new AbortController().signal,
    now,
    ...changes,
  };
  const open = async (more: Readonly<Record<string, string>> = {}): Promise<App> => {
    const app = await openApp({ path, env: { ...env, ...more }, log: silentLog, now });
    onTestFinished(() => app.close());
    return app;
  };
  return { model, node, server, options, open };
}

describe("init for a miner that there is", () => {
  it("makes a repo that knows its network, and waits for what a network with forks wants", async () => {
    const { options, open, model } = await scene();
    expect(await initLotus(options)).toEqual({
      path: options.path,
      network: "localnet-test",
      miner: "t01000",
      sectorSize: 2048,
      parameters: null,
    });
    const app = await open();
    expect(app.network).toEqual({
      kind: "lotus",
      name: "localnet-test",
      genesis: [model.genesis.Cids[0]?.["/"]],
      actor: "t01000",
      isLocal: true,
    });
    expect(app.config.sealing).toMatchObject({ messageConfidence: 5, seedConfidence: 6, sectorSize: "2KiB" });
    const chain = await app.chain();
    expect(chain.network).toMatchObject({ kind: "lotus", isLocal: true, preCommitChallengeDelay: 10 });
    expect(await chain.miner()).toMatchObject({ address: "t01000" });
    await expect(app.devnet()).rejects.toMatchObject({ code: "NOT_A_DEVNET", kind: "user" });
  });

  it("keeps no token, and nothing that others may read", async () => {
    const { options } = await scene();
    await initLotus(options);
    const { config, network } = repoAt(options.path);
    for (const file of [config, network]) {
      expect(readFileSync(file, "utf8")).not.toContain(options.env["FULLNODE_API_INFO"]);
      expect(statSync(file).mode & 0o077).toBe(0);
    }
  });

  it("refuses a node of another network later, whatever it is called", async () => {
    const { options } = await scene();
    await initLotus(options);
    const other = await scene({}, { name: "localnet-other" });
    const app = await openApp({ path: options.path, env: other.options.env, log: silentLog });
    onTestFinished(() => app.close());
    await expect(app.chain()).rejects.toMatchObject({
      code: "CHAIN_WRONG_NETWORK",
      kind: "user",
      facts: { network: "localnet-other", expected: "localnet-test" },
    });
  });

  it.each<[string, Partial<LotusInitOptions>, Overrides, object]>([
    ["no node", { env: {} }, {}, { code: "NODE_UNKNOWN", kind: "user" }],
    ["an unknown miner", { actor: "t01001" }, {}, { code: "CHAIN_MINER_UNKNOWN", kind: "user" }],
    [
      "a node that cannot look for the miner now",
      {},
      {
        StateMinerInfo: () => {
          throw new RpcFailure(1, "failed to load state tree");
        },
      },
      { code: "CHAIN_RPC", kind: "busy" },
    ],
    ["a wallet without the worker's key", {}, { WalletHas: () => false }, { code: "CHAIN_KEY_UNKNOWN" }],
    ["another sector size", { sectorSize: "32GiB" }, {}, { code: "MINER_SECTOR_SIZE", kind: "user" }],
    [
      "a node that is behind",
      { now: () => Date.UTC(2100, 0) },
      {},
      { code: "CHAIN_NOT_SYNCED", kind: "busy" },
    ],
  ])("refuses %s, and leaves no repo", async (_what, changes, methods, error) => {
    const { options } = await scene(changes, { methods });
    await expect(initLotus(options)).rejects.toMatchObject(error);
    expect(existsSync(repoAt(options.path).config)).toBe(false);
  });

  it("refuses a folder that has a devnet, or is a repo", async () => {
    const { options } = await scene();
    const env = { ...process.env, ...options.env };
    await initRepo({ path: options.path, sectorSize: "2KiB", instant: true, env });
    await expect(initLotus(options)).rejects.toMatchObject({ code: "REPO_EXISTS" });
    rmSync(repoAt(options.path).config);
    await expect(initLotus(options)).rejects.toMatchObject({ code: "REPO_LEFTOVER" });
  });
});

describe("a network where sealing alone loses money", () => {
  it.each<[string, string, Overrides]>([
    ["mainnet", "mainnet", { StateGetNetworkParams: () => networkParams("mainnet", 314) }],
    [
      "calibrationnet",
      "calibrationnet",
      { StateGetNetworkParams: () => networkParams("calibrationnet", 314_159) },
    ],
    [
      "a name that is not known",
      "mynet",
      { StateGetNetworkParams: () => networkParams("mynet", 31_415_926) },
    ],
    [
      "a local name on another chain",
      "localnet-x",
      { StateGetNetworkParams: () => networkParams("localnet-x", 314) },
    ],
  ])("is %s: refused unless somebody says who proves", async (_what, name, methods) => {
    for (const actor of ["t01000", null]) {
      const { options, node } = await scene({ actor }, { name, methods });
      await expect(initLotus(options)).rejects.toMatchObject({
        code: "SPACETIME_NOT_PROVEN",
        kind: "user",
        facts: { network: name, "what happens": expect.stringContaining("42 days") },
        next: expect.stringContaining("--i-prove-spacetime-elsewhere"),
      });
      expect(node.pool).toEqual([]);
    }
    const { options } = await scene({ provenElsewhere: true }, { name, methods });
    expect(await initLotus(options)).toMatchObject({ network: name });
    const { options: plain } = await scene({}, { name, methods });
    const env = { ...plain.env, PADMA_NETWORK_PROVEN_ELSEWHERE: "true" };
    expect(await initLotus({ ...plain, env })).toMatchObject({ network: name });
  });
});

describe("pledge-sector on such a network", () => {
  it.each<[string, Readonly<Record<string, string>>, boolean, string]>([
    ["is refused, whatever init was told", {}, false, "SPACETIME_NOT_PROVEN"],
    ["goes on when it is told itself", {}, true, "LIFETIME_NOT_ALLOWED"],
    [
      "goes on where the configuration says so",
      { PADMA_NETWORK_PROVEN_ELSEWHERE: "true" },
      false,
      "LIFETIME_NOT_ALLOWED",
    ],
  ])("%s", async (_what, more, provenElsewhere, code) => {
    const methods = { StateGetNetworkParams: () => networkParams("mainnet", 314) };
    const { options, open } = await scene({ provenElsewhere: true }, { name: "mainnet", methods });
    await initLotus(options);
    // With a lifetime that is refused, so that what is asked next can be told.
    const app = await open({ PADMA_SEALING_LIFETIME_EPOCHS: "1", ...more });
    const plain = { count: 1, data: null, deal: null, maxSealing: null };
    await expect(pledge(app, { ...plain, provenElsewhere })).rejects.toMatchObject({ code, kind: "user" });
  });
});

const networkParams = (name: string, chainId: number): object => ({
  NetworkName: name,
  BlockDelaySecs: MODEL.blockDelay,
  PreCommitChallengeDelay: 150,
  Eip155ChainID: chainId,
});

const RETURN = Buffer.from(
  createMinerReturn.encode({ idAddress: idAddress(1000), robustAddress: idAddress(1000) }),
).toString("base64");

/** The pool's messages land, and so many tipsets are put on top. */
function land({ model, node }: Scene, exitCode = 0): void {
  model.extend(
    node.pool.splice(0).map((message) => executed(message, exitCode, exitCode === 0 ? RETURN : null)),
  );
  for (let i = 0; i < 7; i += 1) model.extend();
}

/** Stops when the message is sent: what it then waits for never comes. */
function stopping(signal = new AbortController()): Partial<LotusInitOptions> {
  return { signal: signal.signal, events: { onSent: () => signal.abort(new Error("killed")) } };
}

describe("init that creates a miner", () => {
  it("pays the deposit and a hundredth more, once, and waits until the message counts", async () => {
    const made = await scene({ actor: null });
    const { options, node } = made;
    const landing = { ...options, events: { onSent: () => land(made) } };
    const sent = node.pool;
    let message: (typeof sent)[number] | undefined;
    const watched = { ...landing, events: { onSent: () => ((message = node.pool[0]), land(made)) } };
    expect(await initLotus(watched)).toMatchObject({ miner: "t01000", sectorSize: 2048 });
    expect(message).toMatchObject({ To: "t04", Method: 2, Value: "1010000000000000", From: MODEL.worker });
    const params = createMinerParams.decode(Buffer.from(message?.Params ?? "", "base64"));
    expect(params).toEqual({
      owner: idAddress(100),
      worker: idAddress(100),
      windowPoStProofType: 10,
      peer: new Uint8Array(),
      multiaddrs: [],
    });
    expect(existsSync(join(options.path, "miner-creation.json"))).toBe(false);
  });

  it.each(["in the pool", "on chain"])(
    "finds its message %s after it was stopped: never a second one",
    async (where) => {
      const made = await scene({ actor: null });
      const { options, node, model } = made;
      await expect(initLotus({ ...options, ...stopping() })).rejects.toThrow("killed");
      expect(node.pool).toHaveLength(1);
      node.uuids.clear(); // Another node, or one that was set up anew: it knows no uuid.
      if (where === "on chain") land(made);
      const again = { ...options, events: { onSent: () => where === "in the pool" && land(made) } };
      expect(await initLotus(again)).toMatchObject({ miner: "t01000" });
      expect(model.nonce(MODEL.worker, model.head)).toBe(1);
    },
  );

  it("makes one miner of two inits at once", async () => {
    const made = await scene({ actor: null });
    const { options, node } = made;
    const both = { ...options, ...stopping() };
    await Promise.allSettled([initLotus(both), initLotus(both)]);
    expect(node.uuids.size).toBe(1);
    expect(node.pool).toHaveLength(1);
  });

  it("goes on only with what was decided on", async () => {
    const { options, node } = await scene({ actor: null });
    await expect(initLotus({ ...options, ...stopping() })).rejects.toThrow("killed");
    await expect(initLotus({ ...options, sectorSize: "8MiB" })).rejects.toMatchObject({
      code: "CREATION_DIFFERS",
      kind: "user",
      facts: { sectorSize: "2KiB before, 8MiB now" },
    });
    expect(node.pool).toHaveLength(1);
  });

  it("is not forgotten for another miner, nor for a devnet", async () => {
    const { options, node } = await scene({ actor: null });
    await expect(initLotus({ ...options, ...stopping() })).rejects.toThrow("killed");
    await expect(initLotus({ ...options, actor: "t01000" })).rejects.toMatchObject({
      code: "CREATION_DIFFERS",
      kind: "user",
      facts: { file: repoAt(options.path).creation },
    });
    const env = { ...process.env, ...options.env };
    await expect(
      initRepo({ path: options.path, sectorSize: "2KiB", instant: true, env }),
    ).rejects.toMatchObject({ code: "REPO_LEFTOVER", facts: { file: repoAt(options.path).creation } });
    expect(node.pool).toHaveLength(1);
  });

  it("pushes its message again when the pool has lost it", async () => {
    const blocks = { ...networkParams("localnet-test", 31_415_926), BlockDelaySecs: 0.01 };
    let lost = false;
    // Epochs pass from look to look, until the message is in the pool again.
    const ChainHead = (): unknown => {
      if (lost && node.pool.length > 0) land(made);
      else if (lost) for (let i = 0; i < 5; i += 1) model.extend();
      return model.head;
    };
    const made = await scene(
      { actor: null },
      { methods: { StateGetNetworkParams: () => blocks, ChainHead } },
    );
    const { options, node, model } = made;
    const lose = (): void => {
      lost = true;
      node.pool.splice(0);
      node.uuids.clear();
    };
    expect(await initLotus({ ...options, events: { onSent: lose } })).toMatchObject({ miner: "t01000" });
    expect(model.nonce(MODEL.worker, model.head)).toBe(1);
  });

  it("decides anew after the network has refused the message", async () => {
    const made = await scene({ actor: null });
    const { options } = made;
    const failing = { ...options, events: { onSent: () => land(made, 16) } };
    await expect(initLotus(failing)).rejects.toMatchObject({
      code: "CREATION_FAILED",
      facts: { exitCode: 16 },
    });
    const again = { ...options, events: { onSent: () => land(made) } };
    expect(await initLotus(again)).toMatchObject({ miner: "t01000" });
  });

  it.each<[string, Partial<LotusInitOptions>, Overrides, object]>([
    [
      "without the money",
      {},
      { WalletBalance: () => "1009999999999999" },
      { code: "FUNDS_MISSING", facts: { balance: "0.001009999999999999 FIL" } },
    ],
    ["without any key", {}, { WalletHas: () => false }, { code: "CHAIN_KEY_UNKNOWN", kind: "user" }],
    [
      "for a worker whose key elects nobody",
      { worker: "t01001" },
      {
        StateAccountKey: ([address]) =>
          address === "t01001" ? "t1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za" : MODEL.worker,
      },
      { code: "WORKER_KEY_TYPE", kind: "user" },
    ],
    [
      "with an empty wallet",
      {},
      { WalletDefaultAddress: () => "<empty>" },
      { code: "WALLET_EMPTY", next: expect.stringContaining("--owner") },
    ],
    [
      "for an owner that nobody knows",
      { owner: "t1unknown" },
      {},
      { code: "ACCOUNT_NOT_ON_CHAIN", kind: "user" },
    ],
  ])("sends nothing %s", async (_what, changes, methods, error) => {
    const { options, node } = await scene({ actor: null, ...changes }, { methods });
    await expect(initLotus(options)).rejects.toMatchObject(error);
    expect(node.pool).toEqual([]);
    expect(existsSync(join(options.path, "miner-creation.json"))).toBe(false);
  });
});

describe("parameters that were made locally", () => {
  const policyOn = async (name: string, chainId: number): Promise<object> => {
    const methods = { StateGetNetworkParams: () => networkParams(name, chainId) };
    const { options, open } = await scene({ provenElsewhere: true }, { name, methods });
    await initLotus(options);
    return policyOf(await open());
  };

  it("are taken on served devnets only: networks of Lotus nodes, local ones too, have the trusted key", async () => {
    expect(await policyOn("mainnet", 314)).toMatchObject({ allowGenerated: false });
    expect(await policyOn("localnet-x", 31_415_926)).toMatchObject({ allowGenerated: false });
    expect(await policyOn("padma-devnet", 31_415_926)).toMatchObject({ allowGenerated: true });
  });
});
