import { describe, expect, it } from "vitest";
import { post, testNode } from "./harness.ts";

const UNKNOWN = "Filecoin.NoSuchMethod";

describe("the node's JSON-RPC", () => {
  it("takes several requests in one body, and answers no notification", async () => {
    const { url } = await testNode();
    const head = { jsonrpc: "2.0", method: "Filecoin.ChainHead", params: [] };
    const both = await post(url, [{ ...head, id: 1 }, { ...head, id: "b", method: UNKNOWN }, head]);
    expect(JSON.parse(both.body)).toMatchObject([
      { id: 1, result: { Height: 0 } },
      { id: "b", error: { code: -32601 } },
    ]);
    expect(await post(url, head)).toMatchObject({ status: 200, body: "" });
  });

  it.each([
    ["nothing", "", 400],
    ["no JSON", "{", 500],
    ["no request", "3", 400],
    ["an empty list", "[]", 400],
    ["a request without a method", '{"id":1}', 400],
    ["parameters that are no list", '{"id":1,"method":"Filecoin.ChainHead","params":{}}', 500],
  ])("answers %s with an error", async (_name, body, status) => {
    const { url } = await testNode();
    const answer = await post(url, body);
    expect(answer.status).toBe(status);
    expect(answer.error?.message).toMatch(/./);
  });

  it("has no other path and no other verb", async () => {
    const { url } = await testNode();
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}//`)).status).toBe(404);
    expect((await fetch(`${url}/rpc/v1`)).status).toBe(405);
  });

  it("keeps integers beyond 2^53 as they are", async () => {
    const { url } = await testNode();
    const body = `{"jsonrpc":"2.0","id":1,"method":"Filecoin.StateMarketStorageDeal","params":[9007199254740993,[]]}`;
    expect((await post(url, body)).error).toMatchObject({ code: -32700 });
  });
});

describe("the node's permissions", () => {
  const sign = (worker: string) => ["WalletSign", [worker, "AAA="]] as const;

  it("let everybody read, and nobody sign without a token", async () => {
    const { call, chain } = await testNode();
    const { worker } = await chain.miner();
    expect(await call("ChainHead", [], null)).toMatchObject({ status: 200, result: { Height: 0 } });
    expect(await call(...sign(worker), null)).toMatchObject({
      status: 200,
      error: { code: 1, message: "missing permission to invoke 'WalletSign' (need 'sign')" },
    });
  });

  it("include those below", async () => {
    const { call, chain, token } = await testNode();
    const { worker } = await chain.miner();
    for (const permission of ["read", "write"] as const) {
      expect((await call(...sign(worker), await token(permission))).error?.code).toBe(1);
    }
    for (const permission of ["sign", "admin"] as const) {
      expect((await call(...sign(worker), await token(permission))).error).toBeUndefined();
    }
    expect(await call("AuthVerify", [await token("sign")])).toMatchObject({
      result: ["read", "write", "sign"],
    });
  });

  it("come with the address too, for callers that cannot set a header", async () => {
    const { url, chain, token } = await testNode();
    const { worker } = await chain.miner();
    const body = { jsonrpc: "2.0", id: 1, method: "Filecoin.WalletSign", params: [worker, "AAA="] };
    const ask = async (given: string) =>
      fetch(`${url}/rpc/v1?token=${given}`, { method: "POST", body: JSON.stringify(body) });
    expect(await (await ask(await token("sign"))).json()).toMatchObject({ result: { Type: 2 } });
    expect((await ask("x")).status).toBe(401);
  });

  it.each([
    ["malformed", "x"],
    ["of another secret", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJBbGxvdyI6WyJyZWFkIl19.AAAA"],
    ["unsigned", "eyJhbGciOiJub25lIn0.eyJBbGxvdyI6WyJhZG1pbiJdfQ."],
  ])("turn a token away that is %s", async (_name, token) => {
    const { call } = await testNode();
    expect(await call("ChainHead", [], token)).toMatchObject({ status: 401, body: "" });
  });
});
