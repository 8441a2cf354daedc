import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { commpOfFile } from "../../../src/app/commp.ts";
import { generateParameters } from "../../../src/app/parameters.ts";
import { silentLog } from "../../../src/log.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "padma-app-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function fileIn(folder: string): string {
  const path = join(folder, "data");
  writeFileSync(path, "a user's bytes");
  return path;
}

const running = () => ({ env: process.env, log: silentLog, signal: new AbortController().signal });
const commp = (path: string) => commpOfFile({ path, ...running() });

/** Modes mean nothing to root, so a test that is run as root becomes nobody for a while. */
function withoutPrivileges(): void {
  if (process.geteuid?.() !== 0) return;
  process.seteuid?.(65_534);
  onTestFinished(() => process.seteuid?.(0));
}

it("commp leaves nothing in the temporary folder", async () => {
  const folder = temporaryFolder();
  const path = fileIn(temporaryFolder());
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await commp(path)).toMatchObject({ payloadSize: 14, paddedSize: 128 });
  expect(readdirSync(folder)).toEqual([]);
});

it("commp says that a file cannot be opened before any proof is started", async () => {
  const folder = temporaryFolder();
  const path = fileIn(folder);
  chmodSync(folder, 0o755);
  chmodSync(path, 0o000);
  withoutPrivileges();
  await expect(commp(path)).rejects.toMatchObject({
    code: "DATA_UNREADABLE",
    kind: "user",
    facts: { file: path, reason: "EACCES" },
  });
});

it("a temporary folder that is not there is named", async () => {
  const path = fileIn(temporaryFolder());
  vi.stubEnv("TMPDIR", "/nonexistent");
  onTestFinished(() => void vi.unstubAllEnvs());
  const refusal = {
    code: "FOLDER_NOT_WRITABLE",
    kind: "user",
    facts: { folder: "/nonexistent", reason: "ENOENT" },
  };
  await expect(commp(path)).rejects.toMatchObject(refusal);
  const generation = generateParameters({
    circuit: "porep",
    sectorSize: "2KiB",
    seed: "0".repeat(64),
    ...running(),
  });
  await expect(generation).rejects.toMatchObject(refusal);
});
