import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { testNode, type TestNode } from "./harness.ts";

interface Change {
  readonly Type: string;
  readonly Val: { readonly Height: number; readonly Cids: readonly { readonly "/": string }[] };
}

/** A websocket to the node; `next` gives its messages one after the other. */
class Connection {
  readonly socket: WebSocket;
  readonly #messages: unknown[] = [];
  #arrived = new AbortController();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      this.#messages.push(JSON.parse(data.toString("utf8")));
      this.#arrived.abort();
    });
  }

  static async to({ url }: TestNode, token?: string): Promise<Connection> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`${url.replace("http", "ws")}/rpc/v1`, { headers });
    onTestFinished(() => socket.terminate());
    const connection = new Connection(socket);
    await once(socket, "open");
    return connection;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
  }

  async next(): Promise<unknown> {
    while (this.#messages.length === 0) {
      this.#arrived = new AbortController();
      await once(this.#arrived.signal, "abort");
    }
    return this.#messages.shift();
  }

  /** The changes of the channel's next value. */
  async changes(channel = 1): Promise<readonly Change[]> {
    const message = (await this.next()) as { method: string; params: [number, Change[]] };
    if (message.method !== "xrpc.ch.val" || message.params[0] !== channel) {
      throw new Error(`not a value of channel ${channel}: ${JSON.stringify(message)}`);
    }
    return message.params[1];
  }
}

const shown = (changes: readonly Change[]) => changes.map(({ Type, Val }) => `${Type} ${Val.Height}`);

async function following(): Promise<{ node: TestNode; connection: Connection }> {
  const node = await testNode();
  await node.pass(3);
  const connection = await Connection.to(node);
  connection.send({ id: 7, method: "Filecoin.ChainNotify", params: [] });
  expect(await connection.next()).toEqual({ jsonrpc: "2.0", id: 7, result: 1 });
  return { node, connection };
}

describe("following the head over a websocket", () => {
  it("gives the head as it is, then every new one", async () => {
    const { node, connection } = await following();
    expect(shown(await connection.changes())).toEqual(["current 3"]);
    await node.pass(1);
    expect(shown(await connection.changes())).toEqual(["apply 4"]);
    await node.pass(5);
    expect(shown(await connection.changes())).toEqual(["apply 9"]);
  });

  it("sees what another process does to the file", async () => {
    const { node, connection } = await following();
    await connection.changes();
    await node.reopen().advance(2);
    expect(shown(await connection.changes())).toEqual(["apply 5"]);
  });

  it("reverts from the top down before it applies, after a reorg by another process", async () => {
    const { node, connection } = await following();
    await connection.changes();
    for (const height of [4, 5]) {
      await node.pass(1);
      expect(shown(await connection.changes())).toEqual([`apply ${height}`]);
    }
    const { left, head } = await node.reopen().reorg(2);
    const seen: Change[] = [];
    while (seen.at(-1)?.Val.Cids[0]?.["/"] !== head.key[0]) seen.push(...(await connection.changes()));
    expect(shown(seen).slice(0, 2)).toEqual(["revert 5", "revert 4"]);
    expect(seen[0]?.Val.Cids[0]?.["/"]).toBe(left.key[0]);
    expect(shown(seen).at(-1)).toBe("apply 5");
  });

  it("ends when the request is cancelled, and nothing comes after that", async () => {
    const { node, connection } = await following();
    await connection.changes();
    connection.send({ method: "xrpc.cancel", params: [7] });
    expect(await connection.next()).toEqual({ jsonrpc: "2.0", method: "xrpc.ch.close", params: [1] });
    await node.pass(1);
    connection.send({ id: 8, method: "Filecoin.ChainHead", params: [] });
    expect(await connection.next()).toMatchObject({ id: 8, result: { Height: 4 } });
  });

  it("numbers the channels of a connection", async () => {
    const { node, connection } = await following();
    await connection.changes();
    connection.send({ id: "x", method: "Filecoin.ChainNotify", params: [] });
    expect(await connection.next()).toMatchObject({ id: "x", result: 2 });
    expect(shown(await connection.changes(2))).toEqual(["current 3"]);
    await node.pass(1);
    expect(shown(await connection.changes(1))).toEqual(["apply 4"]);
    expect(shown(await connection.changes(2))).toEqual(["apply 4"]);
  });

  it("needs a request that can be cancelled", async () => {
    const { node, connection } = await following();
    await connection.changes();
    connection.send({ method: "Filecoin.ChainNotify", params: [] });
    await node.pass(1);
    expect(shown(await connection.changes(1))).toEqual(["apply 4"]);
    connection.send({ id: 9, method: "Filecoin.ChainHead", params: [] });
    expect(await connection.next()).toMatchObject({ id: 9 });
  });

  it("is not there over http", async () => {
    const { call } = await testNode();
    expect((await call("ChainNotify")).error).toEqual({
      code: -32601,
      message: "method 'Filecoin.ChainNotify' not supported in this mode (no out channel support)",
    });
  });
});

describe("calls over a websocket", () => {
  it("are answered while others wait, and can be cancelled", async () => {
    const node = await testNode();
    const { owner } = (await node.chain.status()).accounts;
    const message = { Version: 0, To: "t099", From: owner, Value: "1" };
    const { CID } = await node.ask<{ CID: unknown }>("MpoolPushMessage", message, null);
    const connection = await Connection.to(node);
    connection.send({ id: 1, method: "Filecoin.StateWaitMsg", params: [CID, 5, -1, true] });
    connection.send({ id: 2, method: "Filecoin.ChainHead", params: [] });
    expect(await connection.next()).toMatchObject({ id: 2, result: { Height: 0 } });
    connection.send({ method: "xrpc.cancel", params: [1] });
    expect(await connection.next()).toMatchObject({ id: 1, error: { code: 1, message: "context canceled" } });
  });

  it("need the connection's token", async () => {
    const node = await testNode();
    const { owner } = (await node.chain.status()).accounts;
    const call = { id: 1, method: "Filecoin.WalletSign", params: [owner, "AAA="] };
    const nobody = await Connection.to(node);
    nobody.send(call);
    expect(await nobody.next()).toMatchObject({ error: { code: 1 } });
    const signer = await Connection.to(node, await node.token("sign"));
    signer.send(call);
    expect(await signer.next()).toMatchObject({ result: { Type: 2 } });
    await expect(Connection.to(node, "x")).rejects.toThrow(/401/);
  });

  it("that are nonsense are answered, and the connection goes on", async () => {
    const node = await testNode();
    const connection = await Connection.to(node);
    connection.socket.send("{");
    expect(await connection.next()).toMatchObject({ id: null, error: { code: -32700 } });
    connection.socket.send(new Uint8Array([1, 2]));
    expect(await connection.next()).toMatchObject({ error: { code: -32700 } });
    connection.send({ id: 1, method: "Filecoin.ChainHead", params: [] });
    expect(await connection.next()).toMatchObject({ id: 1, result: { Height: 0 } });
  });

  it("end with the node", async () => {
    const node = await testNode();
    const { socket } = await Connection.to(node);
    const closed = once(socket, "close");
    await node.served.close();
    await closed;
    await expect(fetch(`${node.url}/rpc/v1`)).rejects.toThrow(/fetch failed/);
  });
});
