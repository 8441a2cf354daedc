import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { startChild } from "../../../src/proofs/childProcess.ts";
import { proofError } from "../../../src/proofs/failures.ts";

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "padma-failures-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

it("gives each code of the crate its next step, and missing parameters exit code 2", () => {
  const missing = proofError({ code: "PROOF_PARAMS_MISSING", message: "gone", facts: { path: "/p" } });
  expect(missing).toMatchObject({
    kind: "user",
    facts: { path: "/p" },
    next: expect.stringContaining("padma params"),
  });
  expect(proofError({ code: "PROOF_VANILLA_INVALID", message: "", facts: {} })).toMatchObject({
    kind: "failed",
  });
});

it("has something to say about a code that it does not know", () => {
  expect(proofError({ code: "PROOF_NEW", message: "new", facts: {} })).toMatchObject({
    code: "PROOF_NEW",
    kind: "failed",
    next: expect.stringContaining("report"),
  });
});

it("keeps the kind and the next step of an error that was made in the child", () => {
  const next = "run `npm run build`";
  expect(proofError({ code: "NATIVE_MISSING", message: "", facts: {}, kind: "user", next })).toMatchObject({
    kind: "user",
    next,
  });
});

it("says so when the system refuses the process at once, and leaves no folder", async () => {
  const temporaryFolder = await emptyFolder();
  const environment = () => ({ TOO_LONG: "x".repeat(1_000_000) });
  await expect(startChild({ temporaryFolder, environment, log: () => {} })).rejects.toMatchObject({
    code: "PROOF_CHILD_NOT_STARTED",
    message: "cannot start a process for proofs",
    facts: { reason: expect.stringContaining("E2BIG") },
  });
  expect(await readdir(temporaryFolder)).toEqual([]);
});

it("says so when no more files can be opened", async () => {
  const temporaryFolder = await emptyFolder();
  const script = `
    import { closeSync, openSync } from "node:fs";
    import { startChild } from ${JSON.stringify(import.meta.resolve("../../../src/proofs/childProcess.ts"))};
    const open = [];
    try { for (;;) open.push(openSync("/dev/null")); } catch {}
    const temporaryFolder = ${JSON.stringify(temporaryFolder)};
    const error = await startChild({ temporaryFolder, environment: () => ({}), log: () => {} }).catch((e) => e);
    open.forEach(closeSync);
    console.log(error.code, error.facts.reason);
  `;
  const shell = 'ulimit -n 64; exec "$0" --input-type=module -e "$1"';
  const { stdout } = await promisify(execFile)("sh", ["-c", shell, process.execPath, script]);
  expect(stdout).toMatch(/^PROOF_CHILD_NOT_STARTED .*EMFILE/);
  expect(await readdir(temporaryFolder)).toEqual([]);
});

it("says so when no child can be started", async () => {
  const temporaryFolder = join(import.meta.dirname, "no-such-folder");
  await expect(startChild({ temporaryFolder, environment: () => ({}), log: () => {} })).rejects.toMatchObject(
    {
      code: "PROOF_CHILD_NOT_STARTED",
      next: expect.stringContaining("temporary folder"),
    },
  );
});
