import { describe, expect, it } from "vitest";
import { settleReverts } from "../../../src/app/reverts.ts";
import type { NetworkInfo, TipSet } from "../../../src/chain/chain.ts";
import { silentLog } from "../../../src/log.ts";
import { plan } from "../../../src/sealing/plan.ts";
import type { Sector } from "../../../src/sealing/sector.ts";
import { advanceSector } from "../../../src/store/advanceSector.ts";
import { highestTipset } from "../../../src/store/footings.ts";
import { getSector } from "../../../src/store/getSector.ts";
import type { Store } from "../../../src/store/open.ts";
import { RevertWatch } from "../../../src/tasks/revertWatch.ts";
import { epoch, millis, type SectorNumber } from "../../../src/units.ts";
import { PadmaError } from "../../../src/errors.ts";
import { sectorAt } from "../../helpers/sectors.ts";
import { pledge, T0 } from "../store/sectors.ts";
import { tempStore } from "../store/tempStore.ts";

const RETRY = { baseMs: 1, maxMs: 1 };
const FINALITY = 900;

/** A chain whose tipset at an epoch is `<fork><epoch>`; a reorg puts another letter on those from an epoch on. */
class ForkedChain {
  height = 100;
  asked = 0;
  #forks: { readonly from: number; readonly letter: string }[] = [{ from: 0, letter: "a" }];
  readonly network = { finality: FINALITY } as NetworkInfo;

  fork(from: number, letter: string): void {
    this.#forks = [...this.#forks.filter((one) => one.from < from), { from, letter }];
  }

  at(at: number): TipSet {
    const letter = this.#forks.findLast(({ from }) => from <= at)?.letter ?? "?";
    return { epoch: epoch(at), key: [`${letter}${at}`], timestampMs: millis(0) };
  }

  readonly head = async (): Promise<TipSet> => this.at(this.height);
  readonly tipsetAt = async (at: number): Promise<TipSet | null> => {
    this.asked += 1;
    return at > this.height ? null : this.at(at);
  };
}

async function bench(count: number) {
  const store = await tempStore();
  const chain = new ForkedChain();
  const sectors = await pledge(store, { count });
  const deps = { store, chain, knownHead: chain.head, retry: RETRY, now: () => T0, log: silentLog };
  return { store, chain, sectors, settle: () => settleReverts(deps) };
}

/** The sector waits for its seed, on a precommit in the chain's tipset at an epoch. */
async function stand(
  store: Store,
  chain: ForkedChain,
  { number, version }: Sector,
  at: number,
): Promise<void> {
  const waiting = sectorAt("PreCommitted", "AwaitSeed");
  const sector = { ...waiting, number, version: version + 1 } as Sector;
  const event = { kind: "SectorPreCommitLanded", epoch: epoch(at), tipset: chain.at(at).key } as const;
  const footing = { what: "preCommit", epoch: epoch(at), tipset: chain.at(at) } as const;
  await advanceSector(store, {
    task: null,
    event,
    durationMs: null,
    sector,
    plan: plan(sector, RETRY),
    now: T0,
    footing,
  });
}

const stepOf = async (store: Store, number: SectorNumber) => (await getSector(store, number)).step;

