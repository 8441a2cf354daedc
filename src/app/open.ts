/** The one composition root: what is open, and how the parts get to know each other. */
import { join } from "node:path";
import { openDevnet } from "../chain/devnet/devnet.ts";
import type { Chain, EmbeddedChain } from "../chain/chain.ts";
import { type Config, loadConfig } from "../config/config.ts";
import type { Log } from "../log.ts";
import { cacheFolder } from "../proofs/environment.ts";
import { createProver, type ChildProver } from "../proofs/host.ts";
import type { Prover, Verifier } from "../proofs/prover.ts";
import { createVerifier } from "../proofs/verifier.ts";
import type { RetryPolicy } from "../sealing/plan.ts";
import { createSectorStorage } from "../storage/sectorStorage.ts";
import type { SectorStorage } from "../storage/storage.ts";
import { openStore, type Store } from "../store/open.ts";
import { type ActorId, millis, type Millis } from "../units.ts";
import { idAddress } from "../wire/address.ts";
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
  readonly prover: (app: App) => Promise<Prover>;
}

const REAL_PROOFS: Proofs = {
  verifier: createVerifier(),
  prover: ({ env, log, repo, config }) => openProver(env, log, repo.root, config.limits),
};

export interface App {
  readonly repo: Repo;
  readonly config: Config;
  readonly env: Environment;
  readonly log: Log;
  readonly store: Store;
  readonly storage: SectorStorage;
  readonly retry: RetryPolicy;
  readonly now: () => Millis;
  readonly proofs: Proofs;
  /** Opened with the first use: most commands that look something up never need it. */
  chain(): Promise<EmbeddedChain>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a repo.
 * @throws REPO_NONE, CONFIG_INVALID, STORE_DAMAGED, STORE_NEWER, …
 */
export async function openApp(options: OpenOptions): Promise<App> {
  const repo = repoAt(options.path);
  await requireRepo(repo);
  const config = loadConfig(repo.config, options.env);
  const clock = options.now ?? Date.now;
  const proofs = options.proofs ?? REAL_PROOFS;
  const store = await openStore(repo.store);
  let chain: EmbeddedChain | undefined;
  const close = async (): Promise<void> => {
    await chain?.close();
    await store.close();
  };
  return {
    repo,
    config,
    env: options.env,
    log: options.log,
    store,
    storage: createSectorStorage({ root: repo.storage }),
    retry: { baseMs: config.sealing.retryBaseMs, maxMs: config.sealing.retryMaxMs },
    now: () => millis(clock()),
    proofs,
    chain: async () => (chain ??= openDevnet(repo.devnet, { now: clock, verifier: proofs.verifier })),
    close,
    [Symbol.asyncDispose]: close,
  };
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
  limits: Pick<Config["limits"], "cores" | "memory"> = { cores: 0, memory: null },
): Promise<ChildProver> {
  return createProver({
    env,
    parentsDir: join(cacheFolder(env), "parents"),
    temporaryFolder: await folderIn(folder, "children"),
    log: (line, facts) => log.debug("proofs child", { line, ...facts }),
    ...(limits.cores === 0 ? {} : { threads: limits.cores }),
    ...(limits.memory === null ? {} : { memoryLimit: limits.memory }),
  });
}
