/** What a reorg does to a sector at each of its steps, however the chain is reached. */
import { describe, expect, it } from "vitest";
import { drive } from "../../src/app/drive.ts";
import type { App, Proofs } from "../../src/app/open.ts";
import { pledge } from "../../src/app/pledge.ts";
import { why } from "../../src/app/why.ts";
import type { EmbeddedChain, Fault } from "../../src/chain/chain.ts";
import type { EventKind } from "../../src/sealing/events.ts";
import type { Sector, State, Step } from "../../src/sealing/sector.ts";
import { getSector } from "../../src/store/getSector.ts";
import { sectorEvents } from "../../src/store/sectorEvents.ts";
import { type Epoch, epoch, type SectorNumber } from "../../src/units.ts";
import { driveTo, driveToEnd } from "../helpers/repo.ts";
import { standInProofs } from "../helpers/standInProofs.ts";

export interface AppUnderTest {
  readonly app: App;
  /** The chain itself, whichever way the app reaches it. */
  readonly devnet: Pick<
    EmbeddedChain,
    "reorg" | "addFault" | "advance" | "head" | "tipsetAt" | "lookup" | "sector" | "deals"
  >;
}

type Make = (proofs?: Proofs) => Promise<AppUnderTest>;

/** A chain by the clock, reached through a node, takes its time on a busy machine. */
const PATIENCE_MS = 3 * 60_000;

/** Runs the suite; `make` gives each test a repo without sectors on an instant devnet. */
export function describeReverts(name: string, make: Make): void {
  describe(`${name}: a reorg while nobody drives`, { timeout: PATIENCE_MS }, () => {
    describeAtRest(make);
  });
  describe(`${name}: a reorg while a proof runs`, { timeout: PATIENCE_MS }, () => {
    describeRunning(make);
  });
  describe(`${name}: bad weather`, { timeout: PATIENCE_MS }, () => {
    describeWeather(make);
  });
}

