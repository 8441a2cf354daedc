import { drive } from "../../../app/drive.ts";
import type { Context } from "../../context.ts";
import { Follower } from "../../follow.ts";
import { interrupted } from "../../interrupt.ts";

interface Input {
  readonly untilIdle: boolean;
  readonly patience: number;
}

/** Ends by itself only with --until-idle. */
export async function run(context: Context, { untilIdle, patience }: Input): Promise<void> {
  const { output } = context;
  await context.withApp(async (app) => {
    const signal = context.stopSignal();
    const miner = await (await app.chain()).miner();
    const follower = new Follower(
      output,
      miner.address,
      (move) => output.json && output.data(move, () => ""),
    );
    output.notice(`driving ${app.repo.root} (miner ${miner.address}, process ${process.pid})`);
    await follower.start();
    try {
      await drive(app, {
        until: untilIdle ? { idle: { patienceMs: patience } } : "stopped",
        signal,
        events: follower.events,
      });
    } finally {
      follower.stop();
    }
    if (signal.aborted) throw interrupted("stopped; what was under way goes on with the next `padma run`");
  });
}
