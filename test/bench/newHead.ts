import { fork } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { headChangesAnswer, messageAnswer, tipSetAnswer } from "../../src/chain/lotus/answers.ts";
import { Awaited } from "../../src/chain/lotus/awaited.ts";
import type { Nodes } from "../../src/chain/lotus/nodes.ts";
import { openLotusChain } from "../../src/chain/lotus/openLotusChain.ts";
import { TipSets } from "../../src/chain/lotus/tipsets.ts";
import { silentLog } from "../../src/log.ts";
import { looseJson } from "../../src/wire/json.ts";
import { type Figure, median, peakMegabytes } from "./measure.ts";
import { waitingNode, WAITING } from "./waitingNode.ts";

const NODE = fileURLToPath(new URL("./waitingNodeProcess.ts", import.meta.url));
const WARM_UP = 100;
const HEADS = 500;
const WHAT = `a new head, ${WAITING.toLocaleString("en")} messages awaited`;

/** What a new head costs while a thousand sectors wait for their messages, in a tipset of a hundred other messages. */
export async function newHead(): Promise<readonly Figure[]> {
  const all = await withSockets();
  // Before the other one, which has the node's chain in this process.
  const memory = peakMegabytes(process.pid);
  const own = await ownWork();
  return [
    { what: `${WHAT}, padma's work`, value: own, unit: "ms", limit: 1 },
    { what: `${WHAT}, CPU with sockets`, value: all, unit: "ms" },
    { what: `${WHAT}, peak memory`, value: memory, unit: "MB" },
  ];
}

/** From the text of a notification to what has landed: everything but the sockets. Median. */
async function ownWork(): Promise<number> {
  const { node, mine, cids } = waitingNode();
  const methods = node.methods();
  let answers = new Map<string, string>();
  const nodes = {
    call: async (method: string, _: readonly unknown[], answer: v.GenericSchema) =>
      v.parse(answer, looseJson(answers.get(method) ?? "null")),
  } as unknown as Pick<Nodes, "call">;
  const tipsets = new TipSets(nodes);
  const awaited = new Awaited({ nodes, tipsets, log: silentLog });
  let head = tipsets.remember(v.parse(tipSetAnswer, node.model.head));
  for (const { CID, ...message } of node.pool)
    await awaited.expect(CID["/"], v.parse(messageAnswer, message), head);
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + HEADS; i += 1) {
    const tipset = mine();
    const [block] = tipset.Cids;
    const asked = ["ChainGetParentMessages", "ChainGetParentReceipts"];
    answers = new Map(asked.map((method) => [method, JSON.stringify(methods[method]?.([block]))]));
    const told = JSON.stringify([{ Type: "apply", Val: tipset }]);
    const before = performance.now();
    for (const { Val } of v.parse(headChangesAnswer, looseJson(told))) head = tipsets.remember(Val);
    await awaited.lookup(cids, head);
    if (i >= WARM_UP) times.push(performance.now() - before);
  }
  return median(times);
}

/** CPU time of this process, with a node in another one. */
async function withSockets(): Promise<number> {
  const node = fork(NODE, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const [{ url, cids }] = (await once(node, "message")) as [{ url: string; cids: readonly string[] }];
  const chain = await openLotusChain({ apiInfo: url, actor: "t01000", log: silentLog, now: () => 0 });
  const heads = new EventEmitter();
  chain.onHead(() => heads.emit("head"));
  await once(heads, "head");
  await chain.lookup(cids);
  const next = async (): Promise<void> => {
    const came = once(heads, "head");
    node.send("mine");
    await came;
    await chain.lookup(cids);
  };
  for (let i = 0; i < WARM_UP; i += 1) await next();
  const before = process.cpuUsage();
  for (let i = 0; i < HEADS; i += 1) await next();
  const { user, system } = process.cpuUsage(before);
  await chain.close();
  node.disconnect();
  return (user + system) / 1000 / HEADS;
}
