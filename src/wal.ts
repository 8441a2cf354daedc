/** How long another process may hold a fresh file. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 5;

/**
 * Switches a SQLite file to its write-ahead log. Two processes that do so with a fresh file at once: SQLite answers
 * "busy" there without waiting, so that it is asked again.
 * @throws what `switchOver` throws: anything else than busy at once, and busy in the end.
 */
export function useWal(switchOver: () => void, isBusy: (error: unknown) => boolean): void {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      switchOver();
      return;
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}
