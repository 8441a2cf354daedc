/** `padma params …`: works without a repo. */
import { command, value, valueOr } from "../command.ts";
import { sectorSize, text } from "../parse.ts";

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
    "Once for each seed and size on a machine: 2 KiB takes 9 to 16 minutes and 5.2 GB of memory on two cores. Whoever " +
    "makes parameters can forge proofs, so no network but a devnet accepts these.",
  options: {
    size: valueOr("--size <size>", "the sector size", sectorSize, "2KiB"),
    seed: valueOr(
      "--seed <text>",
      "the seed; its parameters are the same on every machine",
      text,
      "padma-devnet-1",
    ),
  },
  load: async () => (await import("./params/generate.ts")).generate,
});

export const paramsVerify = command({
  path: ["params", "verify"],
  summary: "read the parameters whole and check their digests",
  options: { size: SIZE },
  exits: { 1: "a file is missing or damaged" },
  load: async () => (await import("./params/verify.ts")).verify,
});
