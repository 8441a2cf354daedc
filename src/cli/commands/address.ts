/** `padma address …`: works without a repo. */
import { argument, command } from "../command.ts";
import { text } from "../parse.ts";

export const addressConvert = command({
  path: ["address", "convert"],
  summary: "show every form of an address",
  description:
    "Takes text with the prefix of either network, an Ethereum address (0x and 40 hex digits), or the bytes on the " +
    "wire as hex. f0 and f410 addresses have an Ethereum form (FIP-0055). Which id belongs to a key is asked of a " +
    "node, not here. Needs no repo.",
  arguments: { address: argument("<address>", "the address", text) },
  examples: [
    {
      line: "padma address convert t01000 --json",
      about: '{"protocol":0,"kind":"id","f":"f01000","t":"t01000","bytes":"00e807","id":1000,…}',
    },
  ],
  load: async () => (await import("./address/convert.ts")).convert,
});
