import type { Endpoint } from "./apiInfo.ts";
import { Connection } from "./connection.ts";
import { unreachable } from "./errors.ts";
import type { Patience, Transport } from "./transport.ts";

/** Calls over one websocket, which is opened with the first call, and again after it ended. */
export class SocketTransport implements Transport {
  readonly name: string;
  readonly #endpoint: Endpoint;
  readonly #patience: Patience;
  #connection: Connection | null = null;
  /** Calls that come while it opens wait for the same one. */
  #opening: Promise<Connection> | null = null;
  #isClosed = false;

  constructor(endpoint: Endpoint, patience: Patience) {
    this.name = endpoint.ws;
    this.#endpoint = endpoint;
    this.#patience = patience;
  }

  async call(method: string, params: readonly unknown[]): Promise<unknown> {
    const connection = this.#connection?.isOpen === true ? this.#connection : await this.#open();
    return connection.call(method, params);
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.close();
  }

  /** FAIL: it does not open → these calls fail; the next one tries again. */
  #open(): Promise<Connection> {
    this.#opening ??= this.#dial().finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #dial(): Promise<Connection> {
    const connection = await Connection.open(this.#endpoint, this.#patience);
    this.#connection = connection;
    if (!this.#isClosed) return connection;
    connection.close();
    throw unreachable(this.name, "closed");
  }
}
