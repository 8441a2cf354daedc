import { devnetStatus } from "../../../app/devnet.ts";
import type { Context } from "../../context.ts";
import { formatDuration } from "../../../units.ts";
import { isoSeconds } from "../../format.ts";

type Status = Awaited<ReturnType<typeof devnetStatus>>;

export async function status(context: Context): Promise<void> {
  const found = await context.withApp(devnetStatus);
  context.output.data(found, () => renderDevnet(found));
}

export function renderDevnet(found: Status): string {
  const { head, network } = found;
  return [
    `Network:\t${network.name}`,
    `Miner:\t\t${found.miner}`,
    `Head:\t\t${head.epoch} (${isoSeconds(head.timestampMs)} UTC)`,
    `Tipset:\t\t${head.key.join(" ")}`,
    `Clock:\t\t${found.instant ? "instant" : `${found.blockDelayMs} ms an epoch`}, at epoch ${found.clockEpoch}`,
    ...(found.clockBehindMs > 0
      ? [
          `Behind:\t\tthe machine's clock was set back by ${formatDuration(found.clockBehindMs)}: \`devnet advance\` goes on at once`,
        ]
      : []),
    `Pending:\t${found.pendingMessages} messages`,
    `Tipsets:\t${found.tipsets}`,
    `Accepts:\tproofs of verifying key ${found.verifyingKeyDigest}`,
  ].join("\n");
}
