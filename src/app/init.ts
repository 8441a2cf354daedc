/** `padma init`: a repo with a devnet of its own. */
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { openDevnet } from "../chain/devnet/devnet.ts";
import { createDevnet } from "../chain/devnet/genesis.ts";
import type { DevnetChoices } from "../chain/devnet/parameters.ts";
import { defaultConfigToml } from "../config/config.ts";
import { isPadmaError, PadmaError } from "../errors.ts";
import { createVerifier } from "../proofs/verifier.ts";
import { DEVNET_SEED } from "../proofs/parameterSets.ts";
import { openStore } from "../store/open.ts";
import { paddedSize, SECTOR_SIZES, type SectorSizeName } from "../units.ts";
import { acceptedKey } from "./acceptedKey.ts";
import type { Environment } from "./open.ts";
import { isRepo, makeRepoFolder, type Repo, repoAt } from "./repo.ts";

export interface InitOptions {
  readonly path: string;
  readonly sectorSize: SectorSizeName;
  /** The clock jumps to the next epoch waited for whenever nothing is left to do. */
  readonly instant: boolean;
  readonly blockDelayMs?: number;
  readonly finality?: number;
  /** Epochs from a landed precommit to its seed. */
  readonly challengeDelay?: number;
  readonly parametersSeed?: string;
  readonly env: Environment;
}

export interface Initialised {
  readonly path: string;
  readonly network: string;
  readonly miner: string;
  readonly sectorSize: number;
  readonly parameters: "missing" | "generated" | "trusted";
}

/**
 * Makes a repo. Genesis and store come first, the configuration last: it is what makes the folder a repo, so an init
 * that was killed is simply run again. Two at once make one repo; the second one is told so.
 *
 * @throws REPO_EXISTS, REPO_LEFTOVER, REPO_NOT_USABLE, PARAMS_MISSING (sizes other than 2 KiB), NATIVE_MISSING
 */
export async function initRepo(options: InitOptions): Promise<Initialised> {
  const repo = repoAt(options.path);
  await makeRepoFolder(repo);
  if (await isRepo(repo)) throw exists(repo);
  const sectorSize = paddedSize(SECTOR_SIZES[options.sectorSize]);
  const seed = options.parametersSeed ?? DEVNET_SEED;
  const { verifyingKey, parameters } = await acceptedKey(options.env, sectorSize, seed);
  await makeDevnet(repo, { sectorSize, verifyingKey, ...chosen(options) });
  await (await openStore(repo.store, { create: true })).close();
  await writeConfig(repo, options, seed);
  return { ...(await describe(repo)), path: repo.root, parameters };
}

/**
 * The same flags again take up what a killed init has left. Anything else that lies there belongs to a repo that lost
 * its configuration, and no guess says which of the two is wanted.
 */
async function makeDevnet(repo: Repo, choices: DevnetChoices): Promise<void> {
  // In this order: another init makes the devnet first, so its store is never there alone.
  if (existsSync(repo.store) && !existsSync(repo.devnet)) {
    throw leftover(repo.store, "there is a store, but not the devnet that it belongs to");
  }
  try {
    await createDevnet(repo.devnet, choices, { now: Date.now });
  } catch (error) {
    if (!isPadmaError(error, "CHAIN_DEVNET_DIFFERS")) throw error;
    if (await isRepo(repo)) throw exists(repo);
    throw leftover(repo.devnet, "there is a devnet with another genesis", error);
  }
}

function leftover(file: string, message: string, cause?: PadmaError): PadmaError {
  return new PadmaError({
    code: "REPO_LEFTOVER",
    kind: "user",
    message,
    facts: cause?.facts ?? { file },
    next: "move padma.db, devnet.db and storage away together, or name another folder with --repo or PADMA_PATH",
    cause,
  });
}

function chosen({ instant, blockDelayMs, finality, challengeDelay }: InitOptions): Partial<DevnetChoices> {
  return {
    instant,
    ...(blockDelayMs === undefined ? {} : { blockDelayMs }),
    ...(finality === undefined ? {} : { finality }),
    ...(challengeDelay === undefined ? {} : { preCommitChallengeDelay: challengeDelay }),
  };
}

async function writeConfig(repo: Repo, options: InitOptions, seed: string): Promise<void> {
  const text = defaultConfigToml({
    sealing: {
      sectorSize: options.sectorSize,
      ...(options.finality === undefined ? {} : { finality: options.finality }),
    },
    parameters: { seed },
  });
  try {
    await writeFile(repo.config, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (await isRepo(repo)) throw exists(repo);
    await rm(repo.config, { force: true });
    throw error;
  }
}

async function describe(repo: Repo): Promise<Pick<Initialised, "network" | "miner" | "sectorSize">> {
  const chain = openDevnet(repo.devnet, { now: Date.now, verifier: createVerifier() });
  try {
    const { address, sectorSize } = await chain.miner();
    return { network: chain.network.name, miner: address, sectorSize };
  } finally {
    await chain.close();
  }
}

function exists(repo: Repo): PadmaError {
  return new PadmaError({
    code: "REPO_EXISTS",
    kind: "user",
    message: `there is a padma repo in ${repo.root} already`,
    next: "use it as it is, or name another folder with --repo or PADMA_PATH",
  });
}
