/** Bad files under a running prover: what each one is reported as, and that nothing wrong comes out. */
import { readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadNative } from "../../src/proofs/native.ts";
import type { PieceSource } from "../../src/proofs/prover.ts";
import type { PoolOptions } from "../../src/proofs/pool.ts";
import { paddedSize, toUnpadded, unpaddedSize } from "../../src/units.ts";
import * as support from "./proofsSupport.ts";

const { KIB_2, TICKET, SEED, childPids, openBench, running } = support;

async function bench(options: Partial<PoolOptions> = {}, sector = KIB_2): Promise<support.Bench> {
  const opened = await openBench(sector, options);
  onTestFinished(() => opened.close());
  return opened;
}

/** A published 2 KiB sector, ready for C1. */
async function published(options: Partial<PoolOptions> = {}) {
  const opened = await bench(options);
  const { storage, sector, prover, pieces } = opened;
  const phase1 = await storage.beginPc1(sector, TICKET);
  await support.pc1(opened, phase1, TICKET);
  const attempt = await storage.beginPc2(sector, TICKET, phase1.id);
  const { commR, commD } = await support.pc2(opened, attempt, phase1, TICKET);
  await storage.publish(sector, attempt);
  const paths = storage.paths(sector);
  const c1 = async () => {
    const { output: outputPath } = await storage.beginC1(sector, SEED);
    const files = { cacheDir: paths.cache, sealedPath: paths.sealed, outputPath };
    await prover.c1({ ...sector, ...files, ticket: TICKET, seed: SEED, pieces, commR, commD }, running());
    return outputPath;
  };
  return { ...opened, paths, c1, commR, commD };
}

const zero = (path: string): void => writeFileSync(path, Buffer.alloc(statSync(path).size));

/** Which of the two depends on the file: the library finds some by comparing and panics at others. */
const SEAL_AGAIN = {
  code: expect.stringMatching(/^PROOF_(SECTOR_DAMAGED|VANILLA_INVALID)$/),
  next: "the sector is sealed again from its unsealed data",
};

describe("C1 over damaged files", () => {
  it("passes when they are whole", async () => {
    const { c1 } = await published();
    expect(statSync(await c1()).size).toBeGreaterThan(1000);
  });

  it("reports a replica with other bytes", async () => {
    const { c1, paths } = await published();
    zero(paths.sealed);
    await expect(c1()).rejects.toMatchObject({
      code: "PROOF_VANILLA_INVALID",
      next: "the sector is sealed again from its unsealed data",
    });
  });

  it("reports a replica that is cut, before the proof begins", async () => {
    const { c1, paths } = await published();
    truncateSync(paths.sealed, 1024);
    await expect(c1()).rejects.toMatchObject({ code: "STORAGE_FILE_MISSING", facts: { path: paths.sealed } });
  });

  for (const name of ["layer-1", "layer-2", "tree-c", "tree-d", "tree-r-last"]) {
    it(`reports ${name} with other bytes, as a sector to be sealed again`, async () => {
      const { c1, paths } = await published();
      zero(join(paths.cache, `sc-02-data-${name}.dat`));
      await expect(c1()).rejects.toMatchObject(SEAL_AGAIN);
    });
  }

  for (const name of ["p_aux", "t_aux"]) {
    it(`reports ${name} with other bytes, as a sector to be sealed again`, async () => {
      const { c1, paths } = await published();
      zero(join(paths.cache, name));
      await expect(c1()).rejects.toMatchObject(SEAL_AGAIN);
    });
  }
});

describe("PC2 over damaged layers", () => {
  it("is stopped by its own C1, so that no wrong CommR gets out", async () => {
    const opened = await bench();
    const phase1 = await opened.storage.beginPc1(KIB_2, TICKET);
    await support.pc1(opened, phase1, TICKET);
    zero(join(phase1.cache, "sc-02-data-layer-1.dat"));
    await expect(support.commROver(opened, phase1, TICKET)).rejects.toMatchObject({
      code: "PROOF_VANILLA_INVALID",
    });
  });
});

