import { type Commp, commpOfFile } from "../../../app/commp.ts";
import type { Progress } from "../../../proofs/prover.ts";
import { formatBytes, formatDuration } from "../../../units.ts";
import type { Context } from "../../context.ts";
import { startSpinner } from "../../spinner.ts";

export async function commp(context: Context, { file }: { readonly file: string }): Promise<void> {
  const started = Date.now();
  let progress: Progress | undefined;
  const spinner = await startSpinner(context.output, () => {
    const read =
      progress === undefined ? "" : `${formatBytes(progress.done)} of ${formatBytes(progress.total)}, `;
    return `CommP  ${read}${formatDuration(Date.now() - started)}`;
  });
  try {
    const found = await commpOfFile({
      path: context.path(file),
      env: context.env,
      log: context.log,
      signal: context.stopSignal(),
      onProgress: (now) => (progress = now),
    });
    context.output.data(found, () => renderCommp(found));
  } finally {
    spinner.stop();
  }
}

export function renderCommp({ commP, cid, paddedSize, payloadSize }: Commp): string {
  return [
    `CommP:\t\t${commP}`,
    `CID:\t\t${cid}`,
    `Piece size:\t${paddedSize} (${formatBytes(paddedSize)})`,
    `Payload size:\t${payloadSize}`,
  ].join("\n");
}