function describeAtRest(make: Make): void {
  it("that takes the publish message away: the deals are waited for again", async () => {
    const at = await sectorAt(make, "Incoming", "AddPiece", "self");
    await at.loseEpoch((await at.landing("publish")).epoch);
    const { deals, dealIds } = await at.end();
    expect(at.reverts()).toEqual(["SectorDealsReverted"]);
    expect(dealIds.every((id) => deals.get(id)?.active)).toBe(true);
    expect(await at.messages("PublishDeals")).toBe(1);
  });

  it("that takes a precommit away which did not count yet: it is only waited for longer", async () => {
    const at = await sectorAt(make, "PreCommitted", "AwaitPreCommit");
    await at.devnet.advance(2);
    await at.loseEpoch((await at.landing("preCommit")).epoch);
    await at.end();
    expect(at.reverts()).toEqual([]);
    expect(await at.messages("PreCommit")).toBe(1);
  });

  it("that takes the precommit away before its seed: back to the message, and to a later seed", async () => {
    const at = await sectorAt(make, "PreCommitted", "AwaitSeed");
    const { epoch: first } = await at.landing("preCommit");
    await at.loseEpoch(first);
    expect((await at.step()).step).toBe("AwaitPreCommit");
    expect((await why(at.app, at.number)).reason).toMatch(
      `a reorg deeper than the confidence took the precommit of epoch ${first} away`,
    );
    const { sector } = await at.end();
    expect(at.reverts()).toEqual(["SectorPreCommitReverted"]);
    expect(sector.preCommitLanded?.epoch).toBeGreaterThan(first);
    expect(sector.reverted).toBeUndefined();
    expect((await why(at.app, at.number)).reason).not.toMatch("reorg");
    expect(await at.messages("PreCommit")).toBe(1);
  });

  it("that takes the seed's epoch away: the seed is drawn again, and is the same", async () => {
    const at = await sectorAt(make, "Committing", "C1");
    const { seed } = await at.sector();
    await at.loseEpoch(seed?.epoch ?? 0);
    const { sector } = await at.end();
    expect(at.reverts()).toEqual(["SectorSeedReverted"]);
    expect(sector.seed).toEqual(seed);
    expect(await at.messages("PreCommit")).toBe(1);
  });

  it("that takes the seed's epoch away after the proof: it is not made a second time", async () => {
    const at = await sectorAt(make, "Committing", "SendCommit");
    const { seed, proof } = await at.sector();
    await at.loseEpoch(seed?.epoch ?? 0);
    const { sector } = await at.end();
    expect(at.reverts()).toEqual(["SectorSeedReverted"]);
    expect(sector.proof).toBe(proof);
  });

  it("that takes precommit and commit away: another seed, another proof, another commit", async () => {
    const at = await sectorAt(make, "CommitWait", "AwaitCommit");
    const before = await at.sector();
    await at.devnet.advance(2);
    await at.loseEpoch((await at.landing("preCommit")).epoch);
    const { sector } = await at.end();
    expect(at.reverts()).toEqual(["SectorPreCommitReverted"]);
    expect(sector.seed?.epoch).toBeGreaterThan(before.seed?.epoch ?? 0);
    expect(sector.commit).not.toBe(before.commit);
    expect(await at.messages("PreCommit")).toBe(1);
    expect(await at.messages("Commit")).toBe(2);
  });

  it("that takes a commit away which did not count yet: it is only waited for longer", async () => {
    const at = await sectorAt(make, "CommitWait", "AwaitCommit");
    const { commit } = await at.sector();
    await at.devnet.advance(1);
    await at.loseTipsets(1);
    const { sector } = await at.end();
    expect(at.reverts()).toEqual([]);
    expect(sector.commit).toBe(commit);
    expect(await at.messages("Commit")).toBe(1);
  });

  it("that takes the commit of a proving sector away: it proves again when the same message has landed", async () => {
    const at = await sectorAt(make, "Proving", "Finalize");
    const before = await at.sector();
    await at.loseEpoch((await at.landing("commit")).epoch);
    expect(await at.devnet.sector(at.number)).toBeNull();
    const { sector } = await at.end();
    expect(at.reverts()).toEqual(["SectorCommitReverted"]);
    expect(sector.commit).toBe(before.commit);
    expect(sector.activation).toBeGreaterThan(before.activation ?? 0);
    expect(await at.messages("Commit")).toBe(1);
  });

  it("is dealt with again when there is another one before the sector stands", async () => {
    const at = await sectorAt(make, "PreCommitted", "AwaitSeed");
    for (let i = 0; i < 3; i += 1) {
      await at.loseEpoch((await at.landing("preCommit")).epoch);
      expect((await at.step()).step).toBe("AwaitPreCommit");
      await driveTo(at.app, at.number, "PreCommitted", "AwaitSeed");
    }
    await at.end();
    expect(at.reverts()).toEqual(Array.from({ length: 3 }, () => "SectorPreCommitReverted"));
    expect(await at.messages("PreCommit")).toBe(1);
  });

  it("above everything that counts moves nothing", async () => {
    const at = await sectorAt(make, "Committing", "C2");
    await at.devnet.advance(3);
    await at.loseTipsets(1);
    await at.end();
    expect(at.reverts()).toEqual([]);
  });
}

function describeRunning(make: Make): void {
  it("cancels C2, whose precommit is gone, and proves for the seed that comes then", async () => {
    const seeds: string[] = [];
    let reorg = async (): Promise<void> => {};
    const at = await sectorAt(() => make(heldOnce(seeds, () => reorg())), "Committing", "C2");
    const { epoch: landed } = await at.landing("preCommit");
    reorg = () => at.loseEpoch(landed);
    const { sector } = await at.end();
    expect(at.reverts()).toEqual(["SectorPreCommitReverted"]);
    expect(seeds).toHaveLength(2);
    expect(seeds[1]).not.toBe(seeds[0]);
    expect(sector.seed?.value).toBe(seeds[1]);
    expect(sector.attempts).toEqual({});
  });
}

/** Reorgs down to the first message, for a chain whose clock stands while a test works: on others it may be final. */
export function describeDeepReverts(name: string, make: Make): void {
  describe(`${name}: a deep reorg`, { timeout: PATIENCE_MS }, () => {
    describeDeep(make);
  });
}

