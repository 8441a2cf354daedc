/** Each call of the protocol on the native module: hex to bytes, names to names. Runs in the child. */
import { stat } from "node:fs/promises";
import { paddedSize, toPadded, type UnpaddedSize } from "../units.ts";
import type { DataSource, FileLock, Pc1Result } from "../../crates/padma-node/index.d.ts";
import type { NativeModule } from "./native.ts";

import type { Calls, Method, Pc1Outcome } from "./protocol.ts";
import type {
  FilePart,
  PieceInfo,
  PieceSource,
  Progress,
  ProvenClaim,
  ReplicaIdentity,
  SealClaim,
} from "./prover.ts";
import { availableMemory } from "./availableMemory.ts";
import { padPiece } from "./zeros.ts";

type Report = (progress: Progress) => void;

type Handlers = {
  readonly [M in Method]: (
    native: NativeModule,
    input: Calls[M]["input"],
    report: Report,
  ) => Promise<Calls[M]["output"]>;
};

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
export const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");

/** Who seals what, as the crate takes it. */
function identity(native: NativeModule, { sectorSize, miner, number, ticket }: ReplicaIdentity) {
  return { sectorSize, proverId: native.proverId(miner), sectorNumber: number, ticket: bytes(ticket) };
}

/** What a seal proof is bound to, as the crate takes it. */
export function sealClaim(native: NativeModule, claim: SealClaim) {
  return {
    ...identity(native, claim),
    seed: bytes(claim.seed),
    commD: bytes(claim.commD),
    commR: bytes(claim.commR),
  };
}

export const provenClaim = (native: NativeModule, claim: ProvenClaim) => ({
  claim: sealClaim(native, claim),
  proof: claim.proof,
});

export const pieceList = (pieces: readonly PieceInfo[]) =>
  pieces.map(({ commP, size }) => ({ commP: bytes(commP), paddedSize: size }));

/** Zeros and generated data fill the piece; a file may be shorter than it. */
function dataSource(source: PieceSource, size: UnpaddedSize): DataSource {
  switch (source.kind) {
    case "zeros":
      return { kind: "zeros", size };
    case "random":
      return { kind: "generated", seed: source.seed, size };
    case "file":
      return { kind: "file", path: source.path };
  }
}

/** Progress counts the bytes that will be read: of a file its own length, not the piece's. */
async function bytesOf(source: PieceSource, size: UnpaddedSize): Promise<number> {
  if (source.kind !== "file") return size;
  const found = await stat(source.path).catch(() => undefined); // Vanished: the crate's error names it.
  return found === undefined || found.size === 0 ? size : found.size;
}

const inBytes = (report: Report, sum: number) => (done: number) =>
  report({ done, total: sum, unit: "bytes" });

/** The crate refuses a larger source by itself in AddPiece; CommP takes any size there. */
class SourceTooLarge extends Error {
  readonly code = "PROOF_PIECE_TOO_LARGE";
  readonly facts: Readonly<Record<string, string>>;
  constructor(size: number, limit: number) {
    super(`the data has ${size} bytes, the piece holds ${limit}`);
    this.facts = { limit: String(limit) };
  }
}

/** What this process holds already counts: an earlier proof's parameters stay for the next one. */
async function allowed(limit = Number.MAX_SAFE_INTEGER): Promise<number> {
  return Math.min(limit, process.memoryUsage.rss() + (await availableMemory()));
}

/** The crate gives one or the other. */
function pc1Outcome({ commD, failure }: Pc1Result): Pc1Outcome {
  if (commD !== undefined) return { commD: hex(commD) };
  return { failure: failure ?? { code: "PROOF_BUG", message: "PC1 gave nothing", facts: {} } };
}

async function pc1Outcomes(native: NativeModule, sectors: Calls["pc1"]["input"]["sectors"]) {
  const requests = sectors.map((input) => ({
    ...identity(native, input),
    pieces: pieceList(input.pieces),
    unsealed: input.unsealedPath,
    sealed: input.sealedPath,
    cache: input.cacheDir,
    output: input.outputPath,
  }));
  return { outcomes: (await native.pc1(requests)).map(pc1Outcome) };
}

