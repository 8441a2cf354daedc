import { describe, expect, it } from "vitest";
import { parseApiInfo } from "../../../src/chain/lotus/apiInfo.ts";

const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJBbGxvdyI6WyJyZWFkIl19.abc-_123";

describe("FULLNODE_API_INFO", () => {
  it.each([
    ["/ip4/127.0.0.1/tcp/1234/http", "http://127.0.0.1:1234/rpc/v1"],
    ["/ip4/127.0.0.1/tcp/1234", "http://127.0.0.1:1234/rpc/v1"],
    ["/ip6/::1/tcp/1234/http", "http://[::1]:1234/rpc/v1"],
    ["/dns/node.example/tcp/443/https", "https://node.example/rpc/v1"],
    ["/dns4/node.example/tcp/8443/tls/http", "https://node.example:8443/rpc/v1"],
    ["http://node.example:1234", "http://node.example:1234/rpc/v1"],
    ["https://node.example/lotus/", "https://node.example/lotus/rpc/v1"],
    ["https://node.example/rpc/v1", "https://node.example/rpc/v1"],
  ])("leads to a node: %s", (text, http) => {
    expect(parseApiInfo(text)).toEqual([
      { http, ws: http.replace("http", "ws"), transport: "http", token: null },
    ]);
  });

  it.each([
    ["/ip4/127.0.0.1/tcp/1234/ws", "ws://127.0.0.1:1234/rpc/v1"],
    ["/dns/node.example/tcp/443/wss", "wss://node.example/rpc/v1"],
    ["/dns/node.example/tcp/443/tls/ws", "wss://node.example/rpc/v1"],
    ["wss://node.example", "wss://node.example/rpc/v1"],
  ])("says when calls go over a websocket: %s", (text, ws) => {
    expect(parseApiInfo(text)).toEqual([
      { http: ws.replace("ws", "http"), ws, transport: "ws", token: null },
    ]);
  });

  it.each([
    [`${JWT}:/ip4/127.0.0.1/tcp/1234/http`, JWT],
    [`${JWT}:https://node.example`, JWT],
    ["opaque-token:/ip4/127.0.0.1/tcp/1234/http", "opaque-token"],
    ["opaque:wss://node.example", "opaque"],
  ])("has a token before the address: %s", (text, token) => {
    expect(parseApiInfo(text)[0]?.token).toBe(token);
  });

  it("names several nodes in order", () => {
    const nodes = parseApiInfo(
      `${JWT}:/ip4/127.0.0.1/tcp/1/http, b:http://two.example:2 ,http://three.example:3`,
    );
    expect(nodes.map(({ http, token }) => [http, token])).toEqual([
      ["http://127.0.0.1:1/rpc/v1", JWT],
      ["http://two.example:2/rpc/v1", "b"],
      ["http://three.example:3/rpc/v1", null],
    ]);
  });

  it.each([
    "",
    " , ",
    "node.example:1234",
    "ftp://node.example",
    "/ip4/127.0.0.1/udp/1234",
    "/unix/tmp/lotus.sock",
    "/ip4/127.0.0.1/tcp/123456",
    "http://user:secret@node.example",
    "http://node.example?token=secret",
    "http://node.example/rpc/v0",
    "/ip4/999.0.0.1/tcp/1234/http",
  ])("refuses %j, as the user's mistake", (text) => {
    let caught: unknown;
    try {
      parseApiInfo(text);
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ code: "CHAIN_API_INFO", kind: "user" });
  });

  it.each([`${JWT}:http://node.example/rpc/v0`, `${JWT}:node.example:1234`, JWT])(
    "never shows a token in an error: %s",
    (text) => {
      let caught: unknown;
      try {
        parseApiInfo(text);
      } catch (error) {
        caught = error;
      }
      expect(JSON.stringify(caught)).not.toContain(JWT);
      expect(caught).toMatchObject({ code: "CHAIN_API_INFO" });
    },
  );
});
