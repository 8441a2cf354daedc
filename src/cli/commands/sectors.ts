/** `padma sectors …`, and `padma pledge-sector`. */
import { argument, command, flag, value, valueOr } from "../command.ts";
import { count, data, oneOf, sector, sectorOrAll, states, text } from "../parse.ts";

/** Said by a person, at every pledge or once in config.toml; see `app/spacetime.ts`. */
export const SPACETIME_FLAG = flag(
  "--i-prove-spacetime-elsewhere",
  "on a network with real money: lotus-miner or Curio proves this miner's sectors; padma does not yet",
);

export const sectorsPledge = command({
  path: ["sectors", "pledge"],
  alsoAt: [["pledge-sector"]],
  summary: "make new sectors and seal them",
  description:
    "Allocates numbers and stores the sectors; then a driver does the work: `padma run`, now or later, or this command " +
    "with --wait. Zeros without a deal make a committed-capacity (CC) sector. A file is copied before the command returns.",
  options: {
    count: valueOr("--count <n>", "how many sectors", count, "1"),
    wait: flag("--wait", "drive them until they are in Proving or out of attempts"),
    data: value("--data <what>", "random, zeros or a file (default: random; zeros on a Lotus network)", data),
    deal: value(
      "--deal <how>",
      "self (publish a deal with ourselves) or none (default: self; none on a Lotus network)",
      oneOf("self", "none"),
    ),
    maxSealing: value("--max-sealing <n>", "make none when so many are not yet in Proving", count),
    iProveSpacetimeElsewhere: SPACETIME_FLAG,
  },
  examples: [
    { line: "padma pledge-sector --wait", about: "one sector, followed to Proving" },
    {
      line: "padma sectors pledge --count 5 --data zeros --deal none",
      about: "five CC sectors for a driver",
    },
    {
      line: "padma pledge-sector --data ./my.car --wait --json",
      about: "a file; one JSON line when it is in Proving",
    },
  ],
  exits: { 1: "a sector ran out of attempts (--wait)", 75: "--max-sealing is reached" },
  load: async () => (await import("./sectors/pledge.ts")).pledgeSectors,
});

export const sectorsList = command({
  path: ["sectors", "list"],
  summary: "list all sectors",
  options: {
    states: value("--states <a,b>", "only sectors in these states", states),
    showRemoved: flag("-r, --show-removed", "removed ones too"),
    fast: flag("-f, --fast", "without the expiration"),
    events: flag("-e, --events", "with the number of events"),
    sealTime: flag("-t, --seal-time", "with the time from the pledge to Proving"),
    initialPledge: flag("-p, --initial-pledge", "with the pledge"),
  },
  examples: [{ line: "padma sectors list --states SealFailed,CommitFailed", about: "what needs a look" }],
  load: async () => (await import("./sectors/list.ts")).list,
});

export const sectorsStatus = command({
  path: ["sectors", "status"],
  summary: "show all that is known of a sector",
  arguments: { sector: argument("<sector>", "its number", sector) },
  options: {
    log: flag("-l, --log", "with the event log"),
    onChainInfo: flag("-c, --on-chain-info", "with the sector's record on chain"),
    proof: flag("--proof", "with the proof"),
  },
  load: async () => (await import("./sectors/status.ts")).status,
});

export const sectorsWhy = command({
  path: ["sectors", "why"],
  summary: "say in one line why a sector is where it is",
  description:
    "What decides that it goes on, when that is looked at again, and whether a driver is there that would do it.",
  arguments: { sector: argument("<sector>", "its number", sector) },
  load: async () => (await import("./sectors/why.ts")).showWhy,
});

export const sectorsVerify = command({
  path: ["sectors", "verify"],
  summary: "compare sectors' files with their commitments",
  description:
    "Lengths, p_aux and t_aux, and the roots that trees end with; with --deep every node is hashed again: CommD from the " +
    "data, TreeR from the replica, TreeC from the layers, and the replica is decoded while the last layer is there. " +
    "What a sector no longer needs, or not yet, may be absent. Changes nothing.",
  arguments: { sector: argument("[sector]", "its number", sectorOrAll, "all") },
  options: { deep: flag("--deep", "hash everything again: minutes to hours for large sectors") },
  exits: { 1: "a sector is damaged" },
  examples: [
    { line: "padma sectors verify", about: "all sectors, in milliseconds each" },
    {
      line: "padma sectors verify 3 --deep --json",
      about:
        '[{"sector":3,"state":"Proving","ok":true,"deep":true,"files":[{"part":"sealed","state":"right",…},…]}]',
    },
  ],
  load: async () => (await import("./sectors/verify.ts")).verify,
});

export const sectorsUpdateState = command({
  path: ["sectors", "update-state"],
  summary: "put a sector into another state, by hand",
  description:
    "For a sector that no retry helps. It starts at the first step of that state, with its retries counted anew.",
  arguments: {
    sector: argument("<sector>", "its number", sector),
    state: argument("<state>", "where it goes on", text),
  },
  options: { reallyDoIt: flag("--really-do-it", "say that you know what you are doing") },
  examples: [{ line: "padma sectors update-state 3 Unsealed --really-do-it", about: "seal it again" }],
  load: async () => (await import("./sectors/updateState.ts")).update,
});
