import { describe, expect, it } from "vitest";
import { repoPath } from "../../../src/cli/context.ts";
import { padma } from "./program.ts";

describe("the repo's folder", () => {
  it.each([
    ["--repo before all", "/a", { PADMA_PATH: "/b", HOME: "/home/x" }, "/a"],
    ["PADMA_PATH before the default", null, { PADMA_PATH: "/b", HOME: "/home/x" }, "/b"],
    ["the default", null, { HOME: "/home/x" }, "/home/x/.padma"],
    ["an empty PADMA_PATH counts as none", null, { PADMA_PATH: "", HOME: "/home/x" }, "/home/x/.padma"],
    ["a relative one is where the user stands", "net", {}, "/somewhere/dir/net"],
    ["a ~ that the shell left alone", "~/net", { HOME: "/home/x" }, "/home/x/net"],
  ] as const)("%s", (_, option, env, path) =>
    expect(repoPath(option, { env, cwd: "/somewhere/dir" })).toBe(path),
  );

  it("cannot be told from a bare environment, as cron may give it", async () => {
    const { code, stdout, stderr } = await padma("sectors list", { env: { PATH: "/usr/bin:/bin" } });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatchInlineSnapshot(`
      "padma: where the padma repo is cannot be told: HOME and PADMA_PATH are not set
      → set PADMA_PATH, or name the folder with --repo
      "
    `);
  });
});
