/** What the network does to connections between padma and a node, by a real proxy process. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isPadmaError } from "../../src/errors.ts";
import { ChainModel } from "../helpers/chainModel.ts";
import { type Proxy, startProxy } from "../helpers/proxy.ts";
import type { Weather } from "../helpers/proxyProcess.ts";
import { openChain, serve, SHORT } from "../helpers/lotusChain.ts";

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

let proxy: Proxy;
beforeAll(async () => {
  proxy = await startProxy();
});
afterAll(() => proxy.close());

for (const scheme of ["http", "ws"]) {
  describe(`over ${scheme}`, () => {
    it.each(WEATHERS)("$kind ends each call with a busy error, and passes: %j", async (weather) => {
      const model = new ChainModel();
      const { server } = await serve(model);
      await proxy.leadTo(server.port);
      const chain = await openChain(`${scheme}://${proxy.host}`, model, {
        patience: { ...SHORT, callMs: 500 },
      });
      await proxy.weather(weather);
      const error: unknown = await chain.head().catch((caught: unknown) => caught);
      expect(isPadmaError(error, "CHAIN_UNREACHABLE", "CHAIN_ANSWER")).toBe(true);
      expect(error).toMatchObject({ kind: "busy" });
      await proxy.weather({ kind: "clear" });
      model.extend();
      expect(await chain.head()).toMatchObject({ epoch: 1 });
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
