import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseApiInfo } from "../../../src/chain/lotus/apiInfo.ts";
import { HeadStream } from "../../../src/chain/lotus/headStream.ts";
import { Nodes } from "../../../src/chain/lotus/nodes.ts";
import { type HeadChange, TipSets } from "../../../src/chain/lotus/tipsets.ts";
import { silentLog } from "../../../src/log.ts";
import { ChainModel, type ModelTipSet } from "../../helpers/chainModel.ts";
import { patient, serve } from "../../helpers/lotusChain.ts";
import { RpcChannel, RpcFailure } from "../../helpers/rpcServer.ts";

interface Frame {
  readonly sent?: { readonly method: string };
  readonly received?: { readonly method?: string; readonly params?: readonly unknown[] };
}

/** What a stream has told, as epochs with a sign: `-5` for a revert, `5` for an apply. */
class Told {
  readonly epochs: number[] = [];
  #head = "";
  readonly #emitter = new EventEmitter();
  readonly onChange = ({ reverts, applies }: HeadChange): void => {
    this.epochs.push(...reverts.map(({ epoch }) => -epoch), ...applies.map(({ epoch }) => epoch));
    this.#head = applies.at(-1)?.key.join() ?? "";
    this.#emitter.emit("change");
  };

  /** Resolves when the last thing told is that an epoch was reverted. */
  async reverts(epoch: number): Promise<void> {
    while (this.epochs.at(-1) !== -epoch) await once(this.#emitter, "change");
  }

  /** Resolves when the last thing told is this tipset, applied. */
  async reaches(tipset: ModelTipSet): Promise<void> {
    const key = tipset.Cids.map((link) => link["/"]).join();
    while (this.#head !== key) await once(this.#emitter, "change");
  }
}

function follow(
  apiInfo: string,
  patience = patient(),
  endpoints = parseApiInfo(apiInfo),
): { told: Told; stream: HeadStream } {
  const told = new Told();
  const nodes = new Nodes({
    endpoints,
    network: null,
    patience,
    now: Date.now,
    log: silentLog,
  });
  const tipsets = new TipSets(nodes);
  const stream = new HeadStream({
    nodes,
    tipsets,
    patience,
    random: () => 0,
    log: silentLog,
    onChange: told.onChange,
  });
  onTestFinished(async () => {
    await stream.close();
    nodes.close();
  });
  return { told, stream };
}

describe("chain notifications", () => {
  it("begin with the current head, whose value comes before the channel has a number", async () => {
    const model = new ChainModel();
    model.extend();
    const { node, url } = await serve(model);
    const { told } = follow(url);
    await told.reaches(model.head);
    node.notify("apply", model.extend());
    node.notify("apply", model.extend([], { skip: 3 }));
    await told.reaches(model.head);
    expect(told.epochs).toEqual([1, 2, 6]);
  });

  it("tell of a reorg from the old head down and up to the new one", async () => {
    const model = new ChainModel();
    for (let i = 0; i < 5; i += 1) model.extend();
    const { node, url } = await serve(model);
    const { told } = follow(url);
    await told.reaches(model.head);
    node.notify("apply", model.fork(2));
    await told.reaches(model.head);
    expect(told.epochs).toEqual([5, -5, -4, 4, 5, 6]);
  });

  it("have no gap when a notification is missing, and tell nothing twice", async () => {
    const model = new ChainModel();
    const { node, url } = await serve(model);
    const { told } = follow(url);
    await told.reaches(model.head);
    model.extend();
    model.extend();
    const last = model.extend();
    node.notify("apply", last);
    node.notify("apply", last);
    node.notify("apply", model.extend());
    await told.reaches(model.head);
    expect(told.epochs).toEqual([0, 1, 2, 3, 4]);
  });

  it("go on without a gap after the connection was away during a reorg", async () => {
    const model = new ChainModel();
    for (let i = 0; i < 5; i += 1) model.extend();
    const { node, url, server } = await serve(model);
    const { told } = follow(url);
    await told.reaches(model.head);
    node.channels.clear();
    server.dropSockets();
    model.fork(3);
    for (let i = 0; i < 20; i += 1) model.extend();
    await told.reaches(model.head);
    const upTo26 = Array.from({ length: 24 }, (_, i) => i + 3);
    expect(told.epochs).toEqual([5, -5, -4, -3, ...upTo26]);
  });

  it("go back with a node that comes back with an older head, and on again", async () => {
    const model = new ChainModel();
    for (let i = 0; i < 5; i += 1) model.extend();
    const { node, url, server } = await serve(model);
    const { told } = follow(url);
    await told.reaches(model.head);
    const top = model.head;
    model.head = model.at(2);
    server.dropSockets();
    await told.reverts(3);
    model.head = top;
    node.notify("apply", model.at(3), model.at(4), top);
    await told.reaches(top);
    expect(told.epochs).toEqual([5, -5, -4, -3, 3, 4, 5]);
  });

  it.each(["not JSON", '{"jsonrpc":"2.0","method":"xrpc.ch.val","params":[1,[{"Type":"apply","Val":{}}]]}'])(
    "start anew after %s",
    async (text) => {
      const model = new ChainModel();
      const { node, url } = await serve(model);
      const { told } = follow(url);
      await told.reaches(model.head);
      for (const channel of node.channels) channel.raw(text);
      node.channels.clear();
      await once(node.subscribed, "channel");
      node.notify("apply", model.extend());
      await told.reaches(model.head);
      expect(told.epochs).toEqual([0, 1]);
    },
  );

  it("notice a connection that has gone silent", async () => {
    const model = new ChainModel();
    const { node, url, server } = await serve(model);
    const patience = { ...patient(), pingMs: 50 };
    const { told } = follow(url, patience);
    await told.reaches(model.head);
    server.muteSockets();
    node.channels.clear();
    model.extend();
    await told.reaches(model.head);
    expect(told.epochs).toEqual([0, 1]);
  });

  it("start anew from a head that the node knows, where it has lost the way to it", async () => {
    const model = new ChainModel();
    for (let i = 0; i < 5; i += 1) model.extend();
    const { node, url, server } = await serve(model);
    const { told } = follow(url);
    await told.reaches(model.head);
    const answer = server.methods.get("ChainGetTipSet");
    server.methods.set("ChainGetTipSet", ([key]) => {
      if (model.get(key as ModelTipSet["Cids"]).Height < 5) throw new RpcFailure(1, "ipld: could not find");
      return answer?.([key]);
    });
    node.channels.clear();
    node.subscribed.once("channel", () => node.channels.clear());
    const { epochs } = told;
    model.fork(3);
    server.dropSockets();
    await told.reaches(model.head);
    expect(epochs).toEqual([5, 6]);
  });

  it("end while a node lets the connection wait", async () => {
    const waiting = createServer();
    const asked = once(waiting, "upgrade");
    await once(waiting.listen(0, "127.0.0.1"), "listening");
    onTestFinished(async () => void waiting.close());
    const { url } = await serve(new ChainModel());
    const { port } = waiting.address() as AddressInfo;
    const endpoints = parseApiInfo(url).map((node) => ({ ...node, ws: `ws://127.0.0.1:${port}` }));
    const { stream } = follow(url, patient(), endpoints);
    const [, socket] = (await asked) as [unknown, Socket];
    await expect(stream.close()).resolves.toBeUndefined();
    socket.destroy();
  });

  it("cancel their channel when nobody listens any more", async () => {
    const model = new ChainModel();
    const { url, server } = await serve(model);
    const { told, stream } = follow(url);
    await told.reaches(model.head);
    await stream.close();
    await expect(server.socketsAreGone()).resolves.toBeUndefined();
  });
});

it("reads the recorded stream of a real node", async () => {
  const file = new URL("../../fixtures/lotus-rpc/chain-notify.json", import.meta.url);
  const { frames } = JSON.parse(readFileSync(file, "utf8")) as { frames: readonly Frame[] };
  const values = frames.flatMap(({ received }) => (received?.method === "xrpc.ch.val" ? [received] : []));
  const model = new ChainModel();
  const { server, url } = await serve(model);
  const contents = values.map(({ params = [] }) => params[1] as readonly { readonly Val: ModelTipSet }[]);
  const tipsets = contents.map(([change]) => change?.Val);
  const byKey = new Map(tipsets.map((tipset) => [tipset?.Cids[0]?.["/"], tipset]));
  server.methods.set("ChainHead", () => tipsets[0]);
  server.methods.set("ChainGetTipSet", ([key]) => byKey.get((key as { "/": string }[])[0]?.["/"]));
  const [first, ...later] = contents;
  server.methods.set(
    "ChainNotify",
    () => new RpcChannel(1, (channel) => later.forEach((value) => channel.send(value)), [first]),
  );
  const { told } = follow(url);
  const last = tipsets.at(-1);
  if (last === undefined) throw new Error("the recording is empty");
  await told.reaches(last);
  expect(told.epochs).toEqual([72, 73, 74, 75]);
  expect(server.calls.get("ChainGetTipSet")).toBeUndefined();
});
