import { describe, expect, it } from "vitest";
import { getSector } from "../../../src/store/getSector.ts";
import { selectSectors } from "../../../src/store/selectSectors.ts";
import { sectorNumber } from "../../../src/units.ts";
import { FAILED, move, pledge } from "./sectors.ts";
import { tempStore } from "./tempStore.ts";

describe("selectSectors", () => {
  it("reads the sectors asked for as getSector does, in the order asked for", async () => {
    const store = await tempStore();
    const [first] = await pledge(store, { count: 4 });
    if (first === undefined) throw new Error("no sector was made");
    await move(store, first, FAILED);
    const wanted = [3, 0].map(sectorNumber);
    const sectors = await selectSectors(store, wanted);
    expect(sectors).toStrictEqual(await Promise.all(wanted.map((number) => getSector(store, number))));
    expect(sectors[1]).toMatchObject({ state: "SealFailed" });
  });

  it("reads more sectors than one statement takes parameters", async () => {
    const store = await tempStore();
    await pledge(store, { count: 2 });
    const wanted = Array.from({ length: 33_000 }, (_, i) => sectorNumber(i % 2));
    expect(await selectSectors(store, wanted)).toHaveLength(33_000);
    expect(await selectSectors(store, [])).toEqual([]);
  });

  it("says which sector there is not", async () => {
    const store = await tempStore();
    await pledge(store);
    await expect(selectSectors(store, [0, 7].map(sectorNumber))).rejects.toMatchObject({
      code: "SECTOR_UNKNOWN",
      message: "there is no sector 7",
    });
  });
});
