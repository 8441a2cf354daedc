/**
 * A TCP proxy in a process of its own, between padma and a node: what the network does to connections. It is told over
 * IPC; each order counts from the moment of its answer on.
 */
import { createServer, connect, type Socket } from "node:net";

export type Weather =
  /** Passes everything on. */
  | { readonly kind: "clear" }
  /** Ends every connection, and each new one as soon as it comes. */
  | { readonly kind: "down" }
  /** Takes connections and requests, and is silent: half-open. */
  | { readonly kind: "silent" }
  /** Passes requests on, and ends the connection instead of passing the answer. */
  | { readonly kind: "lostAnswers" }
  /** Passes so many bytes of each answer, then ends the connection. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** Puts these bytes in the place of each answer, and ends the connection. */
  | { readonly kind: "instead"; readonly bytes: string }
  /** Holds each answer back for so long. */
  | { readonly kind: "slow"; readonly ms: number }
  /** Clear, but for every so many-th answer. */
  | { readonly kind: "mostly"; readonly every: number; readonly bad: BadAnswer };

/** What happens to one answer and its connection. */
export type BadAnswer = Extract<Weather, { readonly kind: "lostAnswers" | "cut" | "instead" }>;

export interface Order {
  readonly order: number;
  readonly target?: number;
  readonly weather: Weather;
}

const CLEAR = { kind: "clear" } as const;
let weather: Weather = CLEAR;
let target = 0;
let answers = 0;
const open = new Set<Socket>();

const server = createServer((client) => {
  if (weather.kind === "down") return void client.destroy();
  const node = connect(target, "127.0.0.1");
  for (const socket of [client, node]) {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      open.delete(socket);
      client.destroy();
      node.destroy();
    });
  }
  client.on("data", (bytes) => {
    if (weather.kind !== "silent") node.write(bytes);
  });
  node.on("data", (bytes) => answer(client, node, bytes));
});

function answer(client: Socket, node: Socket, bytes: Buffer): void {
  const end = () => {
    client.end();
    node.destroy();
  };
  answers += 1;
  const now = weather.kind !== "mostly" ? weather : answers % weather.every === 0 ? weather.bad : CLEAR;
  switch (now.kind) {
    case "clear":
      return void client.write(bytes);
    case "down":
    case "lostAnswers":
      return end();
    case "silent":
      return undefined;
    case "cut":
      client.write(bytes.subarray(0, now.afterBytes));
      return end();
    case "instead":
      client.write(now.bytes);
      return end();
    case "slow":
      return void setTimeout(() => client.write(bytes), now.ms);
  }
}

process.on("message", (message: Order) => {
  weather = message.weather;
  target = message.target ?? target;
  if (weather.kind === "down") for (const socket of open) socket.destroy();
  process.send?.({ order: message.order });
});
process.on("disconnect", () => process.exit(0));

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.send?.({ port: address.port });
});
