/**
 * Publishes an attempt and kills itself before its nth operation that changes names: argv = root, attempt id, n.
 * Node's own functions are replaced before the storage module is loaded, so that the real code runs around them.
 */
import fsPromises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { KIB_2 } from "./proofsSupport.ts";

const [root = "", id = "", dieBefore = "0"] = process.argv.slice(2);
let left = Number(dieBefore);

function dieInTime(): void {
  if (left === 0) process.kill(process.pid, "SIGKILL");
  left -= 1;
}

const { rename, rm } = fsPromises;
fsPromises.rename = async (from, to) => {
  dieInTime();
  await rename(from, to);
};
fsPromises.rm = async (path, options) => {
  dieInTime();
  await rm(path, options);
};
syncBuiltinESMExports();

const { createSectorStorage } = await import("../../src/storage/sectorStorage.ts");
const dir = join(root, "attempts", "s-t01000-3", id);
await createSectorStorage({ root }).publish(KIB_2, {
  id,
  dir,
  cache: join(dir, "cache"),
  sealed: join(dir, "sealed"),
  output: join(dir, "phase2.json"),
});
