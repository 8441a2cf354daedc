/** `padma message …`: works without a repo. */
import { command, value, valueOr } from "../command.ts";
import { oneOf, text } from "../parse.ts";

/** Many methods return no bytes at all, so nothing between quotes is an answer. */
const maybeEmpty = (written: string): string => written;
const BYTES = {
  hex: value("--hex <bytes>", "the bytes as hex; - reads it from stdin", maybeEmpty),
  base64: value("--base64 <bytes>", "the bytes as base64; - reads it from stdin", maybeEmpty),
};
const KIND = "params, return, message or signed-message; may be left out where it can be but one";
const TOLD = {
  kind: value("--kind <kind>", KIND, oneOf("params", "return", "message", "signed-message")),
  to: value(
    "--to <actor>",
    "whose method: miner, market, power or init",
    oneOf("miner", "market", "power", "init"),
  ),
  method: value("--method <method>", "number or name, as 28 or PreCommitSectorBatch2", text),
};

export const messageDecode = command({
  path: ["message", "decode"],
  summary: "read a message, or a method's params or return, from its bytes",
  description:
    'JSON is lotus\'s own: CIDs as {"/": …}, bytes as base64, amounts as decimal text, bitfields as run lengths, an ' +
    "empty list as null. Bytes that are not in their canonical form are refused. Needs no repo.",
  options: {
    ...BYTES,
    ...TOLD,
    prefix: valueOr("--prefix <letter>", "of addresses: f (mainnet) or t (others)", oneOf("f", "t"), "t"),
  },
  examples: [
    {
      line: "padma message decode --base64 gYA= --to miner --method 28 --kind params --json",
      about: '{"Sectors":null}',
    },
  ],
  load: async () => (await import("./message/decode.ts")).decode,
});

export const messageEncode = command({
  path: ["message", "encode"],
  summary: "write a message, or a method's params or return, as bytes",
  description:
    "Takes the JSON that decode gives and prints hex. A CID beside a message's fields is not read: it follows from " +
    "them. Needs no repo.",
  options: {
    jsonFile: value("--json-file <file>", "the JSON; - reads it from stdin", text),
    ...TOLD,
  },
  examples: [
    { line: "padma message encode --kind message --json-file message.json", about: "prints hex" },
    { line: "padma message encode --to miner --method 9 --kind params --json-file -", about: "from stdin" },
  ],
  load: async () => (await import("./message/encode.ts")).encode,
});

export const messageCid = command({
  path: ["message", "cid"],
  summary: "compute the CID of a message from its bytes",
  description:
    "A message signed with a BLS key has the CID of the message alone; with any other key, that of message and " +
    "signature. Needs no repo.",
  options: {
    ...BYTES,
    kind: value(
      "--kind <kind>",
      "message or signed-message; told by the bytes when left out",
      oneOf("message", "signed-message"),
    ),
  },
  load: async () => (await import("./message/cid.ts")).cid,
});
