/** A devnet as a node, in a process of its own beside the commands of its repo. */
import { describe, expect, it } from "vitest";
import { type Cli, type Running, tempCli } from "../helpers/cli.ts";

async function served(cli: Cli): Promise<{ node: Running; url: string }> {
  await cli.json("init", "--block-delay", "200");
  const node = cli.start("devnet", "serve", "--listen", "127.0.0.1:0");
  const line = await node.line(/^serving /);
  return { node, url: line.replace(/^.* at /, "") };
}

async function height(url: string): Promise<number> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "Filecoin.ChainHead", params: [] });
  const answer = (await (await fetch(url, { method: "POST", body })).json()) as {
    readonly result: { readonly Height: number };
  };
  return answer.result.Height;
}

describe("padma devnet serve", () => {
  it("keeps the chain at its clock beside other commands, and ends with 130 on SIGTERM", async () => {
    const cli = tempCli();
    const { node, url } = await served(cli);
    const before = await height(url);
    await cli.json("devnet", "advance", "50");
    expect(await height(url)).toBeGreaterThanOrEqual(before + 50);
    const info = (await cli.json("auth", "api-info", "--perm", "sign")) as Record<string, unknown>;
    expect(info).toMatchObject({ served: true, permission: "sign" });
    node.child.kill("SIGTERM");
    expect((await node.ended).code).toBe(130);
    const status = (await cli.json("devnet", "status")) as { head: { epoch: number } };
    expect(status.head.epoch).toBeGreaterThanOrEqual(before + 50);
  });

  it("refuses a port that is taken with 2, and says what to do", async () => {
    const cli = tempCli();
    const { url } = await served(cli);
    const taken = await cli.run("devnet", "serve", "--listen", new URL(url).host);
    expect(taken).toMatchObject({ code: 2, stdout: "" });
    expect(taken.stderr).toMatch(/another process listens there already[\s\S]*→ choose another address/);
  });
});
