/** One file over http into a part beside its place; a cut connection is gone on with where it ended. */
import { open, rm, stat } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { PadmaError, systemErrorCode } from "../errors.ts";
import { backoff, type RetryPolicy } from "../sealing/plan.ts";

export interface DownloadOptions {
  /** The first that has the file is taken. */
  readonly urls: readonly string[];
  /** What has come so far; it stays for the next run, whatever ends this one. */
  readonly part: string;
  /** No honest file is longer: a server that announces or sends more is not believed. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Called with each answer, before a byte of it is written. */
  readonly requireFree: (bytes: number) => Promise<void>;
  /** `total` is null when the server does not say. */
  readonly onBytes: (done: number, total: number | null) => void;
  /** Replaced in tests. */
  readonly patience?: Patience;
}

export interface Patience {
  /** A connection that is silent for so long is given up. */
  readonly silentMs: number;
  /** Tries that bring nothing new, one after the other. */
  readonly tries: number;
  readonly pauses: RetryPolicy;
}

const PATIENCE: Patience = { silentMs: 60_000, tries: 6, pauses: { baseMs: 1000, maxMs: 30_000 } };

/**
 * Returns when the part is as long as the server says the file is. `inOnePiece`: it came in one answer of one server,
 * so that trying again from the start would bring the same.
 *
 * @throws FETCH_NOT_FOUND, FETCH_REFUSED, FETCH_TOO_LONG, FETCH_UNREACHABLE (busy), what `requireFree` throws, the
 * signal's reason, and system errors of the part as they are.
 */
export async function download(options: DownloadOptions): Promise<{ readonly inOnePiece: boolean }> {
  for (const [i, url] of options.urls.entries()) {
    try {
      return await downloadFrom(url, options);
    } catch (error) {
      const isElsewhere = error instanceof PadmaError && error.code === "FETCH_NOT_FOUND";
      if (!isElsewhere || i === options.urls.length - 1) throw error;
    }
  }
  throw new Error("there is no address to download from");
}

async function downloadFrom(url: string, options: DownloadOptions): Promise<{ inOnePiece: boolean }> {
  const { tries, pauses } = options.patience ?? PATIENCE;
  let longest = await lengthOf(options.part);
  for (let failures = 0; ;) {
    const from = await lengthOf(options.part);
    try {
      const began = await attempt(url, from, options);
      return { inOnePiece: began === 0 };
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof Passing)) throw error;
      const length = await lengthOf(options.part);
      failures = length > longest ? 1 : failures + 1;
      longest = Math.max(longest, length);
      if (failures >= tries) throw unreachable(url, error);
      await pause(backoff(pauses, failures, 0), undefined, { signal: options.signal });
    }
  }
}

/** Something that may be over the next time: asked again, from where the part ends. */
class Passing extends Error {}

/** One request. Returns where in the file its answer began; throws Passing when the file is not whole after it. */
async function attempt(url: string, have: number, options: DownloadOptions): Promise<number> {
  const quiet = new SilenceGuard(options);
  try {
    const answer = await ask(url, have, quiet.signal);
    if (answer === "whole") return have;
    if (answer === "again") {
      await rm(options.part, { force: true });
      throw new Passing("the server no longer has what the part began with");
    }
    await receive(url, answer, quiet, options);
    return answer.begin;
  } catch (error) {
    throw quiet.explain(error);
  } finally {
    quiet.stop();
  }
}

interface Answer {
  readonly body: AsyncIterable<Uint8Array>;
  /** Where in the file the body begins. */
  readonly begin: number;
  /** Length of the whole file; null when the server does not say. */
  readonly total: number | null;
}

async function ask(url: string, have: number, signal: AbortSignal): Promise<Answer | "whole" | "again"> {
  const range = have === 0 ? {} : { range: `bytes=${have}-` };
  // A range of a compressed answer would be one of other bytes.
  const response = await fetch(url, { headers: { "accept-encoding": "identity", ...range }, signal });
  const answer = await readAnswer(url, response, have);
  if (typeof answer === "string") await response.body?.cancel();
  return answer;
}

