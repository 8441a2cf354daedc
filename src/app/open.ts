/** The one composition root: what is open, and how the parts get to know each other. */
import { type Devnet, openDevnet } from "../chain/devnet/devnet.ts";
import { openLotusChain } from "../chain/lotus/openLotusChain.ts";
import type { Chain } from "../chain/chain.ts";
import { type Config, loadConfig } from "../config/config.ts";
import type { Log } from "../log.ts";
import { createProver, type ChildProver, type ProverOptions } from "../proofs/host.ts";
import { sectorsACore } from "../proofs/pc1Batches.ts";
import { createSignatures, type Signatures } from "../proofs/signatures.ts";
import type { Prover, Verifier } from "../proofs/prover.ts";
import { createVerifier } from "../proofs/verifier.ts";
import type { RetryPolicy } from "../sealing/plan.ts";
import { createSectorStorage } from "../storage/sectorStorage.ts";
import type { SectorStorage } from "../storage/storage.ts";
import { openStore, type Store } from "../store/open.ts";
import { thisMachine } from "../tasks/limits.ts";
import { type ActorId, millis, type Millis } from "../units.ts";
import { idAddress } from "../wire/address.ts";
import { PadmaError } from "../errors.ts";
import { fullNodeApiInfo } from "./fullNode.ts";
import { type LotusNetwork, networkDefaults, readNetwork, type RecordedNetwork } from "./network.ts";
import { folderIn } from "./temporaryFolder.ts";
import { repoAt, type Repo, requireRepo } from "./repo.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface OpenOptions {
  readonly path: string;
  readonly env: Environment;
  readonly log: Log;
  /** Wall time; tests pass their own. */
  readonly now?: () => number;
  /** Where the proofs come from; real ones unless a test is about something else. */
  readonly proofs?: Proofs;
}

export interface Proofs {
  readonly verifier: Verifier;
  readonly signatures: Signatures;
  readonly prover: (app: App) => Promise<Prover>;
}

const REAL_PROOFS: Proofs = {
  verifier: createVerifier(),
  signatures: createSignatures(),
  prover: async ({ env, log, repo, config }) =>
    openProver(env, log, repo.root, config.limits, await pc1Together(config)),
};

/** PC1 waits no longer once there are as many sectors as the cores make side by side: more would not be faster. */
async function pc1Together({ limits, sealing }: Config): Promise<ProverOptions["pc1"]> {
  const cores = limits.cores === 0 ? thisMachine().cores : limits.cores;
  return { waitMs: sealing.pc1WaitMs, most: cores * (await sectorsACore()) };
}

export interface App {
  readonly repo: Repo;
  readonly network: RecordedNetwork;
  readonly config: Config;
  readonly env: Environment;
  readonly log: Log;
  readonly store: Store;
  readonly storage: SectorStorage;
  readonly retry: RetryPolicy;
  readonly now: () => Millis;
  readonly proofs: Proofs;
  /** The miner's network. Opened with the first use: most commands that look something up never need it. */
  chain(): Promise<Chain>;
  /** The same as what it can do beyond a network. @throws NOT_A_DEVNET where the miner lives on another network */
  devnet(): Promise<Devnet>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a repo.
 * @throws REPO_NONE, REPO_NETWORK_DAMAGED, CONFIG_INVALID, STORE_DAMAGED, STORE_NEWER, …
 */
export async function openApp(options: OpenOptions): Promise<App> {
  const repo = repoAt(options.path);
  await requireRepo(repo);
  const network = readNetwork(repo);
  const config = loadConfig(repo.config, options.env, networkDefaults(network));
  const clock = options.now ?? Date.now;
  const proofs = options.proofs ?? REAL_PROOFS;
  const { verifier, signatures } = proofs;
  const store = await openStore(repo.store);
  const devnet = once(async () => openDevnet(repo.devnet, { now: clock, verifier, signatures }));
  const lotus = once((at: LotusNetwork) => openNode(at, config, options));
  const close = async (): Promise<void> => {
    await devnet.opened()?.then((chain) => chain.close());
    await lotus.opened()?.then((chain) => chain.close());
    await store.close();
  };
  return {
    repo,
    network,
    config,
    env: options.env,
    log: options.log,
    store,
    storage: createSectorStorage({ root: repo.storage }),
    retry: { baseMs: config.sealing.retryBaseMs, maxMs: config.sealing.retryMaxMs },
    now: () => millis(clock()),
    proofs,
    chain: () => (network.kind === "lotus" ? lotus.open(network) : devnet.open()),
    devnet: async () => {
      if (network.kind === "lotus") throw notADevnet(network);
      return devnet.open();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Opens with the first use, once for all who ask meanwhile; a failure is forgotten, so that the next one tries again. */
function once<A extends readonly unknown[], T>(open: (...args: A) => Promise<T>) {
  let opened: Promise<T> | undefined;
  return {
    opened: () => opened,
    open: (...args: A): Promise<T> => {
      if (opened !== undefined) return opened;
      const opening = open(...args);
      opened = opening;
      opening.catch(() => (opened = undefined));
      return opening;
    },
  };
}

/** A node on the network of the repo's miner; any other is refused by its genesis. */
function openNode(
  { name, genesis, actor }: LotusNetwork,
  config: Config,
  { env, log, now }: OpenOptions,
): Promise<Chain> {
  const { addresses } = config;
  const options = {
    apiInfo: fullNodeApiInfo(env, config),
    actor,
    network: { name, genesis },
    addresses,
    maxFee: config.network.maxFee,
    log,
  };
  return openLotusChain(now === undefined ? options : { ...options, now });
}

function notADevnet({ name, actor }: LotusNetwork): PadmaError {
  return new PadmaError({
    code: "NOT_A_DEVNET",
    kind: "user",
    message: "this repo has no devnet of its own: its miner lives on a network that others make",
    facts: { network: name, miner: actor },
    next: "name a devnet's repo with --repo or PADMA_PATH",
  });
}

export const minerAddress = (chain: Pick<Chain, "network">, miner: ActorId): string =>
  idAddress(miner).toString(chain.network.addressPrefix);

/**
 * The proofs, in children; their empty working folders are made below `folder`.
 * @throws FOLDER_NOT_WRITABLE
 */
export async function openProver(
  env: Environment,
  log: Log,
  folder: string,
  { cores, memory }: Pick<Config["limits"], "cores" | "memory"> = { cores: 0, memory: null },
  pc1?: ProverOptions["pc1"],
): Promise<ChildProver> {
  return createProver({
    env,
    temporaryFolder: await folderIn(folder, "children"),
    log: (line, facts) => log.debug("proofs child", { line, ...facts }),
    ...(cores === 0 ? {} : { threads: cores }),
    ...(memory === null ? {} : { memoryLimit: memory }),
    ...(pc1 === undefined ? {} : { pc1 }),
  });
}
