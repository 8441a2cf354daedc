/** Commands of one word. */
import { argument, command, flag, value, valueOr } from "../command.ts";
import { SPACETIME_FLAG } from "./sectors.ts";
import {
  addressText,
  benchSize,
  blockDelay,
  idAddressText,
  count,
  duration,
  oneOf,
  sectorSize,
  text,
} from "../parse.ts";

export const init = command({
  path: ["init"],
  summary: "make a repo and its miner: on a devnet, or a Lotus network",
  description:
    "Makes the repo's folder (mode 0700) with its configuration, its store and an embedded chain. A folder that is " +
    "already there may hold other things, but no repo. Makes no parameters: `padma params generate` does. " +
    "With --network lotus there is no embedded chain: the node in FULLNODE_API_INFO is asked for the miner that --actor " +
    "names, or, without --actor, creates one (its deposit is locked for 180 days). An init that was stopped is run " +
    "again with the same flags; it never creates a second miner. Sealing without proving spacetime loses its owner's " +
    "money, and padma does not prove it yet: other networks than local ones want --i-prove-spacetime-elsewhere.",
  options: {
    network: valueOr("--network <kind>", "devnet or lotus", oneOf("devnet", "lotus"), "devnet"),
    actor: value(
      "--actor <address>",
      "lotus: the miner, like t01000; without it one is created",
      idAddressText,
    ),
    owner: value(
      "--owner <address>",
      "lotus: owner of a new miner (default: the wallet's default)",
      addressText,
    ),
    worker: value(
      "--worker <address>",
      "lotus: its worker, with a BLS key (default: the owner)",
      addressText,
    ),
    sectorSize: value(
      "--sector-size <size>",
      "2KiB, 8MiB, 512MiB, 32GiB or 64GiB (default: 2KiB; of a new miner on a real network 32GiB)",
      sectorSize,
    ),
    iProveSpacetimeElsewhere: SPACETIME_FLAG,
    instant: flag("--instant", "let the chain's clock jump whenever nothing is left to do"),
    blockDelay: value("--block-delay <ms>", "milliseconds between two epochs (default: 1000)", blockDelay),
    finality: value("--finality <epochs>", "epochs after the commit until Finalize (default: 900)", count),
    challengeDelay: value(
      "--challenge-delay <epochs>",
      "epochs from a landed precommit to its seed (default: 8; mainnet: 150)",
      count,
    ),
  },
  examples: [
    { line: "padma init", about: "a 2 KiB devnet in ~/.padma" },
    { line: "padma --repo ./net init --instant --finality 10", about: "one whose clock waits for nobody" },
    {
      line: "padma init --network lotus --actor t01000",
      about: "for a miner of the node in FULLNODE_API_INFO",
    },
  ],
  load: async () => (await import("./top/init.ts")).init,
});

export const run = command({
  path: ["run"],
  summary: "do the work: drive all sectors until stopped",
  description:
    "Claims steps of all sectors and runs them, beside other drivers on the same repo. Ctrl-C and SIGTERM stop it; " +
    "what it was doing goes on later. With --json every move of a sector is one line on stdout.",
  options: {
    untilIdle: flag("--until-idle", "stop when nothing is runnable, leased, or due within --patience"),
    patience: valueOr("--patience <time>", "how long --until-idle waits for what is due", duration, "10m"),
  },
  examples: [
    { line: "padma run", about: "until Ctrl-C or SIGTERM" },
    { line: "*/10 * * * * PADMA_PATH=/srv/padma /usr/local/bin/padma run --until-idle", about: "from cron" },
  ],
  load: async () => (await import("./top/run.ts")).run,
});

export const info = command({
  path: ["info"],
  summary: "show the miner: power, balances, sectors, drivers",
  load: async () => (await import("./top/info.ts")).showInfo,
});

export const commp = command({
  path: ["commp"],
  summary: "compute the piece commitment of a file",
  description: "The file is padded with zeros to the next 127·2ⁿ bytes. Needs no repo.",
  arguments: { file: argument("<file>", "the file", text) },
  examples: [
    {
      line: "padma commp data.car --json",
      about: '{"commP":"…","cid":"baga…","paddedSize":…,"payloadSize":…}',
    },
  ],
  load: async () => (await import("./top/commp.ts")).commp,
});

export const bench = command({
  path: ["bench"],
  summary: "measure a phase of the proofs, alone or against the reference",
  description:
    "Runs the phase in the process that seals here, on a sector sealed for this in a temporary folder (TMPDIR), with " +
    "warm files; PC2 ends with the check that a sector gets before its precommit. --against reference builds " +
    "filecoin-proofs 19.1 with link-time optimisation for this CPU (needs padma's sources and Rust), runs both by turns, " +
    "and compares what they made; --against hashhash does so with go-fil-commp-hashhash, which computes CommP alone " +
    "(needs the sources and Go). The peer's figures are called the reference's in JSON. Times are medians; the spread is the " +
    "median distance from them. A run is first in its process, or steady when the process has made a proof before. " +
    "Parameters take one process a run and a gigabyte each; the reference's take minutes and are made once. `all` prints " +
    "each report as it comes (JSON: one a line), and gives --batch, --cold-parents and --results to the phases that take them.",
  arguments: {
    phase: argument(
      "<phase>",
      "commp, addpiece, pc1, pc2, c1, c2, params (making parameters), or all of them in turn",
      oneOf("commp", "addpiece", "pc1", "pc2", "c1", "c2", "params", "all"),
    ),
  },
  options: {
    size: valueOr("--size <size>", "the sector size: 2KiB, 8MiB or 512MiB", benchSize, "2KiB"),
    batch: valueOr("--batch <n>", "a run: sectors of pc1, proofs of one sector at as many seeds", count, "1"),
    backend: value(
      "--backend <name>",
      "portable, avx2 or avx512, instead of the best that this CPU has",
      oneOf("portable", "avx2", "avx512"),
    ),
    against: value(
      "--against <peer>",
      "reference: the library that networks run; hashhash: go-fil-commp-hashhash, of commp",
      oneOf("reference", "hashhash"),
    ),
    repeat: value(
      "--repeat <n>",
      "timed runs (default: 20 of commp, addpiece and c1, 5 of pc1, pc2 and c2, 1 of params)",
      count,
    ),
    coldParents: flag("--cold-parents", "of pc1: processes without the reference's file of parents"),
    results: value(
      "--results <dir>",
      "where a run's files go until the next one begins (default: /dev/shm where they fit, parameters never; else TMPDIR)",
      text,
    ),
    phaseDetail: flag("--phase-detail", "show the parts of a run, and the time to decode parameters apart"),
  },
  exits: { 1: "both sides made different things" },
  examples: [
    {
      line: "padma bench c2 --against reference --json",
      about: '{"oursMs":…,"referenceMs":…,"ratio":…,"equal":true,…}',
    },
    {
      line: "padma bench c2 --size 8MiB --backend avx2 --phase-detail",
      about: "padma alone, as on a CPU without AVX-512",
    },
  ],
  load: async () => (await import("./top/bench.ts")).bench,
});

export const version = command({
  path: ["version"],
  summary: "print the versions of padma, Node and the native module, and the CPU",
  load: async () => (await import("./top/version.ts")).showVersion,
});
