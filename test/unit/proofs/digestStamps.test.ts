import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createDigester } from "../../../src/proofs/digestStamps.ts";
import { loadNative } from "../../../src/proofs/native.ts";

type Stamp = Readonly<Record<string, string>>;

async function place() {
  const folder = await mkdtemp(join(tmpdir(), "padma-digest-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "file");
  await writeFile(file, "a parameter file");
  const { digest } = await loadNative().digestFile(file, () => {});
  return { folder, file, digest, stamps: join(folder, "cache", "stamps.json") };
}

it("remembers a digest until the file changes", async () => {
  const { file, digest, stamps } = await place();
  const digester = createDigester(stamps);
  expect(await digester.recorded(file)).toBeUndefined();
  expect(await digester.digest(file)).toBe(digest);
  expect(await digester.recorded(file)).toBe(digest);
  await writeFile(file, "another one");
  expect(await digester.recorded(file)).toBeUndefined();
});

it.each(["", "{ torn", "null", "5", "[]", '"text"'])("takes a stamp file of %j for none", async (text) => {
  const { file, digest, stamps } = await place();
  await mkdir(dirname(stamps));
  await writeFile(stamps, text);
  const digester = createDigester(stamps);
  expect(await digester.recorded(file)).toBeUndefined();
  expect(await digester.digest(file)).toBe(digest);
  expect(await digester.recorded(file)).toBe(digest);
});

it.each([
  ["null", () => null],
  ["a number", () => 5],
  ["one without a digest", (stamp: Stamp) => ({ ...stamp, digest: undefined })],
  ["one with an empty digest", (stamp: Stamp) => ({ ...stamp, digest: "" })],
])("takes a stamp that is %s for none", async (_, spoil) => {
  const { file, digest, stamps } = await place();
  await createDigester(stamps).digest(file);
  const { [file]: good } = JSON.parse(await readFile(stamps, "utf8")) as Record<string, Stamp>;
  if (good === undefined) throw new Error("the digest was not remembered");
  await writeFile(stamps, JSON.stringify({ [file]: spoil(good) }));
  const digester = createDigester(stamps);
  expect(await digester.recorded(file)).toBeUndefined();
  expect(await digester.digest(file)).toBe(digest);
});

it.each([
  ["where a folder is in the way", "cache"],
  ["where no folder can be made", "/proc/padma/stamps.json"],
  ["where a file is in the way of a folder", "file/cache/stamps.json"],
])("gives the digest %s, and leaves nothing half-written", async (_, name) => {
  const { folder, file, digest } = await place();
  await mkdir(join(folder, "cache"));
  const digester = createDigester(name.startsWith("/") ? name : join(folder, name));
  expect(await digester.digest(file)).toBe(digest);
  expect(await digester.recorded(file)).toBeUndefined();
  expect((await readdir(folder)).toSorted()).toEqual(["cache", "file"]);
});
