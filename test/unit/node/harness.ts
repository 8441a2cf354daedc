import { onTestFinished } from "vitest";
import { silentLog } from "../../../src/log.ts";
import { type Permission, permissionsUpTo, createToken } from "../../../src/chain/node/permissions.ts";
import { serveNode, type ServedNode } from "../../../src/chain/node/serve.ts";
import type { DevnetChoices } from "../../../src/chain/devnet/parameters.ts";
import { type TestDevnet, testDevnet } from "../devnet/harness.ts";

const SECRET = new Uint8Array(32).fill(3);

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly result: unknown;
  readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } | undefined;
}

export interface TestNode extends TestDevnet {
  readonly served: ServedNode;
  /** `http://127.0.0.1:…` */
  readonly url: string;
  /** A token with a permission and those below it. */
  readonly token: (permission: Permission) => Promise<string>;
  /** One call over http, as admin unless another token, or none (null), is given. */
  readonly call: (method: string, params?: readonly unknown[], token?: string | null) => Promise<Answer>;
  /** The result of a call that must succeed. */
  readonly ask: <T>(method: string, ...params: readonly unknown[]) => Promise<T>;
  /** Lets epochs pass, and the node see it. */
  readonly pass: (epochs: number) => Promise<void>;
}

export async function testNode(choices: Partial<DevnetChoices> = {}): Promise<TestNode> {
  const devnet = await testDevnet(choices);
  const { chain, clock } = devnet;
  const listen = { host: "127.0.0.1", port: 0 };
  const served = await serveNode({ chain, listen, secret: SECRET, version: "0.0.0", log: silentLog });
  onTestFinished(async () => served.close());
  const url = `http://127.0.0.1:${served.address.port}`;
  const token = async (permission: Permission) => createToken(SECRET, permissionsUpTo(permission));
  const admin = await token("admin");
  const call = async (method: string, params: readonly unknown[] = [], given: string | null = admin) =>
    post(url, { jsonrpc: "2.0", id: 1, method: `Filecoin.${method}`, params }, given);
  const ask = async <T>(method: string, ...params: readonly unknown[]) => {
    const answer = await call(method, params);
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result as T;
  };
  const pass = async (epochs: number) => {
    clock.pass(epochs * chain.network.blockDelayMs);
    await ask("ChainHead");
  };
  return { ...devnet, served, url, token, call, ask, pass };
}

/** Posts a body as it is (text), or as JSON. */
export async function post(url: string, body: unknown, token: string | null = null): Promise<Answer> {
  const response = await fetch(`${url}/rpc/v1`, {
    method: "POST",
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const parsed = text === "" ? {} : JSON.parse(text);
  return { status: response.status, body: text, result: parsed.result, error: parsed.error };
}
