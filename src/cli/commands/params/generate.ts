import { generateParameters } from "../../../app/parameters.ts";
import { formatDuration, type SectorSizeName } from "../../../units.ts";
import type { Context } from "../../context.ts";
import { startSpinner } from "../../spinner.ts";

interface Input {
  readonly size: SectorSizeName;
  readonly seed: string;
}

/** The generator says nothing while it works: only the elapsed time is shown. */
export async function generate(context: Context, { size, seed }: Input): Promise<void> {
  const { output } = context;
  output.notice(
    `making ${size} parameters from seed "${seed}", unless they are here (2KiB: 9 to 16 minutes on two cores, 5.2 GB)`,
  );
  const started = Date.now();
  const spinner = await startSpinner(output, () => `generating  ${formatDuration(Date.now() - started)}`);
  try {
    const made = await generateParameters({
      sectorSize: size,
      seed,
      env: context.env,
      log: context.log,
      signal: context.stopSignal(),
    });
    output.data(made, () =>
      made.made ? `Made in ${formatDuration(made.ms)}: ${made.dir}` : `Already there: ${made.dir}`,
    );
  } finally {
    spinner.stop();
  }
}
