/** A panic in the proofs library, on a thread of Rust's: a broken settings file causes a real one. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const program = fileURLToPath(new URL("../../helpers/panic.ts", import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "padma-panic-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("is a rejection with a code, and Node lives on", async () => {
  const { stdout } = await promisify(execFile)(execPath, [program, folder], { env: {}, cwd: folder });
  expect(JSON.parse(stdout)).toEqual({ code: "PROOF_PANIC", isError: true, proofType: 5 });
});
