import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Weather } from "./proxyProcess.ts";

const PROGRAM = fileURLToPath(new URL("./proxyProcess.ts", import.meta.url));

export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** Resolves when the new weather is there. */
  readonly weather: (weather: Weather) => Promise<void>;
  /** Leads to this port of the loopback from now on, in clear weather. */
  readonly leadTo: (target: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A proxy process; whoever starts it closes it. */
export async function startProxy(): Promise<Proxy> {
  const child = fork(PROGRAM, { stdio: "inherit" });
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  let orders = 0;
  const order = async (content: object): Promise<void> => {
    orders += 1;
    const mine = orders;
    const done = new Promise<void>((resolve) => {
      const listen = (message: { order: number }): void => {
        if (message.order !== mine) return;
        child.off("message", listen);
        resolve();
      };
      child.on("message", listen);
    });
    child.send({ order: mine, ...content });
    await done;
  };
  return {
    host: `127.0.0.1:${port}`,
    port,
    weather: (weather) => order({ weather }),
    leadTo: (target) => order({ target, weather: { kind: "clear" } }),
    close: async () => {
      child.disconnect();
      await once(child, "exit");
    },
  };
}
