/** Against a server on this machine that cuts, corrupts, lies about ranges and lengths, and says no. */
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { loadNative } from "../../../src/proofs/native.ts";
import {
  type FetchDeps,
  type FetchProgress,
  fetchTrusted,
  trustedFiles,
} from "../../../src/proofs/parameterFetch.ts";
import { paddedSize } from "../../../src/units.ts";

const CONTENT = randomBytes(300_000);
const CID = "QmTheFile";

/** Emits each count of bytes that the fetcher has written. */
const arrived = new EventEmitter();

type Handler = (request: IncomingMessage, response: ServerResponse, have: number) => void;

/** Whatever a handler does not say is as a good server says it. */
const good: Handler = (_request, response, have) => {
  if (have >= CONTENT.length) {
    response.writeHead(416, { "content-range": `bytes */${CONTENT.length}` }).end();
    return;
  }
  const range = `bytes ${have}-${CONTENT.length - 1}/${CONTENT.length}`;
  const headers = { "content-length": CONTENT.length - have };
  if (have > 0) response.writeHead(206, { ...headers, "content-range": range });
  else response.writeHead(200, headers);
  response.end(CONTENT.subarray(have));
};

/** Sends some bytes of a good answer, and drops the connection when they have arrived. */
const cutAfter =
  (bytes: number): Handler =>
  (_request, response, have) => {
    arrived.once(String(have + bytes), () => response.destroy());
    const headers = { "content-length": CONTENT.length - have };
    if (have > 0) {
      response.writeHead(206, {
        ...headers,
        "content-range": `bytes ${have}-${CONTENT.length - 1}/${CONTENT.length}`,
      });
    } else response.writeHead(200, headers);
    response.write(CONTENT.subarray(have, have + bytes));
  };

const status =
  (code: number): Handler =>
  (_request, response) =>
    response.writeHead(code).end("no");

interface Asked {
  readonly path: string;
  readonly range: string | undefined;
}

