/** `padma devnet …`: the embedded chain. */
import { argument, command, valueOr } from "../command.ts";
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

export const devnetReorg = command({
  path: ["devnet", "reorg"],
  summary: "take the last tipsets away and let another, heavier chain grow",
  description:
    "As when a node hears of a better chain: the blocks, their tickets and receipts are gone, and the messages that were " +
    "in them are in the pool again. The beacon and the clock stay. Sectors that stood on one of those tipsets go back by " +
    "the next driver that looks (`padma run`). What is final cannot be taken away.",
  options: { depth: valueOr("--depth <n>", "how many tipsets", count, "1") },
  examples: [{ line: "padma devnet reorg --depth 5", about: "the last five tipsets, whatever is in them" }],
  load: async () => (await import("./devnet/reorg.ts")).reorg,
});