function describeDeep(make: Make): void {
  it("that takes everything away, down to the publish message, ends in Proving again", async () => {
    const at = await sectorAt(make, "Proving", "Finalize", "self");
    await at.loseEpoch(1);
    await at.end();
    expect(at.reverts()).toEqual(["SectorPreCommitReverted"]);
    expect(await at.messages("PreCommit")).toBe(1);
  });

  it("deals that a reorg renumbers are proven under their new ids", async () => {
    const other = await sectorAt(make, "Incoming", "AddPiece", "self");
    const at = await sectorAt(async () => other, "Committing", "SendCommit", "self");
    const before = (await at.sector()).pieces.map(({ dealId }) => dealId ?? 0);
    // The other sector's, which was first: those after it move up.
    await at.devnet.addFault({ kind: "fail", exitCode: 16, message: "publish", sector: null, count: 1 });
    await at.loseEpoch(1);
    const { deals, dealIds } = await at.end();
    expect(at.events()).toContain("SectorDealsRenumbered");
    expect(dealIds).toEqual(before.map((id) => id - 1));
    expect(dealIds.every((id) => deals.get(id)?.active)).toBe(true);
    const lost = await driveToEnd(other.app, other.number);
    expect(lost).toMatchObject({ state: "Proving", expiredDeals: [0] });
  });
}

const PLACES = [
  ["publish", "Incoming", "AwaitDeals", "self"],
  ["precommit", "PreCommitted", "AwaitPreCommit", "none"],
  ["commit", "CommitWait", "AwaitCommit", "none"],
] as const;

function describeWeather(make: Make): void {
  it.each(PLACES)("a %s message that the pool loses is pushed again, and is the same", async (...place) => {
    const [message, state, step, deal] = place;
    const drop = { kind: "drop", message, sector: null, count: 2 } as const; // what was lost once may be lost again
    const at = await sectorAt(make, state, step, deal, [drop]);
    await at.end();
    expect(await at.messages(KIND[message])).toBe(1);
  });

  it.each(PLACES)("a %s message that is replaced is found", async (...place) => {
    const [message, state, step, deal] = place;
    const at = await sectorAt(make, state, step, deal, [
      { kind: "replace", message, sector: null, count: 1 },
    ]);
    await at.end();
    expect(await at.messages(KIND[message])).toBe(1);
  });

  it.each(PLACES.flatMap((place) => [6, 7, 16, 20].map((code) => [code, ...place] as const)))(
    "exit code %i of a %s message: another one is sent",
    async (exitCode, message, state, step, deal) => {
      const at = await sectorAt(make, state, step, deal, [
        { kind: "fail", exitCode, message, sector: null, count: 1 },
      ]);
      const { sector } = await at.end({ failed: true });
      expect(sector.failure).toBeUndefined();
      expect(await at.messages(KIND[message])).toBe(2);
    },
  );

  it("null rounds and a high base fee only take longer", async () => {
    const at = await sectorAt(make, "PreCommitted", "AwaitPreCommit", "none", [
      { kind: "base-fee", times: 1000, epochs: 30 },
      { kind: "null-rounds", epochs: 12 },
    ]);
    await at.end();
    expect(await at.messages("PreCommit")).toBe(1);
  });

  it("the precommit that a reorg takes away is lost from the pool: it is pushed again, and is the same", async () => {
    const at = await sectorAt(make, "Committing", "C2");
    const { preCommit } = await at.sector();
    await at.devnet.addFault({ kind: "drop", message: "precommit", sector: null, count: 1 });
    await at.loseEpoch((await at.landing("preCommit")).epoch);
    const { sector } = await at.end();
    expect(sector.preCommit).toBe(preCommit);
    expect(await at.messages("PreCommit")).toBe(1);
  });
}

const KIND = { publish: "PublishDeals", precommit: "PreCommit", commit: "Commit" } as const;

