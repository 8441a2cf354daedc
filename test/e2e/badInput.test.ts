/** Wrong use and broken surroundings: a clear error, the next step, the documented exit code, nothing lost. */
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parameterPlaces } from "../../src/proofs/parameterSets.ts";
import { type Cli, type Ran, tempCli } from "../helpers/cli.ts";

async function repo(): Promise<Cli> {
  const cli = tempCli();
  const { code, stderr } = await cli.run("init", "--instant");
  expect(code, stderr).toBe(0);
  return cli;
}

/** The code, the words and the next step; nothing on stdout; no stack. */
function expectError(ran: Ran, code: number, message: RegExp, next: RegExp): void {
  expect(ran.stderr).toMatch(message);
  expect(ran.stderr).toMatch(next);
  expect(ran.stderr).not.toMatch(/\n\s+at /);
  expect(ran.stdout).toBe("");
  expect(ran.code).toBe(code);
}

describe("init", () => {
  it("refuses a sector size that does not exist", async () => {
    expectError(await tempCli().run("init", "--sector-size", "3KiB"), 2, /3KiB/, /2KiB.*8MiB/s);
  });

  it("refuses a second time, and leaves the repo as it was", async () => {
    const cli = await repo();
    const config = readFileSync(join(cli.path, "config.toml"), "utf8");
    expectError(await cli.run("init"), 2, /there is a padma repo in .* already/, /PADMA_PATH/);
    expect(readFileSync(join(cli.path, "config.toml"), "utf8")).toBe(config);
  });

  it("makes a repo in a folder that has other things in it", async () => {
    const cli = tempCli();
    mkdirSync(cli.path);
    writeFileSync(join(cli.path, "notes.txt"), "mine");
    expect((await cli.run("init")).code).toBe(0);
    expect(readFileSync(join(cli.path, "notes.txt"), "utf8")).toBe("mine");
  });

  it("names a folder that cannot be made", async () => {
    const cli = tempCli();
    writeFileSync(join(cli.root, "file"), "");
    expectError(
      await cli.run("init", "--repo", "/proc/no/repo"),
      2,
      /cannot be used: ENOENT/,
      /--repo or PADMA_PATH/,
    );
    expectError(
      await cli.run("init", "--repo", join(cli.root, "file", "repo")),
      2,
      /cannot be used: ENOTDIR/,
      /--repo or PADMA_PATH/,
    );
  });
});

describe("without a repo", () => {
  it.each(["sectors list", "pledge-sector", "run", "info", "sectors why 0", "devnet status"])(
    "%s says how to make one",
    async (command) => {
      expectError(await tempCli().run(...command.split(" ")), 2, /there is no padma repo in/, /padma init/);
    },
  );
});

describe("sectors", () => {
  it("says that a sector does not exist", async () => {
    const cli = await repo();
    for (const verb of ["status", "why"]) {
      expectError(await cli.run("sectors", verb, "7"), 1, /there is no sector 7/, /sectors list/);
    }
  });

  it("refuses a number that is none, a state that is none, and a flag that is none", async () => {
    const cli = await repo();
    expectError(await cli.run("sectors", "status", "x"), 2, /x/, /number/);
    expectError(await cli.run("sectors", "list", "--nope"), 2, /--nope/, /--help/);
  });
});

describe("data files", () => {
  it("refuses one that is too large for a sector, before a number is taken", async () => {
    const cli = await repo();
    const file = join(cli.root, "large");
    writeFileSync(file, Buffer.alloc(2033));
    expectError(
      await cli.run("pledge-sector", "--data", file),
      2,
      /too large for a sector/,
      /larger sectors/,
    );
    expect(await cli.json("sectors", "list")).toEqual([]);
  });

  it("takes one that fills the sector to the byte", async () => {
    const cli = await repo();
    const file = join(cli.root, "full");
    writeFileSync(file, Buffer.alloc(2032, 7));
    expect((await cli.run("pledge-sector", "--data", file)).code).toBe(0);
  });

  it("names one that is missing, a folder, or empty", async () => {
    const cli = await repo();
    const empty = join(cli.root, "empty");
    writeFileSync(empty, "");
    for (const path of [join(cli.root, "gone"), cli.root, empty]) {
      const ran = await cli.run("pledge-sector", "--data", path);
      expect(ran.stderr).toContain(path);
      expect([1, 2]).toContain(ran.code);
    }
    expect(await cli.json("sectors", "list")).toEqual([]);
  });

  it("commp names a file that cannot be read", async () => {
    const cli = tempCli();
    expectError(await cli.run("commp", join(cli.root, "gone")), 2, /cannot be read/, /name a file/);
  });
});

