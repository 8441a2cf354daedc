/** Ctrl-C and SIGTERM: the first one asks the work to stop where it can go on later, the next one ends at once. */
import { PadmaError } from "../errors.ts";
import { exit } from "./exit.ts";

const INTERRUPTED = 130;
/** npm and the terminal may each pass on the same Ctrl-C; two within this time are one. */
const SAME_KEY_MS = 100;

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Gives the signals back to Node. */
  remove(): void;
}

/** Listens from now on. Without a listener, a signal ends the process as usual. */
export function listen(onFirst: () => void): Interrupt {
  const controller = new AbortController();
  let first = 0;
  const stop = (): void => {
    const now = Date.now();
    if (first === 0) {
      first = now;
      onFirst();
      controller.abort(interrupted());
    } else if (now - first > SAME_KEY_MS) exit(INTERRUPTED);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    remove: () => {
      for (const name of signals) process.off(name, stop);
    },
  };
}

/** What a command throws after it has stopped because of a signal. */
export function interrupted(message = "stopped", next?: string): PadmaError {
  const options = { code: "INTERRUPTED", kind: "interrupted", message } as const;
  return new PadmaError(next === undefined ? options : { ...options, next });
}
