import { describe, expect, it } from "vitest";
import { ChainModel } from "../../helpers/chainModel.ts";
import { openChain, serve } from "../../helpers/lotusChain.ts";
import { RpcFailure } from "../../helpers/rpcServer.ts";
import { createLog } from "../../../src/log.ts";

describe("several nodes", () => {
  it("stand in for each other", async () => {
    const model = new ChainModel();
    model.extend();
    const [one, two] = [await serve(model), await serve(model)];
    const chain = await openChain(`${one.url},${two.url}`, model);
    await chain.head();
    expect(two.server.calls.size).toBe(0);
    await one.server.close();
    expect(await chain.head()).toMatchObject({ epoch: 1 });
    expect(await chain.nextFreeNumber().catch(() => "asked")).toBe("asked");
    expect(two.server.calls.get("StateMinerAllocated")).toBe(1);
  });

  it("are not used before they have shown their network", async () => {
    const model = new ChainModel();
    const [one, other] = [await serve(model), await serve(new ChainModel("another"))];
    const lines: string[] = [];
    const log = createLog({ level: () => "warn", format: "json", write: (line) => lines.push(line) });
    const chain = await openChain(`${one.url},${other.url}`, model, { log });
    await one.server.close();
    await expect(chain.head()).rejects.toMatchObject({
      code: "CHAIN_WRONG_NETWORK",
      kind: "user",
      facts: { network: "another", expected: "localnet-model" },
    });
    expect(other.server.calls.get("ChainHead")).toBeUndefined();
    expect(lines.map((line) => (JSON.parse(line) as { code: string }).code)).toContain("CHAIN_WRONG_NETWORK");
  });

  it("are all refused when the repo is of another network", async () => {
    const model = new ChainModel();
    const { url } = await serve(model);
    const genesis = new ChainModel("mine").genesis.Cids.map((link) => link["/"]);
    const opening = openChain(url, model, { network: { name: model.name, genesis } });
    await expect(opening).rejects.toMatchObject({ code: "CHAIN_WRONG_NETWORK", kind: "user" });
  });

  it("are asked in order of preference: one that is not synced is passed over", async () => {
    const behind = new ChainModel();
    const model = new ChainModel();
    for (let i = 0; i < 30; i += 1) model.extend();
    const [one, two] = [await serve(behind), await serve(model)];
    const chain = await openChain(`${one.url},${two.url}`, model);
    expect(await chain.head()).toMatchObject({ epoch: 30 });
    const alone = await openChain(one.url, model);
    await expect(alone.head()).rejects.toMatchObject({ code: "CHAIN_NOT_SYNCED", kind: "busy" });
    expect(await alone.storedHead()).toMatchObject({ epoch: 0 });
  });

  it("read state at a head that they know", async () => {
    const model = new ChainModel();
    const ahead = new ChainModel();
    const [one, two] = [await serve(model), await serve(ahead)];
    model.extend();
    const chain = await openChain(`${one.url},${two.url}`, model);
    await chain.head();
    await one.server.close();
    const asked: unknown[] = [];
    two.server.methods.set("StateSectorGetInfo", (params) => {
      asked.push(params[2]);
      return null;
    });
    await expect(chain.sector(7 as never)).resolves.toBeNull();
    // The head that only the first node knew is not asked for twice.
    await expect(chain.sector(7 as never)).resolves.toBeNull();
    expect(asked.at(-1)).toEqual(ahead.head.Cids);
  });
});

describe("what a node answers", () => {
  const model = new ChainModel();

  it("a wrong token is the user's mistake", async () => {
    const { server } = await serve(model);
    server.token = "right";
    for (const scheme of ["http", "ws"]) {
      await expect(openChain(`wrong:${scheme}://${server.host}`, model)).rejects.toMatchObject({
        code: "CHAIN_AUTH",
        kind: "user",
      });
    }
    await expect(openChain(`right:http://${server.host}`, model)).resolves.toBeDefined();
  });

  it("a missing permission names it", async () => {
    const { server, url } = await serve(model);
    server.methods.set("WalletHas", () => {
      throw new RpcFailure(1, "missing permission to invoke 'WalletHas' (need 'write')");
    });
    const chain = await openChain(url, model);
    await expect(chain.sign("t0100", new Uint8Array(0))).rejects.toMatchObject({
      code: "CHAIN_PERMISSION",
      kind: "user",
      facts: { permission: "write" },
    });
  });

  it("an unknown miner is the user's mistake", async () => {
    const { url } = await serve(model);
    await expect(openChain(url, model, { actor: "t01001" })).rejects.toMatchObject({
      code: "CHAIN_MINER_UNKNOWN",
      kind: "user",
    });
  });

  it("a method that it does not know is a failure", async () => {
    const { url } = await serve(model);
    const chain = await openChain(url, model);
    await expect(chain.power()).rejects.toMatchObject({ code: "CHAIN_METHOD", kind: "failed" });
  });

  it.each([
    null,
    [],
    {},
    "text",
    { Cids: [], Blocks: [], Height: 1 },
    { Cids: [{ "/": "../../etc" }], Blocks: [{ Parents: [], Timestamp: 1 }], Height: 1 },
    { Cids: [{ "/": "bafy" }], Blocks: [{ Parents: [], Timestamp: "now" }], Height: 1 },
    { Cids: [{ "/": "bafy" }], Blocks: [{ Parents: [], Timestamp: 1 }], Height: 1.5 },
  ])("a head of another shape is refused: %j", async (head) => {
    const { server, url } = await serve(model);
    const chain = await openChain(url, model);
    server.methods.set("ChainHead", () => head);
    await expect(chain.head()).rejects.toMatchObject({ code: "CHAIN_ANSWER", kind: "busy" });
  });

  it("a deal that is not there is missing; a node that cannot read the state is an error", async () => {
    const { server, url } = await serve(model);
    const chain = await openChain(url, model);
    server.methods.set("StateMarketStorageDeal", ([id]) => {
      if (id !== 1) throw new RpcFailure(1, "deal not found");
      return { Proposal: { StartEpoch: 10, EndEpoch: 20 }, State: { SectorStartEpoch: -1 } };
    });
    const found = await chain.deals([1, 2]);
    expect(found).toEqual(new Map([[1, { id: 1, startEpoch: 10, endEpoch: 20, active: false }]]));
    server.methods.set("StateGetActor", () => {
      throw new RpcFailure(1, "failed to load state tree");
    });
    await expect(chain.deals([1, 2])).rejects.toMatchObject({ code: "CHAIN_RPC", kind: "busy" });
  });
});
