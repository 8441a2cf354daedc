import { type ParameterFileRow, verifyParameters } from "../../../app/parameters.ts";
import { PadmaError } from "../../../errors.ts";
import { formatBytes, type SectorSizeName } from "../../../units.ts";
import type { Context } from "../../context.ts";
import { startSpinner } from "../../spinner.ts";
import { renderParameters } from "./table.ts";

/** Without a size, sets of which nothing is there do not count; with one, it must be whole. */
export async function verify(
  context: Context,
  { size }: { readonly size: SectorSizeName | null },
): Promise<void> {
  const config = await context.config();
  let reading = "looking for parameters";
  const spinner = await startSpinner(context.output, () => reading);
  let rows: readonly ParameterFileRow[];
  try {
    rows = await verifyParameters({
      ...(size === null ? {} : { sectorSize: size }),
      seed: config.parameters.seed,
      env: context.env,
      config,
      onHashed: (path, bytes, total) => (reading = `${path}  ${formatBytes(bytes)} of ${formatBytes(total)}`),
    });
  } finally {
    spinner.stop();
  }
  context.output.data(rows, (paint) => renderParameters(rows, size ?? config.sealing.sectorSize, paint));
  refuseUnusable(rows, size);
}

function refuseUnusable(rows: readonly ParameterFileRow[], size: SectorSizeName | null): void {
  const damaged = rows.filter(({ state }) => state === "damaged");
  if (damaged.length > 0) {
    throw new PadmaError({
      code: "PARAMS_DAMAGED",
      message: "parameters are damaged",
      facts: Object.fromEntries(damaged.map(({ path, digest }) => [path, `digest ${digest ?? "unknown"}`])),
      next: "remove these files and fetch or generate them again",
    });
  }
  const isWhole = (set: readonly ParameterFileRow[]): boolean =>
    set.length > 0 && set.every(({ state }) => state === "ok");
  const forSealing = rows.filter(({ circuit }) => circuit === "porep");
  if (size === null || [...Map.groupBy(forSealing, ({ origin }) => origin).values()].some(isWhole)) return;
  throw new PadmaError({
    code: "PARAMS_MISSING",
    message: `there are no whole parameters for ${size} sectors`,
    next: `padma params generate --size ${size} (devnet), or point FIL_PROOFS_PARAMETER_CACHE to the network's`,
  });
}
