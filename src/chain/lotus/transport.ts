/** How calls get to one node. */
export interface Transport {
  /** The node as errors and logs name it: without its token. */
  readonly name: string;
  /**
   * The result of a call, unchecked.
   * @throws PadmaError CHAIN_UNREACHABLE, CHAIN_ANSWER, CHAIN_AUTH, CHAIN_RPC, CHAIN_METHOD, CHAIN_PERMISSION
   */
  call(method: string, params: readonly unknown[]): Promise<unknown>;
  close(): void;
}

/** How long padma waits, in milliseconds. */
export interface Patience {
  /** For the whole answer to a call. */
  readonly callMs: number;
  /** For a websocket to open. */
  readonly connectMs: number;
  /** Between two pings; a connection that has been silent for two of them is dead. */
  readonly pingMs: number;
  /** Before the first try to connect again; doubled with each one. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
}

export const PATIENCE: Patience = {
  callMs: 60_000,
  connectMs: 10_000,
  pingMs: 10_000,
  retryMs: 500,
  maxRetryMs: 30_000,
};
