import { expect, it } from "vitest";
import { epoch } from "../../../src/units.ts";
import { ChainModel } from "../../helpers/chainModel.ts";
import { openChain, serve, transfer } from "../../helpers/lotusChain.ts";

for (const scheme of ["http", "ws"]) {
  it(`seals over ${scheme}: network, head, miner, push, lookup`, async () => {
    const model = new ChainModel();
    model.extend();
    const { node, server } = await serve(model);
    const chain = await openChain(`${scheme}://${server.host}`, model);
    expect(chain.network).toMatchObject({
      kind: "lotus",
      name: "localnet-model",
      addressPrefix: "t",
      blockDelayMs: 4000,
    });
    expect(await chain.head()).toMatchObject({ epoch: 1, key: [model.head.Cids[0]?.["/"]] });
    expect(await chain.miner()).toMatchObject({
      id: 1000,
      address: "t01000",
      sectorSize: 2048,
      sealProof: 5,
    });
    const { cid } = await chain.push(transfer(7n));
    expect(await chain.lookup([cid])).toEqual(new Map());
    node.mine();
    expect(await chain.lookup([cid])).toEqual(new Map());
    node.mine();
    expect((await chain.lookup([cid])).get(cid)).toMatchObject({
      cid,
      epoch: epoch(2),
      tipset: [model.at(2).Cids[0]?.["/"]],
      exitCode: 0,
      gasUsed: 5000,
    });
  });
}
