/** On a real devnet, which wants no collateral: the chain is asked through a network that wants some. */
import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import type { App } from "../../../src/app/open.ts";
import { pledge } from "../../../src/app/pledge.ts";
import type { Chain } from "../../../src/chain/chain.ts";
import type { At } from "../../../src/sealing/sector.ts";
import { publishDeals } from "../../../src/steps/publishDeals.ts";
import { getSector } from "../../../src/store/getSector.ts";
import { createOutbox } from "../../../src/store/outbox.ts";
import { attoFil, type SectorNumber } from "../../../src/units.ts";
import { parseAddress } from "../../../src/wire/address.ts";
import { ACTOR, METHOD } from "../../../src/wire/methods.ts";
import { addBalanceParams } from "../../../src/wire/params/addBalance.ts";
import { driveTo, testApp } from "../../helpers/repo.ts";

const COLLATERAL = attoFil(5_000n);

async function atPublish(): Promise<{
  app: App;
  number: SectorNumber;
  run: () => ReturnType<typeof publishDeals>;
}> {
  const app = await testApp();
  const { sectors } = await pledge(app, {
    count: 1,
    data: { kind: "zeros" },
    deal: "self",
    maxSealing: null,
  });
  const [number] = sectors;
  if (number === undefined) throw new Error("no sector was pledged");
  await driveTo(app, number, "Incoming", "PublishDeals");
  const devnet = await app.devnet();
  const chain: Chain = new Proxy(devnet, {
    get(target, name) {
      if (name === "dealCollateral") return async () => COLLATERAL;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const outbox = createOutbox(app.store, app.now);
  const run = async (): ReturnType<typeof publishDeals> => {
    const sector = (await getSector(app.store, number)) as At<"PublishDeals">;
    return publishDeals(sector, { chain, outbox, settings: { messageConfidence: 1 } }, { attempt: 1 });
  };
  return { app, number, run };
}

it("brings what is missing to the market, once, and waits for it before it publishes", async () => {
  const { app, run } = await atPublish();
  const devnet = await app.devnet();
  const waiting = await run();
  expect(waiting).toMatchObject({
    wait: { condition: { for: "message" }, reason: expect.stringMatching(/^the market balance message/) },
  });
  expect(await run()).toEqual(waiting); // A crash before it was noted: the same message.
  await devnet.advance(3);
  expect(await run()).toMatchObject({ event: { kind: "SectorDealsPublished" } });
  await devnet.advance(3);
  expect(await devnet.balances()).toMatchObject({ marketEscrow: COLLATERAL, marketLocked: COLLATERAL });
});

it("takes what is in the market already, and adds only the rest", async () => {
  const { app, run } = await atPublish();
  const devnet = await app.devnet();
  const { address } = await devnet.miner();
  await devnet.push({
    uuid: randomUUID(),
    to: ACTOR.market.toString("t"),
    method: METHOD.market.AddBalance,
    params: addBalanceParams.encode(parseAddress(address)),
    value: attoFil(2_000n),
  });
  await devnet.advance(3);
  expect(await run()).toHaveProperty("wait");
  await devnet.advance(3);
  expect(await devnet.marketAvailable()).toBe(COLLATERAL);
  expect(await run()).toMatchObject({ event: { kind: "SectorDealsPublished" } });
});
