/** `padma devnet …`: the embedded chain. */
import { argument, command, flag, valueOr } from "../command.ts";
import { count, listenAddress } from "../parse.ts";

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

export const devnetServe = command({
  path: ["devnet", "serve"],
  summary: "serve the chain as a Lotus node, until stopped",
  description:
    "Answers Lotus's JSON-RPC over http and websocket (/rpc/v1, /rpc/v0) and keeps the chain at its clock, beside other " +
    "commands on the same repo. Without a token a client may read; `padma auth` makes tokens. Ctrl-C and SIGTERM stop it.",
  options: {
    listen: valueOr(
      "--listen <address>",
      "where to listen; port 0 takes any that is free",
      listenAddress,
      "127.0.0.1:1234",
    ),
    allowRemote: flag("--allow-remote", "listen on an address that other machines can reach"),
  },
  examples: [
    {
      line: "padma devnet serve",
      about: "prints FULLNODE_API_INFO for clients, with the permission to sign",
    },
    {
      line: "padma devnet serve --listen 127.0.0.1:0 --json",
      about: '{"listen":"127.0.0.1:…","apiInfo":"…",…}',
    },
  ],
  load: async () => (await import("./devnet/serve.ts")).serve,
});
