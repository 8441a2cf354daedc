import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { apiInfo, nodeSecret, repoToken } from "../../../src/app/nodeAccess.ts";
import type { App } from "../../../src/app/open.ts";
import { type Listening, serveDevnet, type ServeRequest } from "../../../src/app/serveDevnet.ts";
import { makeRepo, openTestApp, tempRepoPath } from "../../helpers/repo.ts";

async function newApp(): Promise<App> {
  const path = tempRepoPath();
  await makeRepo(path);
  return openTestApp(path);
}

interface Serving {
  readonly listening: Listening;
  readonly stop: () => Promise<void>;
}

const LOCAL = { host: "127.0.0.1", port: 0 };

/** Serves until `stop`; rejects when it cannot listen. */
async function serving(app: App, request: Partial<ServeRequest> = {}): Promise<Serving> {
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const ended = serveDevnet(app, {
      listen: LOCAL,
      allowRemote: false,
      signal: controller.signal,
      onListening: (listening) => {
        const stop = async () => {
          controller.abort();
          await ended;
        };
        resolve({ listening, stop });
      },
      ...request,
    });
    ended.catch(reject);
  });
}

const head = async (url: string, apiInfoLine?: string): Promise<{ status: number; body: unknown }> => {
  const token = /^FULLNODE_API_INFO=([^:]+):/.exec(apiInfoLine ?? "")?.[1];
  const response = await fetch(url, {
    method: "POST",
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "Filecoin.ChainHead", params: [] }),
  });
  return { status: response.status, body: await response.json() };
};

describe("serving a devnet", () => {
  it("says where, answers there, and is gone when it is stopped", async () => {
    const app = await newApp();
    const { listening, stop } = await serving(app);
    expect(listening.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/rpc\/v1$/);
    expect(await head(listening.url, listening.apiInfo)).toMatchObject({
      status: 200,
      body: { result: { Blocks: [{ Miner: "t01000" }] } },
    });
    expect(await apiInfo(app, "read")).toMatchObject({ multiaddr: listening.multiaddr, served: true });
    await stop();
    expect(existsSync(app.repo.nodeAddress)).toBe(false);
    await expect(head(listening.url)).rejects.toThrow(/fetch failed/);
  });

  it("keeps the address of a second node when the first one stops", async () => {
    const app = await newApp();
    const first = await serving(app);
    const second = await serving(app);
    await first.stop();
    expect((await apiInfo(app, "read")).multiaddr).toBe(second.listening.multiaddr);
    await second.stop();
    expect(existsSync(app.repo.nodeAddress)).toBe(false);
  });

  it("gives nobody a port that is taken, and leaves who has it alone", async () => {
    const app = await newApp();
    const first = await serving(app);
    const port = Number(new URL(first.listening.url).port);
    await expect(serving(app, { listen: { ...LOCAL, port } })).rejects.toMatchObject({
      code: "NODE_ADDRESS_IN_USE",
      kind: "user",
    });
    expect((await apiInfo(app, "read")).multiaddr).toBe(first.listening.multiaddr);
    await first.stop();
  });

  it.each(["0.0.0.0", "::", "192.0.2.7", "example.org"])("refuses %s unless it is said so", async (host) => {
    const app = await newApp();
    await expect(serving(app, { listen: { host, port: 0 } })).rejects.toMatchObject({
      code: "NODE_LISTEN_REMOTE",
      kind: "user",
    });
  });

  it("listens for other machines when it is said so", async () => {
    const app = await newApp();
    const { listening, stop } = await serving(app, {
      listen: { host: "0.0.0.0", port: 0 },
      allowRemote: true,
    });
    expect(listening.multiaddr).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/http$/);
    await stop();
  });

  it("names an address that this machine does not have", async () => {
    const app = await newApp();
    const request = { listen: { host: "192.0.2.7", port: 0 }, allowRemote: true };
    await expect(serving(app, request)).rejects.toMatchObject({ code: "NODE_ADDRESS" });
  });
});

describe("tokens of a repo", () => {
  it("are signed with one secret that only its owner can read, whoever is first", async () => {
    const app = await newApp();
    const made = await Promise.all(Array.from({ length: 8 }, async () => repoToken(app, "sign")));
    expect(new Set(made).size).toBe(1);
    expect(statSync(app.repo.nodeSecret).mode & 0o777).toBe(0o600);
  });

  it("end with the secret", async () => {
    const app = await newApp();
    const old = await apiInfo(app, "read");
    rmSync(app.repo.nodeSecret);
    const { listening, stop } = await serving(app);
    const response = await fetch(listening.url, {
      method: "POST",
      headers: { authorization: `Bearer ${old.token}` },
    });
    expect(response.status).toBe(401);
    await stop();
  });

  it("are not made with a secret that is damaged", async () => {
    const { repo } = await newApp();
    writeFileSync(repo.nodeSecret, "x");
    await expect(nodeSecret(repo)).rejects.toMatchObject({ code: "NODE_SECRET_DAMAGED", kind: "user" });
  });

  it("come with the default address while nobody serves", async () => {
    const app = await newApp();
    expect(await apiInfo(app, "read")).toMatchObject({
      multiaddr: "/ip4/127.0.0.1/tcp/1234/http",
      served: false,
    });
  });
});
