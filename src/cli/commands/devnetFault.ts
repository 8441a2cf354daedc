/** `padma devnet fault …`: what goes wrong on the devnet next. Each kind takes only what it needs. */
import type { FaultSubject } from "../../chain/chain.ts";
import { argument, command, type Command, value, valueOr } from "../command.ts";
import { count, oneOf, sector, wholeNumber } from "../parse.ts";

const SUBJECT = {
  message: valueOr(
    "--message <kind>",
    "publish, precommit, commit or any",
    oneOf("publish", "precommit", "commit", "any"),
    "any",
  ),
  sector: value("--sector <n>", "only precommits and commits that name this sector", sector),
  count: valueOr("--count <n>", "how many such messages", count, "1"),
} as const;

const EPOCHS = argument("<epochs>", "how many epochs", count);
const ID = argument<number | null>("[id]", "its number in the list; all without it", wholeNumber(1));

const body = () => import("./devnet/fault.ts");

const drop = command({
  path: ["devnet", "fault", "drop"],
  summary: "let the next message vanish from the pool",
  description: "It keeps its nonce: the sender's later messages wait until it has been pushed again.",
  options: SUBJECT,
  examples: [
    { line: "padma devnet fault drop --message precommit --sector 3", about: "the precommit of sector 3" },
  ],
  load: async () => (await body()).ordering((subject: FaultSubject) => ({ kind: "drop", ...subject })),
});

const delay = command({
  path: ["devnet", "fault", "delay"],
  summary: "keep the next message in the pool for longer",
  arguments: { epochs: EPOCHS },
  options: SUBJECT,
  load: async () =>
    (await body()).ordering((given: FaultSubject & { readonly epochs: number }) => ({
      kind: "delay",
      ...given,
    })),
});

const replace = command({
  path: ["devnet", "fault", "replace"],
  summary: "replace the next message in the pool: same nonce, higher premium, another CID",
  options: SUBJECT,
  load: async () => (await body()).ordering((subject: FaultSubject) => ({ kind: "replace", ...subject })),
});

const fail = command({
  path: ["devnet", "fault", "fail"],
  summary: "let the next message end with an exit code",
  description:
    "2 the sender cannot pay, 5 no such receiver, 6 insufficient funds, 7 out of gas; actors: 16 illegal argument, " +
    "17 not found, 18 forbidden, 19 insufficient funds, 20 illegal state, 21 serialization, 22 unhandled message.",
  arguments: { exitCode: argument("<exit-code>", "what its receipt says", count) },
  options: SUBJECT,
  examples: [
    { line: "padma devnet fault fail 7 --message commit", about: "the next commit runs out of gas" },
  ],
  load: async () =>
    (await body()).ordering((given: FaultSubject & { readonly exitCode: number }) => ({
      kind: "fail",
      ...given,
    })),
});

const nullRounds = command({
  path: ["devnet", "fault", "null-rounds"],
  summary: "let the next epochs have no tipset",
  arguments: { epochs: EPOCHS },
  load: async () =>
    (await body()).ordering(({ epochs }: { readonly epochs: number }) => ({ kind: "null-rounds", epochs })),
});

const baseFee = command({
  path: ["devnet", "fault", "base-fee"],
  summary: "raise the base fee for the next epochs",
  description: "Messages that offer less than it stay in the pool.",
  arguments: { times: argument("<times>", "how many times as high", count), epochs: EPOCHS },
  load: async () =>
    (await body()).ordering((given: { readonly times: number; readonly epochs: number }) => ({
      kind: "base-fee",
      ...given,
    })),
});

const list = command({
  path: ["devnet", "fault", "list"],
  summary: "show the faults that have something left to do",
  load: async () => (await body()).list,
});

const clear = command({
  path: ["devnet", "fault", "clear"],
  summary: "take a fault back, or all of them; what they did stays done",
  arguments: { id: { ...ID, fallback: null } },
  load: async () => (await body()).clear,
});

export const devnetFaults: readonly Command[] = [
  drop,
  delay,
  replace,
  fail,
  nullRounds,
  baseFee,
  list,
  clear,
];
