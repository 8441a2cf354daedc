import { parameterStatus } from "../../../app/parameters.ts";
import type { SectorSizeName } from "../../../units.ts";
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
  context.output.data(rows, (paint) => renderParameters(rows, paint));
}
