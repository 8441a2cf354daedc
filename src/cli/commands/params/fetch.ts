import { fetchParameters } from "../../../app/parameters.ts";
import { formatBytes, type SectorSizeName } from "../../../units.ts";
import type { Context } from "../../context.ts";
import { startSpinner } from "../../spinner.ts";
import { createFetchView } from "./fetchView.ts";

interface Input {
  readonly size: SectorSizeName | null;
  readonly from: string | null;
}

/** A live line on a terminal; elsewhere a line on stderr every few seconds, JSON with `--json`. */
export async function fetch(context: Context, { size, from }: Input): Promise<void> {
  const { output } = context;
  const config = await context.config();
  const view = createFetchView();
  const spinner = await startSpinner(output, () => view.line(Date.now()));
  try {
    const files = await fetchParameters({
      sectorSize: size ?? config.sealing.sectorSize,
      from,
      env: context.env,
      config,
      signal: context.stopSignal(),
      onProgress: (progress) => {
        const isDue = view.take(progress, Date.now());
        if (!isDue || output.terminal) return;
        output.line(output.json ? JSON.stringify({ progress }) : view.line(Date.now()));
      },
    });
    output.data(files, () =>
      files
        .map(
          ({ path, bytes, fetched }) =>
            `${fetched ? "Fetched" : "There already"}: ${path} (${formatBytes(bytes)})`,
        )
        .join("\n"),
    );
  } finally {
    spinner.stop();
  }
}
