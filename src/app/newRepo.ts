/** What every `init` does at its ends: nothing there before, the configuration last. */
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { defaultConfigToml } from "../config/config.ts";
import type { ConfigOverrides } from "../config/settings.ts";
import { PadmaError } from "../errors.ts";
import { isRepo, type Repo } from "./repo.ts";

/** What an init has made. */
export interface Initialised {
  readonly path: string;
  readonly network: string;
  readonly miner: string;
  readonly sectorSize: number;
  /** Null where nobody has looked: `padma info` does. */
  readonly parameters: "missing" | "generated" | "trusted" | null;
}

/**
 * Makes the folder a repo. Of two at once the second one is told so.
 * @throws REPO_EXISTS
 */
export async function writeConfig(repo: Repo, overrides: ConfigOverrides): Promise<void> {
  try {
    await writeFile(repo.config, defaultConfigToml(overrides), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (await isRepo(repo)) throw exists(repo);
    await rm(repo.config, { force: true });
    throw error;
  }
}

export function exists(repo: Repo): PadmaError {
  return new PadmaError({
    code: "REPO_EXISTS",
    kind: "user",
    message: `there is a padma repo in ${repo.root} already`,
    next: "use it as it is, or name another folder with --repo or PADMA_PATH",
  });
}

const MOVE_AWAY = "move padma.db, devnet.db and storage away together";

/** What lies there belongs to a repo that lost its configuration, or to another init. */
export function leftover(
  file: string,
  message: string,
  cause?: PadmaError,
  remedy: string = MOVE_AWAY,
): PadmaError {
  return new PadmaError({
    code: "REPO_LEFTOVER",
    kind: "user",
    message,
    facts: cause?.facts ?? { file },
    next: `${remedy}, or name another folder with --repo or PADMA_PATH`,
    cause,
  });
}

/**
 * A devnet beside them would be taken for the other network's miner, or that miner's message would be forgotten.
 * @throws REPO_LEFTOVER where an init for a Lotus network was stopped half-way
 */
export function requireNoLotusInit({ network, creation }: Repo): void {
  const file = [creation, network].find((path) => existsSync(path));
  if (file === undefined) return;
  const message = "an init for a Lotus network has begun in the folder";
  throw leftover(file, message, undefined, "run that init again, which goes on");
}
