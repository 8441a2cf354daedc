import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { millis } from "../../../src/units.ts";
import { ChainModel, MODEL } from "../../helpers/chainModel.ts";
import { openChain, serve, type Served, transfer } from "../../helpers/lotusChain.ts";
import { LOST, RpcFailure } from "../../helpers/rpcServer.ts";

/** The node takes the push, and its answer never comes. */
function loseAnswers({ node, server }: Served, times = 1): void {
  let left = times;
  server.methods.set("MpoolPushMessage", ([draft, spec]) => {
    const answer = node.push(draft as Parameters<typeof node.push>[0], (spec as { MsgUuid: string }).MsgUuid);
    left -= 1;
    return left < 0 ? answer : LOST;
  });
}

describe("a push", () => {
  it("is one message for one uuid, without asking twice", async () => {
    const model = new ChainModel();
    const { node, server, url } = await serve(model);
    const chain = await openChain(url, model);
    const message = transfer(1n);
    const first = await chain.push(message);
    node.mine();
    expect(await chain.push(message)).toEqual(first);
    expect(server.calls.get("MpoolPushMessage")).toBe(1);
    expect((await chain.push({ ...message, uuid: randomUUID() })).cid).not.toBe(first.cid);
  });

  it("whose answer was lost is looked for in the pool, not repeated", async () => {
    const model = new ChainModel();
    model.extend();
    const served = await serve(model);
    const chain = await openChain(served.url, model);
    const message = transfer(1n);
    loseAnswers(served);
    await expect(chain.push(message)).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE", kind: "busy" });
    const [pooled] = served.node.pool;
    expect(await chain.push(message)).toEqual({ cid: pooled?.CID["/"] });
    expect(served.node.pool).toHaveLength(1);
    expect(served.server.calls.get("MpoolPushMessage")).toBe(1);
  });

  it.each([0, 1, 3])("whose answer was lost is found on chain, %i tipsets on", async (later) => {
    const model = new ChainModel();
    model.extend();
    const served = await serve(model);
    const chain = await openChain(served.url, model);
    const message = transfer(1n);
    loseAnswers(served);
    await expect(chain.push(message)).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE", kind: "busy" });
    const [pooled] = served.node.pool;
    served.node.mine();
    for (let i = 0; i < later; i += 1) model.extend();
    expect(await chain.push(message)).toEqual({ cid: pooled?.CID["/"] });
    expect(served.server.calls.get("MpoolPushMessage")).toBe(1);
  });

  it("that got lost on the way waits until the node cannot be at work on it any more", async () => {
    const model = new ChainModel();
    model.extend();
    const served = await serve(model);
    const chain = await openChain(served.url, model);
    const { server } = served;
    const answer = server.methods.get("MpoolPushMessage");
    server.methods.set("MpoolPushMessage", () => LOST);
    const message = transfer(1n);
    await expect(chain.push(message)).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE", kind: "busy" });
    if (answer !== undefined) server.methods.set("MpoolPushMessage", answer);
    await expect(chain.push(message)).rejects.toMatchObject({ code: "CHAIN_PUSH_UNCERTAIN", kind: "busy" });
    model.extend();
    model.extend();
    expect(await chain.push(message)).toMatchObject({ cid: served.node.pool[0]?.CID["/"] });
  });

  it("that an earlier process may have made through another node is looked for first", async () => {
    const model = new ChainModel();
    model.extend();
    const [one, two] = [await serve(model), await serve(model)];
    const message = transfer(1n);
    const first = await (await openChain(one.url, model)).push(message);
    const openSince = millis((MODEL.genesis + MODEL.blockDelay) * 1000);
    // The pools know each other's messages.
    two.node.pool.push(...one.node.pool);
    const later = await openChain(two.url, model);
    expect(await later.push({ ...message, openSince })).toEqual(first);
    two.node.pool.length = 0;
    one.node.mine();
    model.extend();
    const latest = await openChain(two.url, model);
    expect(await latest.push({ ...message, openSince })).toEqual(first);
    expect(two.server.calls.get("MpoolPushMessage")).toBeUndefined();
  });

  it("is looked for where the node does not know what its sender was before", async () => {
    const model = new ChainModel();
    model.extend();
    const { node, server, url } = await serve(model);
    const message = transfer(1n);
    const first = await (await openChain(url, model)).push(message);
    node.mine();
    const openSince = millis((MODEL.genesis + model.head.Height * MODEL.blockDelay) * 1000);
    model.extend();
    const answer = server.methods.get("StateGetActor");
    server.methods.set("StateGetActor", (params) => {
      if (JSON.stringify(params[1]) !== JSON.stringify(model.head.Cids)) {
        throw new RpcFailure(1, "actor not found");
      }
      return answer?.(params);
    });
    const later = await openChain(url, model);
    expect(await later.push({ ...message, openSince })).toEqual(first);
    expect(await later.push({ ...transfer(2n), openSince })).toEqual({ cid: node.pool[0]?.CID["/"] });
  });

  it("does not take an equal message for its own that landed before it was written down", async () => {
    const model = new ChainModel();
    const { node, url } = await serve(model);
    const message = transfer(1n);
    const old = await (await openChain(url, model)).push(message);
    node.mine();
    for (let i = 0; i < 5; i += 1) model.extend();
    const chain = await openChain(url, model);
    const openSince = millis((MODEL.genesis + model.head.Height * MODEL.blockDelay) * 1000);
    const fresh = await chain.push({ ...message, uuid: randomUUID(), openSince });
    expect(fresh.cid).not.toBe(old.cid);
  });

  it("that waits in the pool is looked for there in one call a head, with all the others", async () => {
    const model = new ChainModel();
    model.extend();
    const { server, url } = await serve(model);
    const chain = await openChain(url, model);
    const messages = [1n, 2n, 3n].map(transfer);
    const openSince = millis(MODEL.genesis * 1000);
    const first = await Promise.all(messages.map((message) => chain.push(message)));
    const again = () => Promise.all(messages.map((message) => chain.push({ ...message, openSince })));
    expect(await again()).toEqual(first);
    expect(server.calls.get("MpoolPending")).toBe(1);
    model.extend();
    expect(await again()).toEqual(first);
    expect(server.calls.get("MpoolPending")).toBe(2);
  });

  it("goes back into a pool that has lost it, as it was signed", async () => {
    const model = new ChainModel();
    model.extend();
    const { node, server, url } = await serve(model);
    const message = transfer(1n);
    const first = await (await openChain(url, model)).push(message);
    node.pool.length = 0;
    const chain = await openChain(url, model);
    const openSince = millis(MODEL.genesis * 1000);
    expect(await chain.push({ ...message, openSince })).toEqual(first);
    expect(node.pool.map(({ CID }) => CID["/"])).toEqual([first.cid]);
    expect(server.calls.get("MpoolPush")).toBe(1);
  });
});

