import type { Endpoint } from "./apiInfo.ts";
import { request, resultOf, start } from "./envelope.ts";
import { badAnswer, reasonOf, unauthorised, unreachable } from "./errors.ts";
import type { Patience, Transport } from "./transport.ts";

/** One POST for each call. Nothing to reconnect, nothing to keep alive. */
export class HttpTransport implements Transport {
  readonly name: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #patience: Pick<Patience, "callMs">;
  /** Aborted by `close`: a command that ends does not wait for a slow answer. */
  readonly #closed = new AbortController();
  #lastId = 0;

  constructor({ http, token }: Endpoint, patience: Pick<Patience, "callMs">) {
    this.name = http;
    this.#headers = { "content-type": "application/json", ...authorisation(token) };
    this.#patience = patience;
  }

  async call(method: string, params: readonly unknown[]): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    const { status, text } = await this.#post(request(id, method, params));
    if (status === 401 || status === 403) throw unauthorised(this.name, status);
    // Lotus sends errors of its own with status 500 and a JSON body; what a proxy sends is no JSON.
    if (status >= 400 && !text.trimStart().startsWith("{")) throw this.#proxy(method, status, text);
    return resultOf(this.name, method, id, text);
  }

  close(): void {
    this.#closed.abort();
  }

  /** FAIL: refused, reset, cut in the middle of the body, too slow → CHAIN_UNREACHABLE. */
  async #post(body: string): Promise<{ status: number; text: string }> {
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(this.#patience.callMs)]);
    try {
      const init = { method: "POST", headers: this.#headers, body, signal };
      // A redirect would carry the token to a place that nobody has configured.
      const response = await fetch(this.name, { ...init, redirect: "error" });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      throw unreachable(this.name, this.#closed.signal.aborted ? "closed" : reasonOf(error), error);
    }
  }

  /** 404 is another program's answer; 429 and 5xx pass. */
  #proxy(method: string, status: number, text: string) {
    if (status === 429 || status >= 500) return unreachable(this.name, `HTTP status ${status}`);
    return badAnswer(this.name, method, `HTTP status ${status}: ${start(text)}`);
  }
}

export function authorisation(token: string | null): Readonly<Record<string, string>> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}
