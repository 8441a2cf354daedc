/** A sector seals through a node that the network takes away again and again: nothing is sent twice, nothing is lost. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { drive } from "../../src/app/drive.ts";
import { pledge } from "../../src/app/pledge.ts";
import { why } from "../../src/app/why.ts";
import { getSector } from "../../src/store/getSector.ts";
import type { SectorNumber } from "../../src/units.ts";
import { lotusRepo, type ServedDevnet, serveDevnet } from "../helpers/lotusRepo.ts";
import { type Proxy, startProxy } from "../helpers/proxy.ts";
import type { BadAnswer } from "../helpers/proxyProcess.ts";
import { driveTo } from "../helpers/repo.ts";

let proxy: Proxy;
beforeAll(async () => {
  proxy = await startProxy();
});
afterAll(() => proxy.close());

/** More than any step asks in one go, and a prime: each of them is hit, and gets through in the end. */
const EVERY = 61;

const BAD_ANSWERS: readonly BadAnswer[] = [
  { kind: "lostAnswers" },
  { kind: "cut", afterBytes: 150 },
  { kind: "instead", bytes: "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n" },
];

/** A repo that reaches the devnet through the proxy, and one sector in it. Only the worker pays, so that its messages are all. */
async function pledged(served: ServedDevnet) {
  await proxy.leadTo(served.port);
  const apiInfo = served.apiInfo.replace(`/tcp/${served.port}/`, `/tcp/${proxy.port}/`);
  const env = { PADMA_ADDRESSES_DISABLE_OWNER_FALLBACK: "true" };
  const app = await lotusRepo({ apiInfo }, { env });
  const { sectors } = await pledge(app, { count: 1, data: null, deal: null, maxSealing: null });
  const [number] = sectors;
  if (number === undefined) throw new Error("nothing was pledged");
  return { app, number };
}

/** How many messages of the worker the chain has executed. */
async function executed(served: ServedDevnet): Promise<number> {
  const { worker } = await served.chain.miner();
  return ((await served.call("StateGetActor", worker, [])) as { Nonce: number }).Nonce;
}

it.each(BAD_ANSWERS)("$kind for every so many-th answer: each message goes out once", async (bad) => {
  const served = await serveDevnet();
  const before = await executed(served);
  const { app, number } = await pledged(served);
  await proxy.weather({ kind: "mostly", every: EVERY, bad });
  await drive(app, { until: { sectors: [number] }, signal: AbortSignal.timeout(300_000) });
  const { state, attempts } = await getSector(app.store, number);
  expect([state, attempts]).toEqual(["Proving", {}]);
  expect((await executed(served)) - before).toBe(2);
});

it("a node that is gone is the stored reason of every step that needs it", async () => {
  const served = await serveDevnet();
  const { app, number } = await pledged(served);
  for (const [state, step] of [
    ["Unsealed", "Ticket"],
    ["PreCommitting", "SendPreCommit"],
    ["Committing", "SendCommit"],
  ] as const) {
    await driveTo(app, number, state, step);
    await proxy.weather({ kind: "down" });
    expect(await reasonFor(app, number)).toMatch(`${step} could not run: the node does not answer`);
    await proxy.weather({ kind: "clear" });
  }
  await drive(app, { until: { sectors: [number] }, signal: AbortSignal.timeout(60_000) });
  expect(await getSector(app.store, number)).toMatchObject({ state: "Proving", attempts: {} });
});

/** What `why` says after the next try of the sector's step. */
async function reasonFor(app: Awaited<ReturnType<typeof lotusRepo>>, number: SectorNumber): Promise<string> {
  const stop = new AbortController();
  await drive(app, { until: "stopped", signal: stop.signal, events: { onWait: () => stop.abort() } });
  return (await why(app, number)).reason ?? "";
}
