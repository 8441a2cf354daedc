/** kill -9 between any two renames of publishing: the replica is whole, or gone and PC2 can run again. Never mixed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { commROver, KIB_2, openBench, pc1, pc2, TICKET, type Bench } from "./proofsSupport.ts";
import type { Attempt } from "../../src/storage/storage.ts";

let bench: Bench;
let phase1: Attempt;
let commR: string;
let replica: Buffer;

beforeAll(async () => {
  bench = await openBench(KIB_2);
  phase1 = await bench.storage.beginPc1(KIB_2, TICKET);
  await pc1(bench, phase1, TICKET);
  const attempt = await bench.storage.beginPc2(KIB_2, TICKET, phase1.id);
  ({ commR } = await pc2(bench, attempt, phase1, TICKET));
  replica = readFileSync(attempt.sealed);
});
afterAll(() => bench.close());

/** PC2 in a new attempt, published by a process that dies before its nth change of a name. How that process ended. */
async function publishUntil(n: number): Promise<"died" | "published"> {
  const attempt = await bench.storage.beginPc2(KIB_2, TICKET, phase1.id);
  await pc2(bench, attempt, phase1, TICKET);
  const file = fileURLToPath(new URL("./proofsPublisher.ts", import.meta.url));
  const args = [
    "--disable-warning=ExperimentalWarning",
    file,
    join(bench.folder, "storage"),
    attempt.id,
    String(n),
  ];
  const [code, signal] = await once(spawn(process.execPath, args, { stdio: "inherit" }), "exit");
  if (signal === "SIGKILL") return "died";
  expect(code).toBe(0);
  return "published";
}

it("leaves no mixture wherever it is killed, and can be done again from PC1's layers", async () => {
  const { sealed, cache } = bench.storage.paths(KIB_2);
  let deaths = 0;
  for (; (await publishUntil(deaths)) === "died"; deaths += 1) {
    const files = await bench.storage.inspect(KIB_2);
    // The replica comes last, so it never stands beside a cache that is not its own.
    if (files.sealed) expect([files.cache, readFileSync(sealed).equals(replica)]).toEqual([true, true]);
    expect(await commROver(bench, phase1, TICKET)).toBe(commR);
  }
  // Two moves of an older replica, two of the new one, and the attempt's record and folder.
  expect(deaths).toBe(6);
  expect(await bench.storage.inspect(KIB_2)).toEqual({ unsealed: true, sealed: true, cache: true });
  expect(existsSync(join(cache, "p_aux"))).toBe(true);
  expect(readdirSync(join(bench.folder, "storage", "attempts", "s-t01000-3"))).toEqual([phase1.id]);
});
