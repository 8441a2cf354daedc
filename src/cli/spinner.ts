/** A live line (or several) at the bottom of a terminal; elsewhere nothing at all. */
import type { Output } from "./output.ts";

export interface Spinner {
  stop(): void;
}

const NONE: Spinner = { stop: () => {} };
const REFRESH_MS = 100;

/**
 * Shows `text()` until it is stopped, asked anew ten times a second. Lines written meanwhile appear above it. ora is
 * imported only here, and only on a terminal.
 */
export async function startSpinner(output: Output, text: () => string): Promise<Spinner> {
  if (!output.terminal) return NONE;
  const { default: ora } = await import("ora");
  const colour = output.coloured ? "cyan" : false;
  // ora's own handling of stdin would put it into raw mode and take Ctrl-C from us.
  const spinner = ora({ text: text(), color: colour, discardStdin: false, isEnabled: true }).start();
  const refresh = setInterval(() => {
    spinner.text = text();
  }, REFRESH_MS);
  return {
    stop: () => {
      clearInterval(refresh);
      spinner.stop();
    },
  };
}
