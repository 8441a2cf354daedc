import { expect, it } from "vitest";
import { ChainModel, executed, messageOf, MODEL, type ModelMessage } from "../../helpers/chainModel.ts";
import { openChain, serve } from "../../helpers/lotusChain.ts";
import { RpcFailure } from "../../helpers/rpcServer.ts";

const draft = (value: number) => ({
  To: "t099",
  From: MODEL.worker,
  Value: String(value),
  GasLimit: 0,
  Method: 0,
  Params: null,
});
const messages = (count: number, from = 0): readonly ModelMessage[] =>
  Array.from({ length: count }, (_, i) => messageOf(draft(1), from + i));
const cidOf = ({ CID }: ModelMessage): string => CID["/"];

it("costs a few calls a head, however many messages are awaited", async () => {
  const model = new ChainModel();
  model.extend();
  const { node, server, url } = await serve(model);
  const chain = await openChain(url, model);
  const awaited = messages(50);
  node.pool.push(...awaited);
  const cids = awaited.map(cidOf);
  await chain.lookup(cids);
  server.calls.clear();
  model.extend(awaited.slice(0, 3).map((message) => executed(message)));
  model.extend();
  const found = await chain.lookup(cids);
  expect([...found.keys()]).toEqual(cids.slice(0, 3));
  expect(Object.fromEntries(server.calls)).toEqual({
    ChainHead: 1,
    ChainGetTipSet: 1,
    ChainGetParentMessages: 2,
    ChainGetParentReceipts: 1,
  });
  server.calls.clear();
  model.extend();
  expect((await chain.lookup(cids)).size).toBe(3);
  expect(Object.fromEntries(server.calls)).toEqual({ ChainHead: 1, ChainGetParentMessages: 1 });
});

it("finds what landed before it was asked, and asks for it once", async () => {
  const model = new ChainModel();
  const { server, url } = await serve(model);
  const [message] = messages(1);
  if (message === undefined) throw new Error("no message");
  model.extend([executed(message, 16)]);
  model.extend();
  model.extend();
  server.methods.set("StateReplay", () => ({ Error: "batch empty (16)" }));
  const chain = await openChain(url, model);
  const cid = cidOf(message);
  const landed = (await chain.lookup([cid])).get(cid);
  expect(landed).toMatchObject({ cid, epoch: 1, exitCode: 16, error: "batch empty (16)" });
  await chain.lookup([cid]);
  expect(server.calls.get("StateSearchMsg")).toBe(1);
});

it("takes a landed message back when its tipset is reverted, and finds it in the other branch", async () => {
  const model = new ChainModel();
  model.extend();
  const { node, url } = await serve(model);
  const chain = await openChain(url, model);
  const [message] = messages(1);
  if (message === undefined) throw new Error("no message");
  node.pool.push(message);
  const cid = cidOf(message);
  expect(await chain.lookup([cid])).toEqual(new Map());
  model.extend([executed(message)]);
  model.extend();
  expect((await chain.lookup([cid])).get(cid)?.epoch).toBe(2);
  model.fork(2);
  expect(await chain.lookup([cid])).toEqual(new Map());
  model.extend([executed(message)]);
  model.extend();
  expect((await chain.lookup([cid])).get(cid)?.epoch).toBe(model.head.Height - 1);
});

it("follows a replacement, and tells of a nonce that another message has taken", async () => {
  const model = new ChainModel();
  model.extend();
  const { node, url } = await serve(model);
  const chain = await openChain(url, model);
  const [replaced, lost] = messages(2);
  if (replaced === undefined || lost === undefined) throw new Error("no message");
  node.pool.push(replaced, lost);
  const cids = [replaced, lost].map(cidOf);
  expect(await chain.lookup(cids)).toEqual(new Map());
  const replacement = messageOf(draft(1), replaced.Nonce, "125");
  const other = messageOf({ ...draft(9), To: MODEL.worker }, lost.Nonce);
  model.extend([executed(replacement), executed(other)]);
  model.extend();
  const found = await chain.lookup(cids);
  expect(found.get(cidOf(replaced))).toMatchObject({ cid: cidOf(replacement), exitCode: 0, epoch: 2 });
  expect(found.get(cidOf(lost))).toMatchObject({ cid: cidOf(lost), exitCode: 2, epoch: 2 });
  // The same by search, in a process that starts now.
  const later = await openChain(url, model);
  const again = await later.lookup(cids);
  expect(again.get(cidOf(replaced))).toMatchObject({ cid: cidOf(replacement), exitCode: 0, epoch: 2 });
  expect(again.get(cidOf(lost))).toMatchObject({ exitCode: 2 });
});

it("searches again for what a search has told, when that is reverted", async () => {
  const model = new ChainModel();
  model.extend();
  const { node, url } = await serve(model);
  const [landed, lost] = messages(2);
  if (landed === undefined || lost === undefined) throw new Error("no message");
  node.pool.push(lost);
  model.extend([executed(landed), executed(messageOf(draft(9), lost.Nonce))]);
  model.extend();
  const chain = await openChain(url, model);
  const cids = [landed, lost].map(cidOf);
  const exits = async () => {
    const found = await chain.lookup(cids);
    return cids.map((cid) => found.get(cid)?.exitCode);
  };
  expect(await exits()).toEqual([0, 2]);
  const { head } = model;
  model.fork(2);
  expect(await exits()).toEqual([undefined, undefined]);
  model.extend([], { parent: head });
  expect(await exits()).toEqual([0, 2]);
});

it("searches instead of walking when that takes fewer calls", async () => {
  const model = new ChainModel();
  model.extend();
  const { node, server, url } = await serve(model);
  const chain = await openChain(url, model);
  const [message] = messages(1);
  if (message === undefined) throw new Error("no message");
  node.pool.push(message);
  const cid = cidOf(message);
  expect(await chain.lookup([cid])).toEqual(new Map());
  node.mine();
  for (let i = 0; i < 1000; i += 1) model.extend();
  server.calls.clear();
  expect((await chain.lookup([cid])).get(cid)).toMatchObject({ epoch: 2, exitCode: 0 });
  expect([...server.calls.values()].reduce((sum, calls) => sum + calls, 0)).toBeLessThan(6);
});

it("searches again when a search fails, and takes no nonce for another's before", async () => {
  const model = new ChainModel();
  const { server, url } = await serve(model);
  const [message] = messages(1);
  if (message === undefined) throw new Error("no message");
  model.extend([executed(message)]);
  model.extend();
  const search = server.methods.get("StateSearchMsg");
  if (search === undefined) throw new Error("no search");
  server.methods.set("StateSearchMsg", () => {
    server.methods.set("StateSearchMsg", search);
    throw new RpcFailure(1, "failed to load tipset: ipld: could not find");
  });
  const chain = await openChain(url, model);
  const cid = cidOf(message);
  expect(await chain.lookup([cid])).toEqual(new Map());
  for (let i = 0; i < 10; i += 1) model.extend();
  expect((await chain.lookup([cid])).get(cid)).toMatchObject({ epoch: 1, exitCode: 0 });
});
