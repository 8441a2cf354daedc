import { join } from "node:path";
import { initRepo } from "../../src/app/init.ts";
import { plan } from "../../src/sealing/plan.ts";
import type { Sector } from "../../src/sealing/sector.ts";
import { openStore, type Store } from "../../src/store/open.ts";
import { planTask } from "../../src/store/planTask.ts";
import { toRow } from "../../src/store/sectorRow.ts";
import { millis, sectorNumber } from "../../src/units.ts";
import { complete, POSITIONS, sectorAt } from "../helpers/sectors.ts";
import { inTempFolder, type Figure, median, timePadma } from "./measure.ts";

const COUNT = 10_000;
/** As many log entries as a sector has that went straight to Proving. */
const EVENTS = 16;

/** `sectors list` as a whole process, with 10,000 sectors in every state. */
export function sectorsList(): Promise<readonly Figure[]> {
  return inTempFolder(async (folder) => {
    const path = join(folder, "repo");
    await initRepo({ path, sectorSize: "2KiB", instant: true, env: process.env });
    const store = await openStore(join(path, "padma.db"));
    await fill(store);
    await store.close();
    const runs: number[] = [];
    for (let i = 0; i < 7; i += 1) runs.push((await timePadma(path, "sectors", "list")).ms);
    return [
      { what: "sectors list, 10,000 sectors (median of 7)", value: median(runs), unit: "ms", limit: 300 },
    ];
  });
}

async function fill(store: Store): Promise<void> {
  await store.write(async (tx) => {
    for (let i = 0; i < COUNT; i += 1) {
      const sector = sectorOf(i);
      await tx
        .insertInto("sectors")
        .values({ ...toRow(sector, sector.createdAt), rest_reason: null })
        .execute();
      await tx.insertInto("events").values(eventsOf(i)).execute();
      await planTask(tx, sector, plan(sector, { baseMs: 1000, maxMs: 1000 }), sector.createdAt);
    }
  });
}

function sectorOf(i: number): Sector {
  const { state, step } = POSITIONS[i % POSITIONS.length] ?? { state: "Proving", step: null };
  return { ...sectorAt(state, step), number: sectorNumber(i), version: EVENTS - 1 };
}

const eventsOf = (sector: number) =>
  Array.from({ length: EVENTS }, (_, seq) => ({
    sector,
    seq,
    at: millis(complete.createdAt + seq * 1000),
    kind: seq === EVENTS - 1 ? "SectorProving" : "SectorTicket",
    step: null,
    payload: JSON.stringify({ ticket: complete.ticket }),
    duration_ms: 1,
  }));
