/** Calls over a websocket: requests and answers in any order, channels of values, cancelling, pings. */
import type { RawData, WebSocket } from "ws";
import { formatJson, type JsonObject, type JsonValue } from "../../wire/json.ts";
import {
  dispatch,
  errorJson,
  type OpenChannel,
  readJson,
  readRequest,
  type Request,
  resultJson,
} from "./dispatch.ts";
import { toRpcError } from "./rpcError.ts";
import type { Caller, Service } from "./service.ts";

/** A caller that answers no ping for so long is gone, although nothing says so. */
const PING_MS = 5_000;
const SILENCE_MS = 30_000;
/** A caller that reads so slowly is cut off: it comes again and catches up. */
const MOST_BUFFERED = 64 * 1024 * 1024;

/** Serves one connection until it closes. */
export function serveSocket(service: Service, caller: Caller, socket: WebSocket): void {
  const connection = new Connection(service, caller, socket);
  socket.on("message", (data, isBinary) => void connection.take(data, isBinary));
  socket.on("error", () => socket.terminate()); // broken frames; "close" follows
  keepAlive(socket);
}

class Connection {
  readonly #service: Service;
  readonly #caller: Caller;
  readonly #socket: WebSocket;
  /** Stops a call, or the channel that it opened, by the request's id. */
  readonly #running = new Map<string | number, () => void>();
  #channels = 0;

  constructor(service: Service, caller: Caller, socket: WebSocket) {
    this.#service = service;
    this.#caller = caller;
    this.#socket = socket;
    socket.on("close", () => {
      for (const stop of this.#running.values()) stop();
    });
  }

  /** One message. Whatever is wrong with it is answered, never thrown. */
  async take(data: RawData, isBinary: boolean): Promise<void> {
    let request: Request;
    try {
      request = readRequest(readJson(isBinary ? "" : textOf(data)));
    } catch (error) {
      this.#send(errorJson(undefined, toRpcError(error, "")));
      return;
    }
    if (request.method === "xrpc.cancel") this.#cancel(request.params[0]);
    else await this.#answer(request);
  }

  async #answer(request: Request): Promise<void> {
    const { id } = request;
    const { signal, stop } = this.#service.callSignal();
    const opened: (() => void)[] = [];
    if (id !== undefined) this.#running.set(id, stop);
    try {
      // Nobody could cancel a channel that no request names.
      const open: OpenChannel | null =
        id === undefined ? null : (start) => this.#open(id, request.method, signal, start, opened);
      const call = this.#service.call(signal);
      const result = await dispatch(this.#service.methods, request, call, this.#caller.permissions, open);
      if (id !== undefined) this.#send(resultJson(id, result));
    } catch (error) {
      if (id !== undefined) this.#send(errorJson(id, this.#service.told(error, request.method)));
    }
    if (opened.length === 0 && id !== undefined) this.#running.delete(id);
    for (const start of opened) start();
  }

  /** The channel's first value follows the answer that names the channel. */
  #open(
    id: string | number,
    method: string,
    signal: AbortSignal,
    start: Parameters<OpenChannel>[0],
    opened: (() => void)[],
  ): number {
    this.#channels += 1;
    const channel = this.#channels;
    const run = async () => {
      try {
        await start(signal, (value) => this.#notify("xrpc.ch.val", [channel, value]));
      } catch (error) {
        this.#service.told(error, method);
      }
      this.#notify("xrpc.ch.close", [channel]);
      this.#running.delete(id);
    };
    opened.push(() => void run());
    return channel;
  }

  #cancel(id: JsonValue | undefined): void {
    if (typeof id === "string" || typeof id === "number") this.#running.get(id)?.();
  }

  #notify(method: string, params: readonly JsonValue[]): void {
    this.#send({ jsonrpc: "2.0", method, params });
  }

  #send(message: JsonObject): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MOST_BUFFERED) this.#socket.terminate();
    else this.#socket.send(formatJson(message));
  }
}

function keepAlive(socket: WebSocket): void {
  let heard = performance.now();
  const listen = () => {
    heard = performance.now();
  };
  const timer = setInterval(() => {
    if (performance.now() - heard > SILENCE_MS) socket.terminate();
    else socket.ping();
  }, PING_MS);
  for (const event of ["pong", "ping", "message"] as const) socket.on(event, listen);
  socket.on("close", () => clearInterval(timer));
}

const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer)).toString("utf8");
