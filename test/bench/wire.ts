import { epoch, sectorNumber } from "../../src/units.ts";
import { sealedCid, unsealedCid } from "../../src/wire/cid.ts";
import {
  preCommitSectorBatch2Params,
  type PreCommitSectorBatch2Params,
} from "../../src/wire/params/preCommitSectorBatch2.ts";
import { type Figure, median } from "./measure.ts";

/** The most that the network takes in one message. */
const SECTORS = 256;

/** Params of a full batch of precommits with data, to bytes and back, in a process that is warm. */
export function wire(): Promise<readonly Figure[]> {
  const { encode, decode } = preCommitSectorBatch2Params;
  const batch = fullBatch();
  const runs = Array.from({ length: 100 }, () => {
    const started = performance.now();
    decode(encode(batch));
    return performance.now() - started;
  });
  const [first = Number.NaN, ...warm] = runs;
  return Promise.resolve([
    { what: "precommit of 256 sectors, encode and decode", value: median(warm), unit: "ms", limit: 5 },
    { what: "precommit of 256 sectors, the first", value: first, unit: "ms" },
  ]);
}

const fullBatch = (): PreCommitSectorBatch2Params => ({
  sectors: Array.from({ length: SECTORS }, (_, i) => ({
    sealProof: 8,
    sectorNumber: sectorNumber(1000 + i),
    sealedCid: sealedCid(new Uint8Array(32).fill(i)),
    sealRandEpoch: epoch(4_000_000),
    dealIds: [],
    expiration: epoch(5_500_000),
    unsealedCid: unsealedCid(new Uint8Array(32).fill(i)),
  })),
});