describe("AddPiece and CommP", () => {
  const size = toUnpadded(KIB_2.sectorSize);

  async function add(opened: support.Bench, source: PieceSource) {
    const unsealedPath = join(opened.folder, "unsealed");
    const input = { sectorSize: KIB_2.sectorSize, source, size, existing: [], unsealedPath };
    return opened.prover.addPiece(input, running());
  }

  it("name a data file that is gone, and one that cannot be read", async () => {
    const opened = await bench();
    const path = join(opened.folder, "data");
    const io = { code: "PROOF_IO", facts: { path } };
    await expect(add(opened, { kind: "file", path })).rejects.toMatchObject(io);
    await expect(opened.prover.commP({ kind: "file", path }, size, running())).rejects.toMatchObject(io);
    await mkdir(path);
    await expect(add(opened, { kind: "file", path })).rejects.toMatchObject(io);
  });

  it("refuse a data file that is larger than the piece, and add nothing", async () => {
    const opened = await bench();
    const path = join(opened.folder, "data");
    await writeFile(path, Buffer.alloc(size + 1, 1));
    const large = { code: "PROOF_PIECE_TOO_LARGE", kind: "user", facts: { limit: "2032" } };
    await expect(add(opened, { kind: "file", path })).rejects.toMatchObject(large);
    await expect(opened.prover.commP({ kind: "file", path }, size, running())).rejects.toMatchObject(large);
    expect(support.lengthOf(join(opened.folder, "unsealed"))).toBe(0);
  });

  it("agree on a file that is shorter than the piece", async () => {
    const opened = await bench();
    const path = join(opened.folder, "data");
    await writeFile(path, "short");
    const added = await add(opened, { kind: "file", path });
    expect(await opened.prover.commP({ kind: "file", path }, size, running())).toEqual(added);
    expect(support.lengthOf(join(opened.folder, "unsealed"))).toBe(KIB_2.sectorSize);
  });

  it("keep their memory however large the piece is", async () => {
    const opened = await bench();
    const peak = () =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${childPids()[0]}/status`, "utf8"))?.[1]);
    const MiB = 1024 * 1024;
    const sectorSize = paddedSize(512 * MiB);
    const unsealedPath = join(opened.folder, "unsealed");
    const source = { kind: "random", seed: 42 } as const;
    const both = async (padded: number) => {
      const piece = unpaddedSize((padded / 128) * 127);
      await opened.prover.commP(source, piece, running());
      await opened.prover.addPiece(
        { sectorSize, source, size: piece, existing: [], unsealedPath },
        running(),
      );
      return peak();
    };
    const small = await both(64 * MiB);
    const large = await both(512 * MiB);
    expect(large - small).toBeLessThan(8 * 1024);
    expect(statSync(unsealedPath).size).toBe(512 * MiB);
  });
});

describe("C2 over parameters", () => {
  it("refuses truncated ones", async () => {
    const { prover, folder, c1, commR, commD } = await published();
    const parametersDir = join(folder, "parameters");
    await mkdir(parametersDir);
    const { paramsFile, verifyingKeyFile } = loadNative().proofInfo(KIB_2.sectorSize);
    for (const file of [paramsFile, verifyingKeyFile]) await writeFile(join(parametersDir, file), "");
    const input = { ...KIB_2, c1Path: await c1(), ticket: TICKET, seed: SEED, commR, commD, parametersDir };
    await expect(prover.c2(input, running())).rejects.toMatchObject({
      code: "PROOF_PARAMS_DAMAGED",
      message: expect.stringContaining(paramsFile),
    });
  });

  it("names those that are not there", async () => {
    const { prover, folder, c1, commR, commD } = await published();
    const input = { ...KIB_2, c1Path: await c1(), ticket: TICKET, seed: SEED, commR, commD };
    const parametersDir = join(folder, "none");
    await expect(prover.c2({ ...input, parametersDir }, running())).rejects.toMatchObject({
      code: "PROOF_PARAMS_MISSING",
      kind: "user",
      next: expect.stringContaining("padma params"),
    });
    expect(readdirSync(folder)).not.toContain("none");
  });
});