/** Answers the n-th request with the n-th handler; the last one stays. */
async function serve(...handlers: readonly Handler[]): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const handler = handlers[Math.min(asked.length, handlers.length - 1)] ?? good;
    const { range } = request.headers;
    asked.push({ path: request.url ?? "", range });
    handler(request, response, Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ipfs/`, asked };
}

const PATIENT = { silentMs: 20_000, tries: 3, pauses: { baseMs: 0, maxMs: 0 } };

async function place(from: string, changes: Partial<FetchDeps> = {}) {
  const trusted = await mkdtemp(join(tmpdir(), "padma-fetch-"));
  onTestFinished(() => rm(trusted, { recursive: true }));
  writeFileSync(join(trusted, "wanted"), CONTENT);
  const { digest } = await loadNative().digestFile(join(trusted, "wanted"));
  const file = { file: "v28-test.params", digest, cid: CID, maxBytes: 400_000 };
  const deps: FetchDeps = {
    places: { trusted, stamps: join(trusted, "stamps.json") },
    from,
    signal: new AbortController().signal,
    patience: PATIENT,
    onProgress: ({ done }) => arrived.emit(String(done)),
    ...changes,
  };
  const path = join(trusted, file.file);
  return { file, deps, path, part: `${path}.part`, fetch: () => fetchTrusted([file], deps) };
}

it("names the files of the proofs library's table, and the room that each may take", () => {
  const files = trustedFiles(paddedSize(2048));
  expect(files.map(({ file, cid }) => [file.replace(/.*\./, ""), cid.slice(0, 2)])).toEqual([
    ["params", "Qm"],
    ["vk", "Qm"],
  ]);
  expect(files.every(({ digest, maxBytes }) => /^[0-9a-f]{32}$/.test(digest) && maxBytes > 4708)).toBe(true);
});

it("fetches by CID, and finds the file there the next time without reading it again", async () => {
  const { url, asked } = await serve(good);
  const seen: FetchProgress[] = [];
  const { fetch, path, part, file } = await place(url, { onProgress: (progress) => seen.push(progress) });
  const fetched = { file: file.file, path, bytes: CONTENT.length, digest: file.digest };
  expect(await fetch()).toEqual([{ ...fetched, fetched: true }]);
  expect(readFileSync(path).equals(CONTENT)).toBe(true);
  expect(existsSync(part)).toBe(false);
  expect(seen.findLast(({ phase }) => phase === "download")).toMatchObject({
    done: CONTENT.length,
    total: CONTENT.length,
  });
  const reports = seen.length;
  expect(await fetch()).toEqual([{ ...fetched, fetched: false }]);
  expect(asked).toEqual([{ path: `/ipfs/${CID}`, range: undefined }]);
  expect(seen).toHaveLength(reports);
});

it("asks by name where the CID is not known", async () => {
  const { url, asked } = await serve(status(404), good);
  const { fetch, file } = await place(url.slice(0, -1));
  expect(await fetch()).toMatchObject([{ fetched: true }]);
  expect(asked.map(({ path }) => path)).toEqual([`/ipfs/${CID}`, `/ipfs/${file.file}`]);
});

it("goes on where a connection was cut, again and again", async () => {
  const cuts = Array.from({ length: 5 }, () => cutAfter(50_000));
  const { url, asked } = await serve(...cuts, good);
  const { fetch, path } = await place(url);
  await fetch();
  expect(readFileSync(path).equals(CONTENT)).toBe(true);
  expect(asked.map(({ range }) => range)).toEqual([
    undefined,
    ...[1, 2, 3, 4, 5].map((n) => `bytes=${n * 50_000}-`),
  ]);
});

it("begins again with a server that ignores ranges", async () => {
  const whole: Handler = (request, response) => good(request, response, 0);
  const { url, asked } = await serve(cutAfter(50_000), whole);
  const { fetch, path } = await place(url);
  await fetch();
  expect(readFileSync(path).equals(CONTENT)).toBe(true);
  expect(asked).toHaveLength(2);
});

it("begins again when the answer is for another range, or the part is too long", async () => {
  for (const left of [1000, CONTENT.length + 1]) {
    const wrong: Handler = (_request, response) =>
      response.writeHead(206, { "content-range": `bytes 0-9/${CONTENT.length}` }).end("0123456789");
    const { url, asked } = await serve(left === 1000 ? wrong : good, good);
    const { fetch, path, part } = await place(url);
    writeFileSync(part, Buffer.alloc(left));
    await fetch();
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    expect(asked.map(({ range }) => range)).toEqual([`bytes=${left}-`, undefined]);
  }
});

it("takes a part that is whole already", async () => {
  const { url, asked } = await serve(good);
  const { fetch, path, part } = await place(url);
  writeFileSync(part, CONTENT);
  await fetch();
  expect(readFileSync(path).equals(CONTENT)).toBe(true);
  expect(asked).toHaveLength(1);
});

it("fetches everything once more when what was left before is bad", async () => {
  const { url, asked } = await serve(good);
  const { fetch, path, part } = await place(url);
  writeFileSync(part, Buffer.alloc(1000));
  await fetch();
  expect(readFileSync(path).equals(CONTENT)).toBe(true);
  expect(asked.map(({ range }) => range)).toEqual(["bytes=1000-", undefined]);
});

it("refuses a whole file with another digest, and keeps nothing of it", async () => {
  const corrupt: Handler = (_request, response) => {
    const bytes = Buffer.from(CONTENT);
    bytes.writeUInt8(bytes.readUInt8(123_456) ^ 1, 123_456);
    response.writeHead(200, { "content-length": bytes.length }).end(bytes);
  };
  const { url, asked } = await serve(corrupt);
  const { fetch, path, part, file } = await place(url);
  await expect(fetch()).rejects.toMatchObject({
    code: "PARAMS_FETCH_DAMAGED",
    facts: { "expected digest": file.digest, "found digest": expect.stringMatching(/^[0-9a-f]{32}$/) },
    next: expect.stringContaining("--from"),
  });
  expect([existsSync(path), existsSync(part), asked.length]).toEqual([false, false, 1]);
});

it("replaces a damaged file only by a good one", async () => {
  const { url } = await serve(status(403), good);
  const { fetch, path } = await place(url);
  writeFileSync(path, "damaged");
  await expect(fetch()).rejects.toMatchObject({ code: "FETCH_REFUSED", facts: { "HTTP status": 403 } });
  expect(readFileSync(path, "utf8")).toBe("damaged");
  await fetch();
  expect(readFileSync(path).equals(CONTENT)).toBe(true);
});

it("says that nobody has the file", async () => {
  const { url, asked } = await serve(status(404));
  const { fetch } = await place(url);
  await expect(fetch()).rejects.toMatchObject({ code: "FETCH_NOT_FOUND", kind: "failed" });
  expect(asked).toHaveLength(2);
});

it.each([500, 503, 429])("tries again after HTTP %i, a few times", async (code) => {
  const { url, asked } = await serve(status(code), status(code), good);
  expect(await (await place(url)).fetch()).toMatchObject([{ fetched: true }]);
  expect(asked).toHaveLength(3);

  const always = await serve(status(code));
  await expect((await place(always.url)).fetch()).rejects.toMatchObject({
    code: "FETCH_UNREACHABLE",
    kind: "busy",
    facts: { reason: `HTTP ${code}` },
  });
  expect(always.asked).toHaveLength(3);
});

/** The address of a server that is no longer there. */
async function closedServer(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/`;
}

