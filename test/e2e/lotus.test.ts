/** Sealing on a network that others make: one process serves a devnet as a node, others seal through it. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cli, cliIn, makeFolder, type Running } from "../helpers/cli.ts";

/** C2 takes ten to thirty seconds on two cores, and more beside other work. */
const LONG = 15 * 60_000;

let network: Cli;
let node: { readonly running: Running; readonly listen: string; readonly apiInfo: string };
let cli: Cli;

async function serve(listen: string): Promise<typeof node> {
  const running = network.start("devnet", "serve", "--listen", listen, "--json");
  const answer = JSON.parse(await running.answer()) as { listen: string; apiInfo: string };
  return { running, listen: answer.listen, apiInfo: answer.apiInfo.replace("FULLNODE_API_INFO=", "") };
}

/** What anybody may read at the node. */
async function ask(method: string, ...params: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: `Filecoin.${method}`, params });
  const response = await fetch(`http://${node.listen}/rpc/v1`, { method: "POST", body });
  return ((await response.json()) as { result: unknown }).result;
}

beforeAll(async () => {
  network = cliIn(makeFolder());
  await network.json("init");
  node = await serve("127.0.0.1:0");
  cli = cliIn(makeFolder(), {
    FULLNODE_API_INFO: node.apiInfo,
    PADMA_SEALING_MESSAGE_CONFIDENCE: "1",
    PADMA_SEALING_SEED_CONFIDENCE: "0",
  });
});
afterAll(async () => {
  node.running.child.kill("SIGTERM");
  await node.running.ended;
  for (const { root } of [network, cli]) rmSync(root, { recursive: true, force: true });
});

describe("a miner behind a node", () => {
  it("gets a repo of its own", async () => {
    expect(await cli.json("init", "--network", "lotus", "--actor", "t01000")).toEqual({
      path: cli.path,
      network: "padma-devnet",
      miner: "t01000",
      sectorSize: 2048,
      parameters: null,
    });
    const { code, stderr } = await cli.run("devnet", "advance");
    expect([code, stderr]).toEqual([2, expect.stringContaining("no devnet of its own")]);
  });

  it("is created once by an init that is killed with -9 while it waits", { timeout: LONG }, async () => {
    const other = cliIn(makeFolder(), { FULLNODE_API_INFO: node.apiInfo });
    try {
      const creating = other.start("init", "--network", "lotus");
      await creating.line(/^creating a miner: .* waiting for it to land$/);
      creating.child.kill("SIGKILL");
      await creating.ended;
      expect((await other.run("info")).stderr).toContain("there is no padma repo");
      const made = (await other.json("init", "--network", "lotus")) as { miner: string };
      const miners = await ask("StateListMiners", []);
      expect(miners).toHaveLength(2);
      expect(miners).toContain(made.miner);
      expect(await other.json("info")).toMatchObject({ miner: made.miner, sectors: {}, total: 0 });
    } finally {
      rmSync(other.root, { recursive: true, force: true });
    }
  });

  it(
    "seals a sector whose driver is killed with -9, and whose node goes away and comes back",
    { timeout: LONG },
    async () => {
      const pledging = cli.start("pledge-sector", "--wait", "--log-level", "info");
      await pledging.line(/task claimed.*step=C2/);
      pledging.child.kill("SIGKILL");
      await pledging.ended;
      const { precommitCid, commR } = (await cli.json("sectors", "status", "0")) as {
        precommitCid: string;
        commR: string;
      };

      node.running.child.kill("SIGTERM");
      expect((await node.running.ended).code).toBe(130);
      const alone = await cli.run("run", "--until-idle", "--patience", "1s");
      expect(alone.code, alone.stderr).toBe(75);
      expect(alone.stderr).toContain("the node does not answer");

      node = await serve(node.listen);
      const driving = cli.start("run", "--until-idle", "--patience", "30s");
      await driving.line(/Committing · C1|Committing · C2/);
      // Proving takes long enough for the node to be away and back while it goes on.
      node.running.child.kill("SIGKILL");
      await node.running.ended;
      node = await serve(node.listen);
      const rest = await driving.ended;
      expect(rest.code, rest.stderr).toBe(0);

      expect(await cli.json("sectors", "status", "0")).toMatchObject({
        precommitCid,
        commR,
        state: "Proving",
        retries: 0,
        onChain: { dealWeight: "0" },
      });
      expect(await network.json("info")).toMatchObject({ power: { raw: "2048" }, total: 0 });
      expect(await cli.json("info")).toMatchObject({
        network: { kind: "lotus", name: "padma-devnet", isLocal: true },
        power: { raw: "2048" },
        sectors: { Proving: 1 },
        warning: null,
      });
    },
  );

  it("is refused to a repo of another network", async () => {
    const other = cliIn(makeFolder());
    try {
      await other.json("init");
      const serving = other.start("devnet", "serve", "--listen", "127.0.0.1:0", "--json");
      const { apiInfo } = JSON.parse(await serving.answer()) as { apiInfo: string };
      const env = { FULLNODE_API_INFO: apiInfo.replace("FULLNODE_API_INFO=", "") };
      const { code, stderr } = await cli.runIn(env, "pledge-sector");
      serving.child.kill("SIGTERM");
      await serving.ended;
      expect([code, stderr]).toEqual([2, expect.stringContaining("another network")]);
    } finally {
      rmSync(other.root, { recursive: true, force: true });
    }
  });
});
