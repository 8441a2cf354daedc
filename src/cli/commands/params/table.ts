import type { ParameterFileRow } from "../../../app/parameters.ts";
import { formatBytes, SECTOR_SIZES, type SectorSizeName } from "../../../units.ts";
import type { Paint, Palette } from "../../output.ts";
import { type Column, table } from "../../table.ts";

/** What is there, and what is missing for the size in use; of other sizes nothing is expected. */
export function renderParameters(
  rows: readonly ParameterFileRow[],
  wanted: SectorSizeName,
  paint: Palette,
): string {
  const shown = rows.filter(
    ({ state, sectorSize }) => state !== "missing" || sectorSize === SECTOR_SIZES[wanted],
  );
  return table(columns(paint), shown);
}

function columns(paint: Palette): readonly Column<ParameterFileRow>[] {
  return [
    { name: "Sector", cell: ({ sectorSize }) => formatBytes(sectorSize) },
    { name: "Circuit", cell: ({ circuit }) => circuit },
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
