/** The devnet as a node, through the client; and a real node, when one is named for it. */
import { EventEmitter, once } from "node:events";
import { onTestFinished, vi } from "vitest";
import type { LotusChain } from "../../src/chain/lotus/lotusChain.ts";
import { openLotusChain } from "../../src/chain/lotus/openLotusChain.ts";
import { silentLog } from "../../src/log.ts";
import { testNode } from "../unit/node/harness.ts";
import { describeChain } from "./chain.ts";

for (const scheme of ["http", "ws"]) {
  describeChain(`devnet through a lotus client over ${scheme}`, async () => {
    const node = await testNode();
    const chain = await openLotusChain({
      apiInfo: `${await node.token("sign")}:${node.url.replace("http", scheme)}`,
      actor: "t01000",
      log: silentLog,
      now: node.clock.now,
    });
    onTestFinished(() => chain.close());
    return { chain, pass: node.pass };
  });
}

const { PADMA_TEST_FULLNODE_API_INFO: apiInfo, PADMA_TEST_ACTOR: actor } = process.env;
if (apiInfo !== undefined) {
  // Twenty epochs of a network with blocks every thirty seconds.
  vi.setConfig({ testTimeout: 15 * 60_000 });
  describeChain("a real node", async () => {
    const chain = await openLotusChain({ apiInfo, actor: actor ?? "t01000", log: silentLog });
    onTestFinished(() => chain.close());
    return { chain, pass: (epochs) => newEpochs(chain, epochs) };
  });
}

/** Resolves when the head is so many epochs higher. */
async function newEpochs(chain: LotusChain, epochs: number): Promise<void> {
  const heads = new EventEmitter();
  const deafen = chain.onHead(() => heads.emit("head"));
  const until = (await chain.head()).epoch + epochs;
  while ((await chain.head()).epoch < until) await once(heads, "head");
  deafen();
}
