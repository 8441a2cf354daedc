import { generateParameters } from "../../../app/parameters.ts";
import { type Circuit, formatDuration, type SectorSizeName } from "../../../units.ts";
import type { Context } from "../../context.ts";
import { startSpinner } from "../../spinner.ts";
import { createGenerationView } from "./generationView.ts";

interface Input {
  readonly size: SectorSizeName;
  readonly circuit: Circuit;
  readonly seed: string;
}

/** A live line on a terminal; elsewhere a line on stderr every few seconds, JSON with `--json`. */
export async function generate(context: Context, { size, circuit, seed }: Input): Promise<void> {
  const { output } = context;
  output.notice(`making ${size} ${circuit} parameters from seed "${seed}", unless they are here`);
  const view = createGenerationView(Date.now());
  const spinner = await startSpinner(output, () => view.line(Date.now()));
  try {
    const made = await generateParameters({
      circuit,
      sectorSize: size,
      seed,
      env: context.env,
      log: context.log,
      signal: context.stopSignal(),
      onProgress: (progress) => {
        const seen = view.take(progress, Date.now());
        if (!seen.isDue || output.terminal) return;
        output.line(output.json ? JSON.stringify({ progress: seen.state }) : view.line(Date.now()));
      },
    });
    output.data(made, () =>
      made.made ? `Made in ${formatDuration(made.ms)}: ${made.dir}` : `Already there: ${made.dir}`,
    );
  } finally {
    spinner.stop();
  }
}