async function readAnswer(
  url: string,
  response: Response,
  have: number,
): Promise<Answer | "whole" | "again"> {
  const { status, headers } = response;
  const body = (response.body ?? []) as AsyncIterable<Uint8Array>;
  // An answer with everything to a question for the rest: the server knows no ranges.
  if (status === 200) return { body, begin: 0, total: wholeNumber(headers.get("content-length")) };
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
  const total = wholeNumber(range?.[2] ?? null);
  if (status === 206) return Number(range?.[1]) === have ? { body, begin: have, total } : "again";
  if (status === 416) return total === have ? "whole" : "again";
  await response.body?.cancel();
  if (status >= 500 || [408, 425, 429].includes(status)) throw new Passing(`HTTP ${status}`);
  throw refused(url, status);
}

const wholeNumber = (text: string | null): number | null =>
  text !== null && /^\d+$/.test(text) ? Number(text) : null;

async function receive(
  url: string,
  { body, begin, total }: Answer,
  quiet: SilenceGuard,
  options: DownloadOptions,
): Promise<void> {
  const { part, maxBytes } = options;
  if ((total ?? 0) > maxBytes) throw tooLong(url, total ?? 0, maxBytes);
  await options.requireFree((total ?? maxBytes) - begin);
  const file = await open(part, begin === 0 ? "w" : "r+");
  try {
    let done = begin;
    for await (const chunk of body) {
      quiet.heard();
      if (done + chunk.length > (total ?? maxBytes))
        throw tooLong(url, done + chunk.length, total ?? maxBytes);
      await writeAll(file, chunk, done);
      done += chunk.length;
      options.onBytes(done, total);
    }
    await file.sync();
    if (total !== null && done < total)
      throw new Passing(`the connection ended after ${done} of ${total} bytes`);
  } finally {
    await file.close();
  }
}

async function writeAll(
  file: Awaited<ReturnType<typeof open>>,
  chunk: Uint8Array,
  at: number,
): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, at + done);
    done += bytesWritten;
  }
}

/** Ends a request whose connection has gone silent, and tells that from the caller's own signal. */
class SilenceGuard {
  readonly #silent = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #silentMs: number;
  readonly signal: AbortSignal;

  constructor({ signal, patience = PATIENCE }: DownloadOptions) {
    this.#silentMs = patience.silentMs;
    this.#timer = setTimeout(() => this.#silent.abort(), patience.silentMs);
    this.signal = AbortSignal.any([signal, this.#silent.signal]);
  }

  heard(): void {
    this.#timer.refresh();
  }

  /** The network's failures may pass; an error with a meaning of its own stays what it is. */
  explain(error: unknown): unknown {
    if (this.#silent.signal.aborted) return new Passing(`nothing was heard for ${this.#silentMs} ms`);
    // Node's fetch says "fetch failed" or "terminated", and keeps the reason in the cause.
    if (!(error instanceof TypeError)) return error;
    const { cause } = error;
    const reason = cause instanceof Error && cause.message !== "" ? cause.message : systemErrorCode(cause);
    return new Passing(reason ?? error.message);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#silent.abort();
  }
}

async function lengthOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return 0;
    throw error;
  }
}

function refused(url: string, status: number): PadmaError {
  const isMissing = status === 404 || status === 410;
  return new PadmaError({
    code: isMissing ? "FETCH_NOT_FOUND" : "FETCH_REFUSED",
    message: isMissing ? "the server does not have the file" : "the server refuses to give the file",
    facts: { url, "HTTP status": status },
    next: "name another server with --from",
  });
}

function tooLong(url: string, bytes: number, limit: number): PadmaError {
  return new PadmaError({
    code: "FETCH_TOO_LONG",
    message: "the server sends more than the file can have",
    facts: { url, bytes, limit },
    next: "name another server with --from",
  });
}

function unreachable(url: string, cause: Passing): PadmaError {
  return new PadmaError({
    code: "FETCH_UNREACHABLE",
    kind: "busy",
    message: "the server cannot be reached, or goes silent",
    facts: { url, reason: cause.message },
    next: "run the same command again: it goes on where this one ended; or name another server with --from",
    cause,
  });
}