describe("limits", () => {
  it("says that too many sectors are sealing, with exit code 75", async () => {
    const cli = await repo();
    expect((await cli.run("pledge-sector", "--count", "2", "--max-sealing", "2")).code).toBe(0);
    expectError(
      await cli.run("pledge-sector", "--max-sealing", "2"),
      75,
      /too many sectors sealing \(curSealing: 2, max: 2\)/,
      /--max-sealing/,
    );
    expect(((await cli.json("sectors", "list")) as unknown[]).length).toBe(2);
  });
});

describe("parameters", () => {
  it("are looked for before anything starts, and the sector stays as it was", async () => {
    const cli = await repo();
    const empty = join(cli.root, "empty");
    mkdirSync(empty);
    expect((await cli.run("pledge-sector")).code).toBe(0);
    const ran = await cli.runIn(
      { PADMA_CACHE: empty, FIL_PROOFS_PARAMETER_CACHE: empty },
      "run",
      "--until-idle",
    );
    expectError(ran, 2, /no parameters for 2 KiB sectors/, /params generate/);
    expect(await cli.json("sectors", "status", "0")).toMatchObject({ state: "Incoming", retries: 0 });
  });

  it("that are damaged are named, with both digests", async () => {
    const cli = await repo();
    const cache = join(cli.root, "cache");
    const set = join(cache, "parameters", "padma-devnet-1");
    const { generated } = parameterPlaces(process.env);
    mkdirSync(join(cache, "parameters"), { recursive: true });
    cpSync(join(generated, "padma-devnet-1"), set, {
      recursive: true,
      filter: (path) => !path.endsWith(".params"),
    });
    const key =
      "v28-stacked-proof-of-replication-merkletree-poseidon_hasher-8-0-0-sha256_hasher-032d3138d22506ec0082ed72b2dcba18df18477904e35bafee82b3793b06832f.vk";
    const bytes = readFileSync(join(set, key));
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(join(set, key), bytes);
    const ran = await cli.runIn({ PADMA_CACHE: cache }, "run", "--until-idle");
    expectError(ran, 2, /a parameter file is damaged/, /found digest/);
  });
});

describe("databases", () => {
  it.each(["padma.db", "devnet.db"])("a %s that is none is named, and left as it was", async (name) => {
    const cli = await repo();
    const file = join(cli.path, name);
    rmSync(`${file}-wal`, { force: true });
    writeFileSync(file, "this is not a database, but long enough to be looked at twice ".repeat(40));
    const ran = await cli.run("sectors", "list");
    expectError(ran, 1, /damaged/, new RegExp(name.replace(".", "\\.")));
    expect(readFileSync(file, "utf8")).toMatch(/^this is not a database/);
  });

  it("a store that was cut short is named", async () => {
    const cli = await repo();
    await cli.run("pledge-sector");
    const copy = join(cli.root, "copy.db");
    copyFileSync(join(cli.path, "padma.db"), copy);
    truncateSync(join(cli.path, "padma.db"), 5000);
    rmSync(join(cli.path, "padma.db-wal"), { force: true });
    const ran = await cli.run("sectors", "list");
    expect(ran.stderr).toMatch(/damaged/);
    expect(ran.code).toBe(1);
  });
});

describe("configuration", () => {
  it("names the setting, the line and what is allowed", async () => {
    const cli = await repo();
    writeFileSync(join(cli.path, "config.toml"), '[sealing]\nfinality = "soon"\n');
    expectError(await cli.run("sectors", "list"), 2, /sealing\.finality/, /whole number/);
  });
});
