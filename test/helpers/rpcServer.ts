/** A JSON-RPC server on the loopback that answers as a lotus node does; what it answers is the test's business. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export type RpcMethod = (params: readonly unknown[]) => unknown;

/** Thrown by a method: the error that goes to the client. */
export class RpcFailure extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Returned by a method: the call has had its effect, and the connection ends instead of an answer. */
export const LOST = Symbol("lost");

/** Returned by a method: the result is a channel with this number; `opened` is called when its answer has gone. */
export class RpcChannel {
  readonly id: number;
  readonly opened: (channel: OpenChannel) => void;
  /** Values that go out before the answer that names the channel. */
  readonly early: readonly unknown[];
  constructor(id: number, opened: (channel: OpenChannel) => void, early: readonly unknown[] = []) {
    this.id = id;
    this.opened = opened;
    this.early = early;
  }
}

export interface OpenChannel {
  send(value: unknown): void;
  close(): void;
  /** Sends text that need not be JSON. */
  raw(text: string): void;
  onCancel(listener: () => void): void;
}

export interface RpcServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly port: number;
  /** How often each method was called. */
  readonly calls: Map<string, number>;
  readonly methods: Map<string, RpcMethod>;
  /** The Authorization header that is wanted; others get 401. */
  token: string | null;
  readonly close: () => Promise<void>;
  /** Ends every websocket, as a node that restarts does. */
  readonly dropSockets: () => void;
  /** Leaves every websocket open, and neither reads from it nor answers its pings: half-open. */
  readonly muteSockets: () => void;
  /** Resolves when no websocket is open any more. */
  readonly socketsAreGone: () => Promise<void>;
}

interface Request {
  readonly id?: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Starts it on a free port; whoever starts it closes it. */
export async function startRpcServer(methods: Readonly<Record<string, RpcMethod>> = {}): Promise<RpcServer> {
  const http = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const server: RpcServer = {
    host: `127.0.0.1:${port}`,
    port,
    calls: new Map(),
    methods: new Map(Object.entries(methods)),
    token: null,
    close: () => stop(http, sockets),
    dropSockets: () => sockets.clients.forEach((client) => client.terminate()),
    muteSockets: () => sockets.clients.forEach((client) => client.pause()),
    socketsAreGone: async () => {
      for (const client of sockets.clients) await once(client, "close");
    },
  };
  http.on("request", (request, response) => void post(server, request, response));
  http.on("upgrade", (request, socket, head) => {
    if (!mayEnter(server, request)) return void socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
    sockets.handleUpgrade(request, socket, head, (client) => serve(server, client));
  });
  return server;
}

async function stop(http: Server, sockets: WebSocketServer): Promise<void> {
  for (const client of sockets.clients) client.terminate();
  sockets.close();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
}

const mayEnter = ({ token }: RpcServer, { headers }: IncomingMessage): boolean =>
  token === null || headers.authorization === `Bearer ${token}`;

async function post(server: RpcServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!mayEnter(server, request)) return void response.writeHead(401).end();
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const answer = await answerTo(server, JSON.parse(body) as Request);
  if (answer.result === LOST) return void request.socket.destroy();
  const status = answer.error !== undefined && answer.error.code < 0 ? 500 : 200;
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
}

interface Answer {
  readonly id: number | undefined;
  readonly jsonrpc: "2.0";
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

async function answerTo(server: RpcServer, { id, method, params }: Request): Promise<Answer> {
  const name = method.replace("Filecoin.", "");
  server.calls.set(name, (server.calls.get(name) ?? 0) + 1);
  const handler = server.methods.get(name);
  try {
    if (handler === undefined) throw new RpcFailure(-32601, `method '${method}' not found`);
    return { id, jsonrpc: "2.0", result: await handler(params) };
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error;
    return { id, jsonrpc: "2.0", error: { code: error.code, message: error.message } };
  }
}

function serve(server: RpcServer, client: WebSocket): void {
  const cancels = new Map<number, () => void>();
  const send = (frame: object): void => client.send(JSON.stringify({ jsonrpc: "2.0", ...frame }));
  client.on("message", (data: Buffer) => void take(JSON.parse(data.toString()) as Request));
  const take = async (request: Request): Promise<void> => {
    if (request.method === "xrpc.cancel") return cancels.get(Number(request.params[0]))?.();
    const answer = await answerTo(server, request);
    if (!(answer.result instanceof RpcChannel)) return client.send(JSON.stringify(answer));
    const channel = answer.result;
    const value = (content: unknown) => send({ method: "xrpc.ch.val", params: [channel.id, content] });
    channel.early.forEach(value);
    send({ id: request.id, result: channel.id });
    const close = () => send({ method: "xrpc.ch.close", params: [channel.id] });
    cancels.set(request.id ?? -1, close);
    channel.opened({
      send: value,
      close,
      raw: (text) => client.send(text),
      onCancel: (listener) => cancels.set(request.id ?? -1, () => (listener(), close())),
    });
  };
}
