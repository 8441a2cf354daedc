/** `padma init --network lotus`: a repo whose miner lives on a network that a Lotus node is on. */
import { existsSync } from "node:fs";
import type { MinerInfo, NetworkInfo } from "../chain/chain.ts";
import type { NetworkIdentity } from "../chain/lotus/node.ts";
import { openLotusChain } from "../chain/lotus/openLotusChain.ts";
import { NodeSetup } from "../chain/lotus/setup.ts";
import { type Config, loadConfig } from "../config/config.ts";
import { PadmaError } from "../errors.ts";
import type { Log } from "../log.ts";
import { openStore } from "../store/open.ts";
import { attoFil, formatBytes, SECTOR_SIZES, sectorSizeName, type SectorSizeName } from "../units.ts";
import { fullNodeApiInfo } from "./fullNode.ts";
import { createMiner, type CreationEvents, forgetCreation, requireNoCreation } from "./createMiner.ts";
import { type LotusNetwork, networkDefaults, recordNetwork } from "./network.ts";
import { exists, type Initialised, leftover, writeConfig } from "./newRepo.ts";
import type { Environment } from "./open.ts";
import { isRepo, makeRepoFolder, type Repo, repoAt } from "./repo.ts";
import { requireSpacetimeProven } from "./spacetime.ts";

export interface LotusInitOptions {
  readonly path: string;
  readonly env: Environment;
  /** The miner's ID address; null: one is created. */
  readonly actor: string | null;
  /** Of a new miner; null: the wallet's default address, and the owner. */
  readonly owner: string | null;
  readonly worker: string | null;
  /** Of a new miner, 32 GiB where nothing is said (2 KiB on a local network); of another one what it must have. */
  readonly sectorSize: SectorSizeName | null;
  /** A person says that something else proves this miner's sectors. */
  readonly provenElsewhere: boolean;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly events?: CreationEvents;
  readonly now?: () => number;
}

/**
 * Makes a repo for a miner that there is, or creates one. The configuration comes last: it is what makes the folder a
 * repo. FAIL before it: the same command again goes on; a miner that is being created is never created twice.
 *
 * @throws REPO_EXISTS, REPO_LEFTOVER, NODE_UNKNOWN, SPACETIME_NOT_PROVEN, CHAIN_NOT_SYNCED (busy), CHAIN_MINER_UNKNOWN,
 * CREATION_DIFFERS, CHAIN_KEY_UNKNOWN, MINER_SECTOR_SIZE, what `createMiner` throws, and what a node may answer
 */
export async function initLotus(given: LotusInitOptions): Promise<Initialised> {
  const repo = repoAt(given.path);
  await makeRepoFolder(repo);
  if (await isRepo(repo)) throw exists(repo);
  if (existsSync(repo.devnet)) throw leftover(repo.devnet, "there is a devnet in the folder");
  if (given.actor !== null) requireNoCreation(repo, given.actor);
  const config = loadConfig(null, given.env, networkDefaults({ kind: "lotus" }));
  const options = { ...given, provenElsewhere: given.provenElsewhere || config.network.provenElsewhere };
  const { log, now } = options;
  const { maxFee } = config.network;
  const setup = new NodeSetup({
    apiInfo: fullNodeApiInfo(options.env, config),
    maxFee,
    log,
    ...(now && { now }),
  });
  try {
    const identity = await setup.identity();
    const actor = options.actor ?? (await createdMiner(setup, identity, repo, config, options));
    const { network, miner } = await checkedMiner(actor, identity, config, options);
    await makeRepo(repo, { kind: "lotus", ...identity, actor, isLocal: network.isLocal }, miner);
    return {
      path: repo.root,
      network: network.name,
      miner: actor,
      sectorSize: miner.sectorSize,
      parameters: null,
    };
  } finally {
    await setup.close();
  }
}

/** Everything is looked at before the message that costs a deposit goes out. */
async function createdMiner(
  setup: NodeSetup,
  identity: NetworkIdentity,
  repo: Repo,
  config: Config,
  { owner, worker, sectorSize, provenElsewhere, signal, log, events = {}, now = Date.now }: LotusInitOptions,
): Promise<string> {
  const ownedBy = await setup.account(owner ?? (await setup.defaultAddress()));
  const network = await setup.network(ownedBy);
  requireSpacetimeProven(network, provenElsewhere);
  await setup.head(network);
  const wanted = {
    identity,
    network,
    owner: ownedBy,
    worker: worker === null ? ownedBy : await setup.account(worker),
    sectorSize: sectorSize ?? (network.isLocal ? "2KiB" : "32GiB"),
  } as const;
  const { messageConfidence: confidence } = config.sealing;
  return createMiner(wanted, { setup, repo, confidence, signal, now, events, log });
}

/** The miner as the network shows it, when padma can seal for it. */
async function checkedMiner(
  actor: string,
  identity: NetworkIdentity,
  config: Config,
  { env, log, now, sectorSize, provenElsewhere }: LotusInitOptions,
): Promise<{ readonly network: NetworkInfo; readonly miner: MinerInfo }> {
  const { addresses } = config;
  const chain = await openLotusChain({
    apiInfo: fullNodeApiInfo(env, config),
    actor,
    network: identity,
    addresses,
    log,
    ...(now && { now }),
  });
  try {
    requireSpacetimeProven(chain.network, provenElsewhere);
    await chain.head();
    const miner = await chain.miner();
    if (sectorSize !== null && miner.sectorSize !== SECTOR_SIZES[sectorSize])
      throw otherSize(miner, sectorSize);
    for (const use of ["PreCommit", "Commit"] as const) await chain.payer(use, attoFil(0n));
    return { network: chain.network, miner };
  } finally {
    await chain.close();
  }
}

/** In this order: with the configuration it is a repo, and the record of the creation is needed no more. */
async function makeRepo(repo: Repo, network: LotusNetwork, { sectorSize }: MinerInfo): Promise<void> {
  await recordNetwork(repo, network);
  await (await openStore(repo.store, { create: true })).close();
  const name = sectorSizeName(sectorSize);
  const sealing = {
    ...networkDefaults(network).sealing,
    ...(name === undefined ? {} : { sectorSize: name }),
  };
  await writeConfig(repo, { sealing });
  await forgetCreation(repo);
}

function otherSize({ address, sectorSize }: MinerInfo, wanted: SectorSizeName): PadmaError {
  return new PadmaError({
    code: "MINER_SECTOR_SIZE",
    kind: "user",
    message: "the miner has sectors of another size",
    facts: {
      miner: address,
      "its sectors": formatBytes(sectorSize),
      wanted: formatBytes(SECTOR_SIZES[wanted]),
    },
    next: "leave --sector-size out, or name another miner with --actor",
  });
}
