/** A store of its own for a test, in a folder that is removed afterwards; one that cannot be closed fails the test. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { openStore, type Store } from "../../../src/store/open.ts";

export function tempFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "padma-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function tempStore(): Promise<Store> {
  const store = await openStore(path.join(tempFolder(), "padma.db"), { create: true });
  onTestFinished(() => store.close());
  return store;
}
