import { expect, it } from "vitest";
import { renderParameters } from "../../../src/cli/commands/params/table.ts";
import { createFetchView } from "../../../src/cli/commands/params/fetchView.ts";
import { createGenerationView } from "../../../src/cli/commands/params/generationView.ts";
import { PLAIN } from "../../../src/cli/output.ts";

const row = {
  sectorSize: 2048,
  circuit: "porep",
  file: "a.params",
  origin: "trusted",
  state: "missing",
  bytes: null,
  path: "/params/a.params",
  digest: null,
  seed: null,
} as const;

it("shows what is there, and what is missing for the size in use only", () => {
  const generated = {
    ...row,
    circuit: "window-post",
    origin: "generated",
    state: "ok",
    bytes: 4708,
    path: "/cache/a.params",
    seed: "s",
  } as const;
  const rows = [
    row,
    generated,
    { ...row, sectorSize: 8_388_608 },
    { ...row, sectorSize: 8_388_608, state: "damaged", bytes: 1 } as const,
  ];
  expect(renderParameters(rows, "2KiB", PLAIN)).toMatchInlineSnapshot(`
    "Sector  Circuit      Origin         State    Bytes  Path              
    2 KiB   porep        trusted        missing         /params/a.params  
    2 KiB   window-post  generated (s)  ok       4708   /cache/a.params   
    8 MiB   porep        trusted        damaged  1      /params/a.params  "
  `);
});

const points = (done: number, total: number) => ({ done, total, unit: "points" }) as const;

it("tells the time that is left from what this run has made", () => {
  const view = createGenerationView(0);
  expect(view.line(500)).toBe("running the circuit  500ms");
  view.take(points(0, 0), 1000);
  view.take(points(4000, 10_000), 2000); // An earlier run made these.
  expect(view.line(2000)).toBe("4000 of 10000 points, 40 %  2.0s");
  const { state } = view.take(points(5000, 10_000), 5000);
  expect(state).toEqual({ done: 5000, total: 10_000, elapsedMs: 5000, remainingMs: 15_000 });
  expect(view.line(5000)).toBe("5000 of 10000 points, 50 %  5.0s, about 15s left");
  expect(view.take(points(10_000, 10_000), 20_000).state.remainingMs).toBe(0);
});

it("has nothing left when the end is the first that it hears of", () => {
  const { state, isDue } = createGenerationView(0).take(points(9000, 9000), 281);
  expect({ ...state, isDue }).toEqual({
    done: 9000,
    total: 9000,
    elapsedMs: 281,
    remainingMs: 0,
    isDue: true,
  });
});

it("is worth a line every five seconds, and at the end", () => {
  const view = createGenerationView(0);
  const due = [0, 100, 4900, 5000, 6000].map((now) => view.take(points(now, 9000), now).isDue);
  expect(due).toEqual([true, false, false, true, false]);
  expect(view.take(points(9000, 9000), 6100).isDue).toBe(true);
});

it("tells what is fetched, and the time that is left at this connection's rate", () => {
  const view = createFetchView();
  expect(view.line(0)).toBe("looking for parameters");
  const fetching = { file: "a.params", phase: "download", total: 1_048_576 } as const;
  expect(view.take({ ...fetching, done: 524_288 }, 1000)).toBe(true); // An earlier run fetched the rest.
  expect(view.line(1000)).toBe("fetching a.params  512 KiB of 1 MiB, 50 %");
  expect(view.take({ ...fetching, done: 786_432 }, 3000)).toBe(false);
  expect(view.line(3000)).toBe("fetching a.params  768 KiB of 1 MiB, 75 %, about 2.0s left");
  expect(view.take({ ...fetching, done: 1_048_576 }, 6000)).toBe(true);
  expect(view.take({ ...fetching, phase: "check", done: 0 }, 6001)).toBe(true);
  expect(view.line(6001)).toBe("checking a.params  0 B of 1 MiB, 0 %");
  view.take({ file: "b.vk", phase: "download", done: 1024, total: null }, 7000);
  expect(view.line(9000)).toBe("fetching b.vk  1 KiB");
});