describe("a message that would fail", () => {
  const refusal =
    "message execution failed (exit=[ErrIllegalArgument(16)], vm error=[message failed with backtrace:\n00: f01000 (method 28) -- batch empty (16)\n (RetCode=16)])";

  it.each(["GasEstimateMessageGas", "MpoolPushMessage"])(
    "is refused with the actor's words: %s",
    async (method) => {
      const model = new ChainModel();
      const { node, server, url } = await serve(model);
      server.methods.set(method, () => {
        throw new RpcFailure(3, refusal);
      });
      const chain = await openChain(url, model);
      const error: unknown = await chain.push(transfer(1n)).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: "CHAIN_REFUSED", kind: "failed", facts: { exitCode: 16 } });
      expect(String(error)).toContain("batch empty (16)");
      expect(node.pool).toEqual([]);
    },
  );

  it.each([
    ["SysErrInsufficientFunds(6)", "CHAIN_FUNDS", "busy"],
    ["SysErrOutOfGas(7)", "CHAIN_REFUSED", "failed"],
    ["ErrInsufficientFunds(19)", "CHAIN_FUNDS", "busy"],
  ])("with %s is a %s", async (exit, code, kind) => {
    const model = new ChainModel();
    const { server, url } = await serve(model);
    server.methods.set("GasEstimateMessageGas", () => {
      throw new RpcFailure(3, `message execution failed (exit=[${exit}], vm error=[…])`);
    });
    const chain = await openChain(url, model);
    await expect(chain.push(transfer(1n))).rejects.toMatchObject({ code, kind });
  });

  it("because the sender is poor never reaches the pool", async () => {
    const model = new ChainModel();
    const { node, url } = await serve(model);
    node.balance = "200000000";
    const chain = await openChain(url, model);
    await expect(chain.push(transfer(1n))).rejects.toMatchObject({ code: "CHAIN_FUNDS", kind: "busy" });
    expect(node.pool).toEqual([]);
  });

  it("for lack of a key says which", async () => {
    const model = new ChainModel();
    const { node, url } = await serve(model);
    node.keys = [];
    const chain = await openChain(url, model);
    await expect(chain.push(transfer(1n))).rejects.toMatchObject({
      code: "CHAIN_KEY_UNKNOWN",
      kind: "user",
      facts: { address: MODEL.worker },
    });
  });

  it("stays an error of the node when its words hold no exit code", async () => {
    const model = new ChainModel();
    const { server, url } = await serve(model);
    server.methods.set("GasEstimateMessageGas", () => {
      throw new RpcFailure(1, "message pool is full");
    });
    const chain = await openChain(url, model);
    await expect(chain.push(transfer(1n))).rejects.toMatchObject({ code: "CHAIN_RPC", kind: "busy" });
  });
});