it("gives up on a server that is not there, or goes silent, and keeps what came", async () => {
  const gone = await place(await closedServer());
  await expect(gone.fetch()).rejects.toMatchObject({
    code: "FETCH_UNREACHABLE",
    facts: { reason: expect.stringContaining("ECONNREFUSED") },
  });

  const silent: Handler = (_request, response, have) => {
    if (have > 0) return; // Not even a header.
    response.writeHead(200, { "content-length": CONTENT.length });
    response.write(CONTENT.subarray(0, 1000));
  };
  const { url } = await serve(silent);
  const { fetch, part } = await place(url, { patience: { ...PATIENT, silentMs: 50, tries: 2 } });
  await expect(fetch()).rejects.toMatchObject({ code: "FETCH_UNREACHABLE" });
  // On a busy machine the patience may have ended before the first byte came.
  const kept = existsSync(part) ? readFileSync(part) : Buffer.alloc(0);
  expect(kept.equals(CONTENT.subarray(0, kept.length))).toBe(true);
});

it("stops a server that sends too much, announced or not", async () => {
  const announced: Handler = (_request, response) => {
    response.writeHead(200, { "content-length": 400_001 });
    response.write("x");
  };
  const endless: Handler = (_request, response) => {
    response.writeHead(200);
    const more = (): unknown =>
      response.destroyed || response.write(Buffer.alloc(65_536), () => setImmediate(more));
    more();
  };
  const beyond: Handler = (_request, response, have) => {
    response.writeHead(206, { "content-range": `bytes ${have}-${CONTENT.length - 1}/${CONTENT.length}` });
    response.end(Buffer.concat([CONTENT.subarray(have), Buffer.alloc(10)]));
  };
  for (const handler of [announced, endless, beyond]) {
    const { url } = await serve(handler);
    const { fetch, part } = await place(url);
    if (handler === beyond) writeFileSync(part, CONTENT.subarray(0, 1000));
    await expect(fetch()).rejects.toMatchObject({ code: "FETCH_TOO_LONG" });
  }
});

it("looks for room before a byte is written", async () => {
  const { url } = await serve(good);
  const { fetch, part } = await place(url, { freeBytes: async () => CONTENT.length - 1 });
  await expect(fetch()).rejects.toMatchObject({ code: "STORAGE_FULL", facts: { needed: "293 KiB" } });
  expect(existsSync(part)).toBe(false);
});

it("keeps what came when it is stopped, and goes on from there", async () => {
  const stop = new AbortController();
  const halfway: Handler = (_request, response) => {
    response.writeHead(200, { "content-length": CONTENT.length });
    response.write(CONTENT.subarray(0, 100_000));
  };
  const { url, asked } = await serve(halfway, good);
  const { deps, file, path, part } = await place(url);
  const onProgress = ({ done }: FetchProgress): void => {
    if (done === 100_000) stop.abort(new Error("enough"));
  };
  const stopped = { ...deps, signal: stop.signal, onProgress };
  await expect(fetchTrusted([file], stopped)).rejects.toThrow("enough");
  expect(readFileSync(part).equals(CONTENT.subarray(0, 100_000))).toBe(true);
  await fetchTrusted([file], deps);
  expect(readFileSync(path).equals(CONTENT)).toBe(true);
  expect(asked.map(({ range }) => range)).toEqual([undefined, "bytes=100000-"]);
});

it("leaves the folder to another process that fetches", async () => {
  const { url } = await serve(good);
  const { fetch, deps } = await place(url);
  const lock = await loadNative().lockFile(join(deps.places.trusted, "padma-fetch.lock"), { wait: false });
  await expect(fetch()).rejects.toMatchObject({ code: "PARAMS_FETCH_RUNNING", kind: "busy" });
  lock?.release();
  expect(await fetch()).toMatchObject([{ fetched: true }]);
});

it("says that the folder cannot be made", async () => {
  const { url } = await serve(good);
  const { deps, file, path } = await place(url);
  writeFileSync(path, "");
  const places = { ...deps.places, trusted: join(path, "below-a-file") };
  await expect(fetchTrusted([file], { ...deps, places })).rejects.toMatchObject({
    code: "PARAMS_NOT_WRITABLE",
    kind: "user",
    facts: { folder: places.trusted, reason: "ENOTDIR" },
  });
});
