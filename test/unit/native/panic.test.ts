/** A panic in the proofs library, on a thread of Rust's: truncated parameters cause a real one. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadNative } from "../../../src/proofs/native.ts";

const native = loadNative();
const program = fileURLToPath(new URL("../../helpers/panic.ts", import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "padma-panic-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("is a rejection with a code, and Node lives on", async () => {
  const { paramsFile, verifyingKeyFile } = native.proofInfo(2048);
  await writeFile(join(folder, paramsFile), "");
  await writeFile(join(folder, verifyingKeyFile), "");
  const env = { FIL_PROOFS_PARAMETER_CACHE: folder, FIL_PROOFS_PARENT_CACHE: join(folder, "parents") };
  const { stdout } = await promisify(execFile)(execPath, [program, folder], { env, cwd: folder });
  expect(JSON.parse(stdout)).toEqual({ code: "PROOF_PANIC", isError: true, proofType: 5 });
});
