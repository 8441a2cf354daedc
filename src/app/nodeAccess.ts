/** How others reach the node that serves this repo's devnet: its tokens, and the address where it listens. */
import { randomBytes } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { isIPv4, isIPv6 } from "node:net";
import { createToken, type Permission, permissionsUpTo } from "../chain/node/permissions.ts";
import type { ListenAddress } from "../chain/node/serve.ts";
import { PadmaError, systemErrorCode } from "../errors.ts";
import type { App } from "./open.ts";
import type { Repo } from "./repo.ts";

/** Where `devnet serve` listens unless told otherwise; lotus's own default. */
const DEFAULT_LISTEN: ListenAddress = { host: "127.0.0.1", port: 1234 };

const SECRET_BYTES = 32;

/**
 * The secret that signs the repo's tokens; made on first use (mode 0600). Two processes that do so at once end up with
 * one: the file gets its name when it is whole, and only if no other has it.
 * @throws PadmaError NODE_SECRET_DAMAGED
 */
export async function nodeSecret({ nodeSecret: path }: Pick<Repo, "nodeSecret">): Promise<Uint8Array> {
  for (;;) {
    const known = await readSecret(path);
    if (known !== undefined) return known;
    await makeSecret(path);
  }
}

async function makeSecret(path: string): Promise<void> {
  const whole = `${path}.${process.pid}.tmp`;
  await writeFile(whole, `${randomBytes(SECRET_BYTES).toString("hex")}\n`, { mode: 0o600 });
  try {
    await link(whole, path);
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") throw error;
  } finally {
    await rm(whole, { force: true });
  }
}

async function readSecret(path: string): Promise<Uint8Array | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const hex = text.trim();
  if (/^[0-9a-f]{64}$/.test(hex)) return new Uint8Array(Buffer.from(hex, "hex"));
  throw new PadmaError({
    code: "NODE_SECRET_DAMAGED",
    kind: "user",
    message: "the secret of the node's tokens is damaged",
    facts: { file: path },
    next: "remove the file: a new one is made, and all tokens have to be made anew",
  });
}

/**
 * A token with a permission and those below it, for the node that serves the repo's devnet.
 * @throws PadmaError NODE_SECRET_DAMAGED; NOT_A_DEVNET where the miner lives on another network
 */
export async function repoToken(app: Pick<App, "repo" | "devnet">, permission: Permission): Promise<string> {
  await app.devnet();
  return createToken(await nodeSecret(app.repo), permissionsUpTo(permission));
}

export interface ApiInfo {
  readonly token: string;
  readonly multiaddr: string;
  /** `<token>:<multiaddr>`, the value of FULLNODE_API_INFO. */
  readonly value: string;
  /** False: no node has said where it listens; the address is the default one. */
  readonly served: boolean;
}

/** What a client needs to reach the node of this repo. @throws as `repoToken` */
export async function apiInfo(app: Pick<App, "repo" | "devnet">, permission: Permission): Promise<ApiInfo> {
  const token = await repoToken(app, permission);
  const written = await readIfThere(app.repo.nodeAddress);
  const multiaddr = written?.trim() ?? multiaddrOf(DEFAULT_LISTEN);
  return { token, multiaddr, value: `${token}:${multiaddr}`, served: written !== undefined };
}

/** `/ip4/127.0.0.1/tcp/1234/http`. Who listens on every address is reached on this machine's own. */
function multiaddrOf({ host, port }: ListenAddress): string {
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const kind = isIPv4(reached) ? "ip4" : isIPv6(reached) ? "ip6" : "dns";
  return `/${kind}/${reached}/tcp/${port}/http`;
}

/** For `api-info`: where the node listens. With two of them on one repo the later one is named. */
export async function writeNodeAddress({ nodeAddress }: Repo, at: ListenAddress): Promise<void> {
  await writeFile(nodeAddress, `${multiaddrOf(at)}\n`, { mode: 0o600 });
}

/** Leaves the address of another node that has come meanwhile. */
export async function removeNodeAddress({ nodeAddress }: Repo, at: ListenAddress): Promise<void> {
  if ((await readIfThere(nodeAddress))?.trim() === multiaddrOf(at)) await rm(nodeAddress, { force: true });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