export const handlers: Handlers = {
  async about(native) {
    return { backend: native.version().backend };
  },

  async commP(native, { source, size }, report) {
    const length = await bytesOf(source, size);
    if (length > size) throw new SourceTooLarge(length, size);
    const made = await native.commP(dataSource(source, size), inBytes(report, length));
    const padded = toPadded(size);
    if (made.paddedSize > padded) throw new SourceTooLarge(made.payloadSize, size); // A FIFO has no length before.
    return { commP: hex(padPiece(made.commP, made.paddedSize, padded)), size: padded };
  },

  async addPiece(native, { sectorSize, unsealedPath, existing, size, source }, report) {
    const options = { sectorSize, unsealed: unsealedPath, existingPieces: [...existing], pieceSize: size };
    const progress = inBytes(report, await bytesOf(source, size));
    const added = await native.addPiece({ ...options, source: dataSource(source, size) }, progress);
    return { commP: hex(added.commP), size: paddedSize(added.paddedSize) };
  },

  /** The child of a driver that was killed may write for a moment more: the lock is had when it has ended. */
  async pc1(native, { sectors }) {
    const locks: (FileLock | null)[] = [];
    try {
      for (const { outputPath } of sectors)
        locks.push(await native.lockFile(`${outputPath}.lock`, { wait: true }));
      return await pc1Outcomes(native, sectors);
    } finally {
      for (const lock of locks) lock?.release();
    }
  },

  async pc2(native, input, report) {
    const {
      sectorSize,
      cacheDir: cache,
      sealedPath: sealed,
      unsealedPath: unsealed,
      phase1Path: phase1,
    } = input;
    const { pc2Nodes: total } = native.proofInfo(sectorSize);
    const options = { sectorSize, phase1, unsealed, sealed, cache };
    const { commD, commR } = await native.pc2(options, (done) => report({ done, total, unit: "nodes" }));
    // A wrong replica must be found here: after the precommit it would cost the deposit.
    const pieces = pieceList(input.pieces);
    await native.c1SelfCheck({ ...identity(native, input), commD, commR, pieces, sealed, cache });
    return { commD: hex(commD), commR: hex(commR) };
  },

  async c1(native, input) {
    await native.c1({
      ...identity(native, input),
      seed: bytes(input.seed),
      commD: bytes(input.commD),
      commR: bytes(input.commR),
      pieces: pieceList(input.pieces),
      sealed: input.sealedPath,
      cache: input.cacheDir,
      output: input.outputPath,
    });
    return null;
  },

  async c2(native, { sectors, memoryLimit }) {
    const requests = sectors.map((sector) => ({ ...sealClaim(native, sector), c1Output: sector.c1Path }));
    return native.c2(requests, await allowed(memoryLimit));
  },

  async checkSector(native, { sectorSize, unsealedPath, sealedPath, cacheDir, commD, commR, deep }) {
    const paths = { unsealed: unsealedPath, sealed: sealedPath, cache: cacheDir };
    const options = { sectorSize, ...paths, commD: bytes(commD), deep };
    const found = await native.checkSector(commR === null ? options : { ...options, commR: bytes(commR) });
    return found.map(({ part, ...rest }) => ({ part: part as FilePart, ...rest }));
  },

  async clearCache(native, { cacheDir }) {
    await native.clearCache(cacheDir);
    return null;
  },

  async aggregateSeals(native, { srs, verifyingKey, claims }) {
    const proofs = claims.map((claim) => provenClaim(native, claim));
    return { aggregate: await native.aggregateSeals({ srs, verifyingKey, proofs }) };
  },

  async generateSrs(native, { proofs, seed, folder }) {
    await native.generateSrs({ proofs, seed, dir: folder });
    return null;
  },

  async generateParameters(native, { circuit, sectorSize, seed, folder }, report) {
    await native.generateParameters({ circuit, sectorSize, seed, dir: folder }, ({ done, total: sum }) =>
      report({ done, total: sum, unit: "points" }),
    );
    return null;
  },
};
