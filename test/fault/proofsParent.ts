/** A process that seals one sector in its current folder, as padma would, and never closes its prover. */
import { join } from "node:path";
import { createProver } from "../../src/proofs/host.ts";
import { createSectorStorage } from "../../src/storage/sectorStorage.ts";
import { paddedSize, toUnpadded } from "../../src/units.ts";
import { KIB_2, TICKET } from "./proofsSupport.ts";

const sectorSize = paddedSize(Number(process.argv[2]));
const sector = { ...KIB_2, sectorSize };
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const prover = createProver({
  env: process.env,
  temporaryFolder: process.cwd(),
});
const storage = createSectorStorage({ root: join(process.cwd(), "storage") });
await storage.requireFree(0);
const running = {
  signal: new AbortController().signal,
  onProgress: ({ unit, done }: { unit: string; done: number }) => unit === "layers" && say(`layers ${done}`),
};
const { unsealed: unsealedPath } = storage.paths(sector);
const source = { kind: "random", seed: 42 } as const;
const piece = await prover.addPiece(
  { sectorSize, source, size: toUnpadded(sectorSize), existing: [], unsealedPath },
  running,
);
say(`piece ${piece.commP}`);
const phase1 = await storage.beginPc1(sector, TICKET);
const common = { ...sector, ticket: TICKET, pieces: [piece], unsealedPath };
await prover.pc1(
  { ...common, cacheDir: phase1.cache, sealedPath: phase1.sealed, outputPath: phase1.output },
  running,
);
const attempt = await storage.beginPc2(sector, TICKET, phase1.id);
const { cache: cacheDir, sealed: sealedPath } = attempt;
const { commR } = await prover.pc2({ ...common, cacheDir, sealedPath, phase1Path: phase1.output }, running);
say(`commR ${commR}`);
