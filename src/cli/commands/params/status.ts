import { type ParameterFileRow, parameterStatus } from "../../../app/parameters.ts";
import { SECTOR_SIZES, type SectorSizeName } from "../../../units.ts";
import type { Context } from "../../context.ts";
import { renderParameters } from "./table.ts";

/** Looks only; `params verify` reads the files. */
export async function status(
  context: Context,
  { size }: { readonly size: SectorSizeName | null },
): Promise<void> {
  const config = await context.config();
  const sizes = size === null ? {} : { sectorSize: size };
  const rows = await parameterStatus({ ...sizes, seed: config.parameters.seed, env: context.env, config });
  const wanted = size ?? config.sealing.sectorSize;
  context.output.data(rows, (paint) => renderParameters(rows, wanted, paint));
  if (!hasSet(rows, wanted)) {
    context.output.notice(
      `none for ${wanted} sectors yet: \`padma params generate --size ${wanted}\` makes a set for a devnet`,
    );
  }
}

/** A set for seal proofs is there when none of its files is missing. */
function hasSet(rows: readonly ParameterFileRow[], wanted: SectorSizeName): boolean {
  const ofSize = rows.filter(
    ({ circuit, sectorSize }) => circuit === "porep" && sectorSize === SECTOR_SIZES[wanted],
  );
  const sets = Map.groupBy(ofSize, ({ origin }) => origin).values();
  return [...sets].some((set) => set.every(({ state }) => state !== "missing"));
}
