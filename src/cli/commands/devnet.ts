/** `padma devnet …`: the embedded chain. */
import { argument, command } from "../command.ts";
import { count } from "../parse.ts";

export const devnetStatus = command({
  path: ["devnet", "status"],
  summary: "show the chain's head, its clock and what is pending",
  load: async () => (await import("./devnet/status.ts")).status,
});

export const devnetAdvance = command({
  path: ["devnet", "advance"],
  summary: "move the chain's clock forward",
  arguments: { epochs: argument("[epochs]", "how many epochs", count, "1") },
  examples: [
    { line: "padma devnet advance 10", about: "ten epochs, with the messages that are due in them" },
  ],
  load: async () => (await import("./devnet/advance.ts")).advance,
});
