import { expect, it } from "vitest";
import { renderParameters } from "../../../src/cli/commands/params/table.ts";
import { PLAIN } from "../../../src/cli/output.ts";

const row = {
  sectorSize: 2048,
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
    "Sector  Origin         State    Bytes  Path              
    2 KiB   trusted        missing         /params/a.params  
    2 KiB   generated (s)  ok       4708   /cache/a.params   
    8 MiB   trusted        damaged  1      /params/a.params  "
  `);
});
