import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type InitOptions, initRepo } from "../../../src/app/init.ts";
import { repoAt } from "../../../src/app/repo.ts";
import { loadConfig } from "../../../src/config/config.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "padma-init-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** With no parameters on the machine: the devnet accepts the key that comes with the program. */
function options(changes: Partial<InitOptions> = {}): InitOptions {
  const folder = temporaryFolder();
  const env = { ...process.env, PADMA_CACHE: join(folder, "cache"), FIL_PROOFS_PARAMETER_CACHE: folder };
  return { path: join(folder, "repo"), sectorSize: "2KiB", instant: true, env, ...changes };
}

/** What an init leaves that is killed before it writes the configuration. */
async function killed(changes: Partial<InitOptions> = {}): Promise<InitOptions> {
  const made = options(changes);
  await initRepo(made);
  rmSync(repoAt(made.path).config);
  return made;
}

describe("init", () => {
  it("goes on where the same init was killed, defaults and all", async () => {
    for (const flags of [{}, { blockDelayMs: 50, finality: 10, challengeDelay: 5 }]) {
      const again = await killed(flags);
      expect(await initRepo(again)).toMatchObject({ path: again.path, miner: "t01000", sectorSize: 2048 });
      expect(existsSync(repoAt(again.path).config)).toBe(true);
    }
  });

  it.each<[string, Partial<InitOptions>, string]>([
    ["clock", { instant: false }, "instant"],
    ["block delay", { blockDelayMs: 50 }, "blockDelayMs"],
    ["finality", { finality: 10 }, "finality"],
    ["challenge delay", { challengeDelay: 150 }, "preCommitChallengeDelay"],
  ])("names what differs over a left-over devnet with another %s", async (_what, changes, key) => {
    const left = await killed();
    await expect(initRepo({ ...left, ...changes })).rejects.toMatchObject({
      code: "REPO_LEFTOVER",
      kind: "user",
      facts: { file: repoAt(left.path).devnet, [key]: expect.stringContaining("wanted") },
      next: expect.stringContaining("move"),
    });
    expect(existsSync(repoAt(left.path).config)).toBe(false);
    expect(await initRepo(left)).toMatchObject({ path: left.path });
  });

  it("refuses a store without its devnet", async () => {
    const left = await killed();
    const { devnet, store } = repoAt(left.path);
    renameSync(devnet, `${devnet}.away`);
    await expect(initRepo(left)).rejects.toMatchObject({ code: "REPO_LEFTOVER", facts: { file: store } });
    expect(existsSync(devnet)).toBe(false);
  });

  it("says that there is a repo, whatever the flags are", async () => {
    const made = options();
    await initRepo(made);
    await expect(initRepo({ ...made, finality: 10 })).rejects.toMatchObject({ code: "REPO_EXISTS" });
  });

  it("keeps the finality in the configuration, and the rest in genesis", async () => {
    const made = options({ finality: 10, challengeDelay: 150, blockDelayMs: 50 });
    await initRepo(made);
    expect(loadConfig(repoAt(made.path).config, {}).sealing.finality).toBe(10);
  });
});

describe("init where its folder is to be", () => {
  it("says that there is a file", async () => {
    const made = options();
    writeFileSync(made.path, "");
    await expect(initRepo(made)).rejects.toMatchObject({
      code: "REPO_NOT_USABLE",
      kind: "user",
      message: `${made.path} is a file, not a folder`,
    });
  });

  it("takes a link to a folder", async () => {
    const made = options();
    mkdirSync(`${made.path}.real`);
    symlinkSync(`${made.path}.real`, made.path);
    expect(await initRepo(made)).toMatchObject({ path: made.path });
  });
});
