import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { loadNative } from "../../../src/proofs/native.ts";
import { withParents } from "../../../src/proofs/parents.ts";
import { SECTOR_SIZES } from "../../../src/units.ts";

const native = loadNative();
const size = SECTOR_SIZES["2KiB"];

function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "padma-parents-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it("lets one process at a time make the parents", async () => {
  const folder = tempFolder();
  const order: string[] = [];
  const other = await native.lockFile(join(folder, "making.lock"), { wait: true });
  const waiting = withParents(native, folder, size, async () => order.push("pc1"));
  // The lock is asked for on another thread; a second try that is refused shows that it is still held here.
  expect(await native.lockFile(join(folder, "making.lock"), { wait: false })).toBeNull();
  order.push("released");
  other?.release();
  await waiting;
  expect(order).toEqual(["released", "pc1"]);
});

it("waits for nobody once they are made", async () => {
  const folder = tempFolder();
  const file = join(folder, "v28-sdr-parent.cache");
  writeFileSync(file, "");
  truncateSync(file, native.proofInfo(size).parentCacheBytes);
  const lock = await native.lockFile(join(folder, "making.lock"), { wait: true });
  expect(await withParents(native, folder, size, async () => "done")).toBe("done");
  lock?.release();
});

it("makes the folder, and lets go when PC1 fails", async () => {
  const folder = join(tempFolder(), "parents");
  await expect(withParents(native, folder, size, () => Promise.reject(new Error("no")))).rejects.toThrow(
    "no",
  );
  const lock = await native.lockFile(join(folder, "making.lock"), { wait: false });
  expect(lock).not.toBeNull();
  lock?.release();
});
