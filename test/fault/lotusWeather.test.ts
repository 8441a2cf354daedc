/** What the network does to connections between padma and a node, by a real proxy process. */
import { EventEmitter, once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isPadmaError } from "../../src/errors.ts";
import { silentLog } from "../../src/log.ts";
import { ChainModel } from "../helpers/chainModel.ts";
import { type Proxy, startProxy } from "../helpers/proxy.ts";
import type { Weather } from "../helpers/proxyProcess.ts";
import { openChain, patient, serve, transfer } from "../helpers/lotusChain.ts";

const WEATHERS: readonly Weather[] = [
  { kind: "down" },
  { kind: "silent" },
  { kind: "lostAnswers" },
  { kind: "cut", afterBytes: 20 },
  { kind: "cut", afterBytes: 100 },
  { kind: "instead", bytes: "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 5\r\n\r\n<html" },
  { kind: "instead", bytes: 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"jsonrpc' },
  { kind: "instead", bytes: "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}" },
  { kind: "instead", bytes: "HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\nno!" },
  { kind: "instead", bytes: "not HTTP at all" },
  { kind: "slow", ms: 60_000 },
];

/** One a test: fetch keeps connections, and one that the last weather has just cut would be tried first. */
let proxy: Proxy;
beforeEach(async () => {
  proxy = await startProxy();
});
afterEach(() => proxy.close());

for (const scheme of ["http", "ws"]) {
  describe(`over ${scheme}`, () => {
    it.each(WEATHERS)("$kind ends each call with a busy error, and passes: %j", async (weather) => {
      const model = new ChainModel();
      const { server } = await serve(model);
      await proxy.leadTo(server.port);
      const patience = patient();
      const chain = await openChain(`${scheme}://${proxy.host}`, model, { patience });
      await proxy.weather(weather);
      patience.callMs = 200;
      const error: unknown = await chain.head().catch((caught: unknown) => caught);
      expect(isPadmaError(error, "CHAIN_UNREACHABLE", "CHAIN_ANSWER")).toBe(true);
      expect(error).toMatchObject({ kind: "busy" });
      await proxy.weather({ kind: "clear" });
      patience.callMs = 60_000;
      model.extend();
      expect(await chain.head()).toMatchObject({ epoch: 1 });
    });

    it("a push whose answer is lost is found again, and made once", async () => {
      const model = new ChainModel();
      model.extend();
      const { node, server } = await serve(model);
      await proxy.leadTo(server.port);
      const chain = await openChain(`${scheme}://${proxy.host}`, model);
      const push = server.methods.get("MpoolPushMessage");
      server.methods.set("MpoolPushMessage", async (params) => {
        const answer = await push?.(params);
        await proxy.weather({ kind: "lostAnswers" });
        return answer;
      });
      const message = transfer(1n);
      await expect(chain.push(message)).rejects.toMatchObject({ code: "CHAIN_UNREACHABLE" });
      await proxy.weather({ kind: "clear" });
      expect(await chain.push(message)).toEqual({ cid: node.pool[0]?.CID["/"] });
      expect(node.pool).toHaveLength(1);
      expect(server.calls.get("MpoolPushMessage")).toBe(1);
    });

    it("waits for a slow node as long as it may", async () => {
      const model = new ChainModel();
      const { server } = await serve(model);
      await proxy.leadTo(server.port);
      const chain = await openChain(`${scheme}://${proxy.host}`, model);
      await proxy.weather({ kind: "slow", ms: 100 });
      expect(await chain.head()).toMatchObject({ epoch: 0 });
    });
  });
}

it("chain notifications go on without a gap after each weather", async () => {
  const model = new ChainModel();
  const { node, server } = await serve(model);
  await proxy.leadTo(server.port);
  const patience = { ...patient(), pingMs: 100 };
  const seen = new EventEmitter();
  const log = { ...silentLog, warn: (message: string) => void seen.emit(message) };
  const chain = await openChain(`http://${proxy.host}`, model, { patience, log });
  // What hangs in bad weather is given up soon, and tried again: nothing here depends on how soon.
  patience.callMs = 1000;
  patience.connectMs = 1000;
  const epochs: number[] = [];
  chain.onHead(({ reverts, applies }) => {
    epochs.push(...reverts.map(({ epoch }) => -epoch), ...applies.map(({ epoch }) => epoch));
    seen.emit("change");
  });
  const reach = async (epoch: number): Promise<void> => {
    while (epochs.at(-1) !== epoch) await once(seen, "change");
  };
  await reach(0);
  for (const weather of [{ kind: "down" }, { kind: "silent" }, { kind: "cut", afterBytes: 10 }] as const) {
    // Bytes are lost on a connection that ends, and on no other.
    const noticed = once(seen, "chain notifications ended");
    await proxy.weather(weather);
    for (let i = 0; i < 3; i += 1) node.mine();
    await noticed;
    await proxy.weather({ kind: "clear" });
    await reach(model.head.Height);
  }
  expect(epochs).toEqual(Array.from({ length: 10 }, (_, i) => i));
});
