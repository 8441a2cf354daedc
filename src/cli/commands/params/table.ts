import type { ParameterFileRow } from "../../../app/parameters.ts";
import { formatBytes } from "../../../units.ts";
import type { Paint, Palette } from "../../output.ts";
import { type Column, table } from "../../table.ts";

export function renderParameters(rows: readonly ParameterFileRow[], paint: Palette): string {
  return table(columns(paint), rows);
}

function columns(paint: Palette): readonly Column<ParameterFileRow>[] {
  return [
    { name: "Sector", cell: ({ sectorSize }) => formatBytes(sectorSize) },
    { name: "Origin", cell: ({ origin, seed }) => (seed === null ? origin : `${origin} (${seed})`) },
    { name: "State", cell: ({ state }) => ({ text: state, paint: statePaint(state, paint) }) },
    { name: "Bytes", cell: ({ bytes }) => (bytes === null ? "" : String(bytes)) },
    { name: "Path", cell: ({ path }) => path },
  ];
}

function statePaint(state: ParameterFileRow["state"], { green, yellow, red }: Palette): Paint {
  if (state === "ok") return green;
  return state === "damaged" ? red : yellow;
}
