import { join } from "node:path";
import { expect, it } from "vitest";
import { startChild } from "../../../src/proofs/childProcess.ts";
import { proofError } from "../../../src/proofs/failures.ts";

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

it("says so when no child can be started", async () => {
  const temporaryFolder = join(import.meta.dirname, "no-such-folder");
  await expect(startChild({ temporaryFolder, environment: () => ({}), log: () => {} })).rejects.toMatchObject(
    {
      code: "PROOF_CHILD_NOT_STARTED",
      next: expect.stringContaining("temporary folder"),
    },
  );
});