/** The first C2 never ends by itself: it is cancelled, or the test runs into its timeout. */
function heldOnce(seeds: string[], meanwhile: () => Promise<void>): Proofs {
  return {
    ...standInProofs,
    prover: async (app) => {
      const prover = await standInProofs.prover(app);
      return {
        ...prover,
        c2: async (input, run) => {
          seeds.push(input.seed);
          if (seeds.length > 1) return prover.c2(input, run);
          await meanwhile();
          return new Promise((_, reject) =>
            run?.signal.addEventListener("abort", () => reject(run.signal.reason)),
          );
        },
      };
    },
  };
}

const MESSAGE = { publish: "publish", preCommit: "preCommit", commit: "commit" } as const;

/** A sector that stands at a step, before it runs, and what a test asks about it. */
async function sectorAt(
  make: Make,
  state: State,
  step: Step,
  deal: "self" | "none" = "none",
  faults: readonly Fault[] = [],
) {
  const { app, devnet } = await make();
  for (const fault of faults) await devnet.addFault(fault);
  const data = deal === "self" ? { kind: "random" as const } : { kind: "zeros" as const };
  const [number] = (await pledge(app, { count: 1, data, deal, maxSealing: null })).sectors;
  if (number === undefined) throw new Error("no sector was pledged");
  await driveTo(app, number, state, step);
  const sector = () => getSector(app.store, number);
  let log: EventKind[] = [];
  return {
    app,
    devnet,
    number,
    sector,
    landing: async (what: keyof typeof MESSAGE) => {
      const cid = (await sector())[MESSAGE[what]] ?? "";
      const landed = (await devnet.lookup([cid])).get(cid);
      if (landed === undefined) throw new Error(`the ${what} message has not landed`);
      return landed;
    },
    loseTipsets: async (depth: number) => void (await devnet.reorg(depth)),
    /** Takes away the tipset of an epoch, and all above it. */
    loseEpoch: (at: number) => loseEpoch(devnet, epoch(at)),
    /** Drives until the sector has moved once. */
    step: () => driveOneMove(app, number),
    end: async ({ failed = false } = {}) => {
      const end = await driveToEnd(app, number);
      log = (await sectorEvents(app.store, number)).map(({ kind }) => kind as EventKind);
      expect(end.state).toBe("Proving");
      expect(Object.keys(end.attempts).length > 0).toBe(failed);
      expect(await devnet.sector(number)).toMatchObject({ activation: end.activation });
      const dealIds = end.pieces.flatMap(({ dealId }) => dealId ?? []);
      return { sector: end, dealIds, deals: await devnet.deals(dealIds) };
    },
    events: () => log,
    reverts: () => log.filter((kind) => kind.endsWith("Reverted")),
    /** How many messages of a kind were decided on. */
    messages: async (kind: string): Promise<number> => {
      const rows = await app.store.db
        .selectFrom("messages")
        .select("uuid")
        .where("kind", "=", kind)
        .execute();
      return rows.length;
    },
  };
}

/** A devnet that is served goes on between the count and the reorg, which then does not reach far enough. */
async function loseEpoch(devnet: AppUnderTest["devnet"], at: Epoch): Promise<void> {
  const keyAt = async (): Promise<string | undefined> => (await devnet.tipsetAt(at))?.key.join();
  const before = await keyAt();
  let left = true;
  while (left) {
    await devnet.reorg(await tipsetsFrom(devnet, at));
    left = before !== undefined && (await keyAt()) === before;
  }
}

async function tipsetsFrom(devnet: AppUnderTest["devnet"], from: number): Promise<number> {
  let count = 0;
  let tipset = await devnet.tipsetAt((await devnet.head()).epoch);
  while (tipset !== null && tipset.epoch >= from) {
    count += 1;
    tipset = await devnet.tipsetAt(epoch(tipset.epoch - 1));
  }
  return count;
}

async function driveOneMove(app: App, number: SectorNumber): Promise<Sector> {
  const stop = new AbortController();
  const events = { onMove: () => stop.abort(), onRevert: () => stop.abort() };
  await drive(app, { until: { sectors: [number] }, signal: stop.signal, events });
  return getSector(app.store, number);
}
