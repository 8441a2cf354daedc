/** `padma params …`: works without a repo. */
import { command, value, valueOr } from "../command.ts";
import { circuit, httpUrl, sectorSize, seed } from "../parse.ts";

const SIZE = value("--size <size>", "only of this sector size", sectorSize);

export const paramsStatus = command({
  path: ["params", "status"],
  summary: "show which parameters are there, and where",
  options: { size: SIZE },
  load: async () => (await import("./params/status.ts")).status,
});

export const paramsGenerate = command({
  path: ["params", "generate"],
  summary: "make parameters for a devnet",
  description:
    "Once for each seed, size and circuit on a machine: 2 KiB takes less than a minute and 0.6 GB of memory on two cores. " +
    "A run that was killed is gone on with by the next. Whoever makes parameters can forge proofs, so no network but " +
    "a devnet accepts these.",
  options: {
    size: valueOr("--size <size>", "the sector size", sectorSize, "2KiB"),
    circuit: valueOr(
      "--circuit <name>",
      "what they are for: porep, window-post or winning-post",
      circuit,
      "porep",
    ),
    seed: valueOr(
      "--seed <text>",
      "the seed; its parameters are the same on every machine",
      seed,
      "padma-devnet-1",
    ),
  },
  load: async () => (await import("./params/generate.ts")).generate,
});

export const paramsFetch = command({
  path: ["params", "fetch"],
  summary: "fetch the network's own parameters",
  description:
    "For seal proofs: 1.1 GB at 2 KiB, 50 GB at 32 GiB. They go into parameters.dir, else FIL_PROOFS_PARAMETER_CACHE, " +
    "else /var/tmp/filecoin-proof-parameters. A file gets its name when its digest is the one that is compiled in; " +
    "what was stopped or cut is gone on with by the next run.",
  options: {
    size: value("--size <size>", "the sector size (default: the repo's)", sectorSize),
    from: value(
      "--from <url>",
      "what stands before a file's CID or name (default: IPFS_GATEWAY, else https://proofs.filecoin.io/ipfs/)",
      httpUrl,
    ),
  },
  exits: {
    1: "a server refuses a file, or gives another one",
    75: "no server answers, or another fetch runs",
  },
  examples: [
    { line: "padma params fetch --size 32GiB", about: "from everybody's server" },
    {
      line: "padma params fetch --from http://nas:8080/params/",
      about: "from a folder that somebody serves",
    },
  ],
  load: async () => (await import("./params/fetch.ts")).fetch,
});

export const paramsVerify = command({
  path: ["params", "verify"],
  summary: "read the parameters whole and check their digests",
  options: { size: SIZE },
  exits: { 1: "a file is missing or damaged" },
  load: async () => (await import("./params/verify.ts")).verify,
});
