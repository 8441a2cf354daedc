/** `FULLNODE_API_INFO`: where nodes are, and the tokens they want (lotus, cli/util/apiinfo.go). */
import { PadmaError } from "../../errors.ts";

/** A node's address. The two URLs are the same place; which one carries the calls is `transport`. */
export interface Endpoint {
  /** `http://127.0.0.1:1234/rpc/v1`, for fetch. */
  readonly http: string;
  /** `ws://127.0.0.1:1234/rpc/v1`, for channels. */
  readonly ws: string;
  readonly transport: "http" | "ws";
  /** null: none, so only what the node lets everybody do. Never part of an error or a log line. */
  readonly token: string | null;
}

/**
 * Nodes in order of preference: `token:multiaddr`, `token:url`, or either without a token; several with commas.
 * Multiaddrs: /ip4 /ip6 /dns /dns4 /dns6, then /tcp, then any of /http /https /ws /wss /tls.
 * @throws PadmaError CHAIN_API_INFO (user); the token is not in its facts.
 */
export function parseApiInfo(text: string): readonly Endpoint[] {
  const parts = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (parts.length === 0) throw invalid("it is empty", text);
  return parts.map(endpoint);
}

function endpoint(text: string): Endpoint {
  const { token, address } = splitToken(text);
  const url = address.startsWith("/") ? urlOfMultiaddr(address) : urlOf(address);
  const isSecure = url.protocol === "https:" || url.protocol === "wss:";
  const rest = `://${url.host}${pathOf(url, address)}`;
  return {
    http: `${isSecure ? "https" : "http"}${rest}`,
    ws: `${isSecure ? "wss" : "ws"}${rest}`,
    transport: url.protocol.startsWith("ws") ? "ws" : "http",
    token,
  };
}

/** The token is what stands before the address. Since lotus 1.36 it need not be a JWT. */
function splitToken(text: string): { token: string | null; address: string } {
  const [, token, address] = /^([^:/,\s]+):(\/(?!\/).+|(?:https?|wss?):\/\/.+)$/.exec(text) ?? [];
  return token === undefined || address === undefined ? { token: null, address: text } : { token, address };
}

function urlOf(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^(https?|wss?):$/.test(url.protocol)) {
    throw invalid("not a multiaddr, and not an http or websocket URL", address);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw invalid("a node's URL has no user, query or fragment", `${url.protocol}//${url.host}`);
  }
  return url;
}

const HOST = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d{1,5})((?:\/(?:http|https|ws|wss|tls))*)\/?$/;

function urlOfMultiaddr(address: string): URL {
  const [, kind, host, port, tail] = HOST.exec(address) ?? [];
  if (kind === undefined || host === undefined || tail === undefined) {
    throw invalid("not a multiaddr like /ip4/127.0.0.1/tcp/1234/http", address);
  }
  const protocols = tail.split("/");
  const isSecure = protocols.some((name) => ["https", "wss", "tls"].includes(name));
  const scheme = protocols.some((name) => name === "ws" || name === "wss") ? "ws" : "http";
  return urlOf(`${scheme}${isSecure ? "s" : ""}://${kind === "ip6" ? `[${host}]` : host}:${port}`);
}

/** Lotus adds the version to whatever stands there; an address that names it already is taken as it is. */
function pathOf(url: URL, address: string): string {
  const path = url.pathname.replace(/\/+$/, "");
  if (path.endsWith("/rpc/v0")) throw invalid("padma speaks version 1 of the node's API, not 0", address);
  return /\/rpc\/v\d+$/.test(path) ? path : `${path}/rpc/v1`;
}

/** What stands before the first colon may be a token, and so may anything that has no slash. */
function shownAddress(text: string): string {
  return text === "" || text.includes("/") ? text.replace(/^[^:/]+:(?!\/\/)/, "…:") : "…";
}

function invalid(reason: string, address: string): PadmaError {
  return new PadmaError({
    code: "CHAIN_API_INFO",
    kind: "user",
    message: `the address of the node cannot be read: ${reason}`,
    facts: { address: shownAddress(address) },
    next: "take what `lotus auth api-info --perm sign` prints after FULLNODE_API_INFO=",
  });
}
