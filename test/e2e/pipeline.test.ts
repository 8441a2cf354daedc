/** From nothing to Proving with real proofs: the program's own processes, killed where it hurts. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cli, cliIn, makeFolder } from "../helpers/cli.ts";

const HEX = /^[0-9a-f]{64}$/;
/** C2 takes ten to thirty seconds on two cores, and more beside other work. */
const LONG = 15 * 60_000;

let cli: Cli;
beforeAll(async () => {
  cli = cliIn(makeFolder());
  await cli.json("init", "--instant");
});
afterAll(() => rmSync(cli.root, { recursive: true, force: true }));

describe("a self-deal sector", () => {
  it("is killed with -9 in the middle of C2, and goes on where it was", { timeout: LONG }, async () => {
    const pledging = cli.start("pledge-sector", "--wait", "--log-level", "info");
    await pledging.line(/task claimed.*step=C2/);
    const before = (await cli.json("sectors", "status", "0")) as {
      commR: string;
      precommitCid: string;
      step: string;
    };
    expect(before.step).toBe("C2");
    pledging.child.kill("SIGKILL");
    expect((await pledging.ended).code).toBeNull();

    expect((await cli.json("sectors", "why", "0")) as object).toMatchObject({
      state: "Committing",
      driver: false,
    });
    const rest = await cli.run("run", "--until-idle", "--patience", "1s");
    expect(rest.code, rest.stderr).toBe(0);

    const after = (await cli.json("sectors", "status", "0", "--log")) as { log: { event: string }[] };
    expect(after).toMatchObject({
      state: "Proving",
      commR: before.commR,
      precommitCid: before.precommitCid,
      retries: 0,
    });
    const kinds = after.log.map(({ event }) => event);
    expect(kinds).toEqual([
      "SectorStart",
      "SectorPieceCommitments",
      "SectorDealsPublished",
      "SectorDealsLanded",
      "SectorPieceAdded",
      "SectorPacked",
      "SectorTicket",
      "SectorPreCommit1",
      "SectorPreCommit2",
      "SectorPreCommitBatchSent",
      "SectorPreCommitLanded",
      "SectorSeedReady",
      "SectorCommit1",
      "SectorCommitted",
      "SectorCommitAggregateSent",
      "SectorProving",
      "SectorFinalized",
    ]);
  });

  it("has power, a record on chain and a deal", async () => {
    expect(await cli.json("sectors", "list")).toMatchObject([
      { id: 0, state: "Proving", onChain: true, active: true, deals: "1" },
    ]);
    expect(await cli.json("info")).toMatchObject({
      power: { raw: "2048", hasMinPower: true },
      sectors: { Proving: 1 },
      total: 1,
    });
    expect(await cli.json("sectors", "why", "0")).toMatchObject({
      status: "done",
      reason: "nothing left to do: the sector is proving",
    });
  });

  it("keeps its unsealed data after Finalize, and drops layers and trees", () => {
    const storage = join(cli.path, "storage");
    expect(existsSync(join(storage, "unsealed", "s-t01000-0"))).toBe(true);
    expect(existsSync(join(storage, "cache", "s-t01000-0", "p_aux"))).toBe(true);
    expect(existsSync(join(storage, "cache", "s-t01000-0", "sc-02-data-layer-1.dat"))).toBe(false);
    expect(existsSync(join(storage, "cache", "s-t01000-0", "sc-02-data-tree-d.dat"))).toBe(false);
  });
});

describe("a file without a deal", () => {
  it("reaches Proving as a piece with fillers, and prints one line of JSON", { timeout: LONG }, async () => {
    const file = join(cli.root, "data.bin");
    writeFileSync(file, Buffer.alloc(300, "padma"));
    const { code, stdout, stderr } = await cli.run(
      "pledge-sector",
      "--data",
      file,
      "--deal",
      "none",
      "--wait",
      "--json",
    );
    expect(code, stderr).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(JSON.parse(stdout)).toEqual({
      sector: 1,
      state: "Proving",
      commD: expect.stringMatching(HEX),
      commR: expect.stringMatching(HEX),
      unsealedCid: expect.stringMatching(/^baga6ea4sea/),
      sealedCid: expect.stringMatching(/^bagboea4b5abc/),
      precommitCid: expect.stringMatching(/^bafy2bzace/),
      commitCid: expect.stringMatching(/^bafy2bzace/),
      timings: {
        AddPiece: expect.any(Number),
        PC1: expect.any(Number),
        PC2: expect.any(Number),
        C1: expect.any(Number),
        C2: expect.any(Number),
      },
    });
    const status = (await cli.json("sectors", "status", "1")) as {
      pieces: { size: number; commP: string }[];
    };
    expect(status.pieces.map(({ size }) => size)).toEqual([512, 512, 1024]);
    const commp = (await cli.json("commp", file)) as { commP: string };
    expect(status.pieces[0]?.commP).toBe(commp.commP);
  });

  it("leaves no copy of the file behind", () => {
    expect(readFileSync(join(cli.root, "data.bin")).length).toBe(300);
    expect(existsSync(join(cli.path, "storage", "staged"))).toBe(true);
  });
});
