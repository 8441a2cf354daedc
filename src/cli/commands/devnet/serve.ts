import type { ListenAddress } from "../../../chain/node/serve.ts";
import { serveDevnet } from "../../../app/serveDevnet.ts";
import type { Context } from "../../context.ts";
import { interrupted } from "../../interrupt.ts";

interface Input {
  readonly listen: ListenAddress;
  readonly allowRemote: boolean;
}

/** Ends by a signal only. */
export async function serve(context: Context, { listen, allowRemote }: Input): Promise<void> {
  const { output } = context;
  await context.withApp(async (app) => {
    const signal = context.stopSignal();
    await serveDevnet(app, {
      listen,
      allowRemote,
      signal,
      onListening: (listening) => {
        if (output.json) output.data(listening, () => "");
        else output.notice(`serving ${listening.network} at ${listening.url}\n${listening.apiInfo}`);
      },
    });
    if (signal.aborted) throw interrupted("stopped serving");
  });
}
