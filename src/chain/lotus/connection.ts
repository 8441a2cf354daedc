/**
 * One websocket to a node, from its opening to its end: calls, and channels (go-jsonrpc's way to stream). What is
 * under way when it ends fails with CHAIN_UNREACHABLE; a connection never comes back, somebody opens another one.
 */
import type { RawData, WebSocket } from "ws";
import type { PadmaError } from "../../errors.ts";
import { looseJson } from "../../wire/json.ts";
import type { Endpoint } from "./apiInfo.ts";
import { Channels, type Channel, type ChannelListener } from "./channels.ts";
import { type Answer, parseAnswer, request, start } from "./envelope.ts";
import { badAnswer, reasonOf, rpcError, unauthorised, unreachable } from "./errors.ts";
import { authorisation } from "./http.ts";
import type { Patience } from "./transport.ts";

interface Pending {
  readonly method: string;
  readonly answer: (answer: Answer) => void;
  readonly fail: (error: PadmaError) => void;
}

type Limits = Pick<Patience, "callMs" | "connectMs" | "pingMs">;

export class Connection {
  readonly name: string;
  readonly #socket: WebSocket;
  readonly #limits: Limits;
  readonly #pending = new Map<number, Pending>();
  readonly #channels = new Channels();
  readonly #opened = Promise.withResolvers<void>();
  readonly #pinging: NodeJS.Timeout;
  /** Something has come since the last ping. */
  #heard = true;
  #lastId = 0;
  #end: PadmaError | null = null;

  /**
   * `signal` ends the opening, not the connection.
   * @throws PadmaError CHAIN_UNREACHABLE, CHAIN_AUTH
   */
  static async open(endpoint: Endpoint, limits: Limits, signal?: AbortSignal): Promise<Connection> {
    const { WebSocket } = await import("ws");
    const headers = authorisation(endpoint.token);
    const socket = new WebSocket(endpoint.ws, { headers, handshakeTimeout: limits.connectMs });
    const connection = new Connection(endpoint.ws, socket, limits);
    const stop = () => connection.close();
    if (signal?.aborted === true) stop();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      await connection.#opened.promise;
      return connection;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /** Listens from the start: the first frames may come together with the node's consent. */
  private constructor(name: string, socket: WebSocket, limits: Limits) {
    this.name = name;
    this.#socket = socket;
    this.#limits = limits;
    socket.on("open", () => this.#opened.resolve());
    socket.on("unexpected-response", (_, { statusCode }) => this.#over(rejected(name, statusCode ?? 0)));
    socket.on("message", (data: RawData) => this.#take(data));
    socket.on("pong", () => (this.#heard = true));
    socket.on("error", (error) => this.#over(unreachable(name, reasonOf(error), error)));
    socket.on("close", (code) => this.#over(unreachable(name, `the connection was closed (${code})`)));
    this.#pinging = setInterval(() => this.#ping(), limits.pingMs);
  }

  get isOpen(): boolean {
    return this.#end === null;
  }

  /** @throws PadmaError CHAIN_UNREACHABLE, CHAIN_RPC, CHAIN_METHOD, CHAIN_PERMISSION */
  async call(method: string, params: readonly unknown[]): Promise<unknown> {
    return (await this.#call(method, params)).result;
  }

  /**
   * Opens a channel. Values may come before the answer that names it; the listener gets them in order all the same.
   * @throws as `call`, and CHAIN_ANSWER when the answer is no channel id
   */
  async open(method: string, params: readonly unknown[], listener: ChannelListener): Promise<Channel> {
    const expected = this.#channels.expect();
    try {
      const { id, result } = await this.#call(method, params);
      if (typeof result !== "number") throw badAnswer(this.name, method, "it is not a channel's number");
      expected.is(result, listener);
      return { cancel: () => this.#cancel(id) };
    } finally {
      expected.done();
    }
  }

  close(): void {
    this.#over(unreachable(this.name, "closed"));
  }

  async #call(method: string, params: readonly unknown[]): Promise<Answer> {
    if (this.#end !== null) throw this.#end;
    this.#lastId += 1;
    const id = this.#lastId;
    const timer = setTimeout(() => this.#giveUp(id), this.#limits.callMs);
    try {
      return await new Promise<Answer>((answer, fail) => {
        this.#pending.set(id, { method, answer, fail });
        this.#socket.send(request(id, method, params));
      });
    } finally {
      clearTimeout(timer);
      this.#pending.delete(id);
    }
  }

  /** FAIL: the answer came all the same, later → nobody waits for it, it is dropped. */
  #giveUp(id: number): void {
    this.#pending.get(id)?.fail(unreachable(this.name, "it took too long"));
    this.#cancel(id);
  }

  #cancel(id: number): void {
    if (this.#end !== null) return;
    this.#socket.send(JSON.stringify({ jsonrpc: "2.0", method: "xrpc.cancel", params: [id] }));
  }

  /** FAIL: bytes that are no JSON-RPC → whatever they were meant for is lost, so the connection ends. */
  #take(data: RawData): void {
    this.#heard = true;
    const text = textOf(data);
    const frame = looseJson(text);
    if (this.#channels.take(frame)) return;
    const answer = parseAnswer(frame);
    if (answer === null) {
      return this.#over(unreachable(this.name, `not JSON-RPC: ${start(text)}`));
    }
    const pending = this.#pending.get(answer.id);
    if (answer.error === null) pending?.answer(answer);
    else pending?.fail(rpcError(this.name, pending.method, answer.error));
  }

  /** A half-open connection looks like a quiet one; only a ping without a pong tells them apart. */
  #ping(): void {
    if (!this.#heard) return this.#over(unreachable(this.name, "it has gone silent"));
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#heard = false;
    this.#socket.ping();
  }

  #over(reason: PadmaError): void {
    if (this.#end !== null) return;
    this.#end = reason;
    clearInterval(this.#pinging);
    this.#socket.terminate();
    this.#opened.reject(reason);
    for (const { fail } of this.#pending.values()) fail(reason);
    this.#channels.closeAll(reason);
  }
}

function rejected(name: string, status: number): PadmaError {
  if (status === 401 || status === 403) return unauthorised(name, status);
  return unreachable(name, `HTTP status ${status}`);
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString("utf8");
}