describe("settling reverts", () => {
  it("asks nothing while nobody stands on anything", async () => {
    const { chain, settle } = await bench(1);
    expect(await settle()).toBeNull();
    expect(chain.asked).toBe(0);
  });

  it("asks once a head, however many sectors there are", async () => {
    const { store, chain, sectors, settle } = await bench(40);
    for (const [i, sector] of sectors.entries()) await stand(store, chain, sector, 10 + i);
    expect(await settle()).toBe(0);
    expect(chain.asked).toBe(1);
  });

  it("moves those from the fork on and no others, and finds it in a few questions", async () => {
    const { store, chain, sectors, settle } = await bench(40);
    for (const [i, sector] of sectors.entries()) await stand(store, chain, sector, 10 + i);
    chain.fork(30, "b");
    expect(await settle()).toBe(20);
    expect(chain.asked).toBeLessThan(10);
    const steps = await Promise.all(sectors.map(({ number }) => stepOf(store, number)));
    expect(steps.indexOf("AwaitPreCommit")).toBe(20);
    expect(steps.filter((step) => step === "AwaitPreCommit")).toHaveLength(20);
    expect(await settle()).toBe(0);
    expect(await highestTipset(store)).toEqual({ epoch: 29, key: ["a29"] });
  });

  it("takes a node that is behind, or was restarted with an older head, for no reorg", async () => {
    const { store, chain, sectors, settle } = await bench(1);
    for (const sector of sectors) await stand(store, chain, sector, 90);
    chain.height = 40;
    expect(await settle()).toBe(0);
    chain.fork(50, "b");
    expect(await settle()).toBe(0);
    chain.height = 95;
    expect(await settle()).toBe(1);
  });

  it("takes a null round where a tipset was for a reorg", async () => {
    const { store, chain, sectors, settle } = await bench(1);
    for (const sector of sectors) await stand(store, chain, sector, 90);
    const { tipsetAt } = chain;
    Object.assign(chain, { tipsetAt: async (at: number) => tipsetAt(Math.min(at, 89)) });
    expect(await settle()).toBe(1);
  });

  it("forgets what is final", async () => {
    const { store, chain, sectors, settle } = await bench(1);
    for (const sector of sectors) await stand(store, chain, sector, 90);
    chain.height = 90 + FINALITY;
    expect(await settle()).toBe(0);
    expect(await highestTipset(store)).not.toBeNull();
    chain.height += 1;
    await settle();
    expect(await settle()).toBeNull();
  });

  it("leaves a sector alone that no longer stands on what is gone", async () => {
    const { store, chain, sectors, settle } = await bench(1);
    const [sector] = sectors;
    if (sector === undefined) throw new Error("no sector");
    await stand(store, chain, sector, 90);
    const removed = { ...sectorAt("Removed", null), number: sector.number, version: 2 } as Sector;
    const event = { kind: "SectorForceState", state: "Removed" } as const;
    const move = { task: null, event, durationMs: null, plan: plan(removed, RETRY), now: T0 };
    await advanceSector(store, { ...move, sector: removed });
    chain.fork(80, "b");
    expect(await settle()).toBeNull();
    expect(await highestTipset(store)).toBeNull();
    expect((await getSector(store, sector.number)).state).toBe("Removed");
  });
});

describe("RevertWatch", () => {
  it("looks once a block, and not at all while nothing is stood on, until the store has changed", async () => {
    let [looks, moved] = [0, null as number | null];
    const settle = async () => {
      looks += 1;
      return moved;
    };
    const watch = new RevertWatch({ settle, everyMs: 30_000, log: silentLog });
    const look = async (at: number, changed = false) => {
      await watch.look(millis(at), changed);
      return looks;
    };
    expect(await look(0)).toBe(1);
    expect(await look(60_000)).toBe(1);
    moved = 0;
    expect(await look(60_001, true)).toBe(2);
    expect(await look(90_000, true)).toBe(2);
    expect(await look(90_001)).toBe(3);
  });

  it("waits longer each time for a chain that cannot be reached, and passes on any other error", async () => {
    let error: unknown = new PadmaError({ code: "CHAIN_UNREACHABLE", kind: "busy", message: "no answer" });
    let looks = 0;
    const settle = async (): Promise<number> => {
      looks += 1;
      throw error;
    };
    const watch = new RevertWatch({ settle, everyMs: 1, log: silentLog });
    expect(await watch.look(millis(0), false)).toBe(0);
    await watch.look(millis(500), true);
    expect(looks).toBe(1);
    error = new Error("broken");
    await expect(watch.look(millis(60_000), false)).rejects.toThrow("broken");
  });
});
