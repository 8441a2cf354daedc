/** `padma init`: a repo with a devnet of its own. */
import { existsSync } from "node:fs";
import { openDevnet } from "../chain/devnet/devnet.ts";
import { createDevnet } from "../chain/devnet/genesis.ts";
import type { DevnetChoices } from "../chain/devnet/parameters.ts";
import type { ConfigOverrides } from "../config/settings.ts";
import { isPadmaError } from "../errors.ts";
import { createSignatures } from "../proofs/signatures.ts";
import { createVerifier } from "../proofs/verifier.ts";
import { DEVNET_SEED } from "../proofs/parameterSets.ts";
import { openStore } from "../store/open.ts";
import { paddedSize, SECTOR_SIZES, type SectorSizeName } from "../units.ts";
import { acceptedKey } from "./acceptedKey.ts";
import { exists, type Initialised, leftover, requireNoLotusInit, writeConfig } from "./newRepo.ts";
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
  requireNoLotusInit(repo);
  const sectorSize = paddedSize(SECTOR_SIZES[options.sectorSize]);
  const seed = options.parametersSeed ?? DEVNET_SEED;
  const { verifyingKey, parameters } = await acceptedKey(options.env, sectorSize, seed);
  await makeDevnet(repo, { sectorSize, verifyingKey, ...chosen(options) });
  await (await openStore(repo.store, { create: true })).close();
  await writeConfig(repo, settings(options, seed));
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
    await createDevnet(repo.devnet, choices, { now: Date.now, signatures: createSignatures() });
  } catch (error) {
    if (!isPadmaError(error, "CHAIN_DEVNET_DIFFERS")) throw error;
    if (await isRepo(repo)) throw exists(repo);
    throw leftover(repo.devnet, "there is a devnet with another genesis", error);
  }
}

function chosen({ instant, blockDelayMs, finality, challengeDelay }: InitOptions): Partial<DevnetChoices> {
  return {
    instant,
    ...(blockDelayMs === undefined ? {} : { blockDelayMs }),
    ...(finality === undefined ? {} : { finality }),
    ...(challengeDelay === undefined ? {} : { preCommitChallengeDelay: challengeDelay }),
  };
}

/** What differs from the defaults, for the file. */
function settings(options: InitOptions, seed: string): ConfigOverrides {
  const { finality, sectorSize } = options;
  return {
    sealing: { sectorSize, ...(finality === undefined ? {} : { finality }) },
    parameters: { seed },
  };
}

async function describe(repo: Repo): Promise<Pick<Initialised, "network" | "miner" | "sectorSize">> {
  const deps = { now: Date.now, verifier: createVerifier(), signatures: createSignatures() };
  const chain = openDevnet(repo.devnet, deps);
  try {
    const { address, sectorSize } = await chain.miner();
    return { network: chain.network.name, miner: address, sectorSize };
  } finally {
    await chain.close();
  }
}
