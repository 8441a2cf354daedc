/** Making parameters from the command line: the smallest set, a second of work. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { tempCli } from "../helpers/cli.ts";

const GENERATE = ["params", "generate", "--circuit", "window-post"];

it("makes a set once, says how far it is, and knows the set afterwards", async () => {
  const cli = tempCli();
  const cache = { PADMA_CACHE: join(cli.root, "cache") };
  const dir = join(cache.PADMA_CACHE, "parameters", "padma-devnet-1-window-post");

  const made = await cli.runIn(cache, ...GENERATE, "--json");
  expect(made.code, made.stderr).toBe(0);
  expect(JSON.parse(made.stdout)).toEqual({ made: true, dir, ms: expect.any(Number) });
  const lines = made.stderr.trim().split("\n");
  const progress = lines.map((line) => JSON.parse(line)).flatMap(({ progress: seen }) => seen ?? []);
  const points = 103_746;
  const whole = {
    done: points,
    total: points,
    elapsedMs: expect.any(Number),
    remainingMs: expect.any(Number),
  };
  expect(progress[0]).toMatchObject({ done: 0, total: 0, remainingMs: null });
  expect(progress.at(-1)).toEqual(whole);

  const again = await cli.runIn(cache, ...GENERATE);
  expect(again).toMatchObject({ code: 0, stdout: `Already there: ${dir}\n` });

  const verified = await cli.runIn(cache, "params", "verify", "--json");
  const rows = (JSON.parse(verified.stdout) as { circuit: string; origin: string; state: string }[]).filter(
    ({ origin }) => origin === "generated",
  );
  // The digests are pinned: they are of what the reference library makes from this seed.
  expect(rows).toMatchObject([
    { circuit: "window-post", state: "ok" },
    { circuit: "window-post", state: "ok" },
  ]);
});
