import fc from "fast-check";
import { expect, it } from "vitest";
import type { Sector, State, Step } from "../../../src/sealing/sector.ts";
import { STATE_NAMES, STATES } from "../../../src/sealing/states.ts";
import { fromRow, toRow } from "../../../src/store/sectorRow.ts";
import { actorId, epoch, millis, paddedSize, sectorNumber } from "../../../src/units.ts";
import { T0 } from "./sectors.ts";

/** Objects as literals make them. */
const PLAIN = { noNullPrototype: true } as const;
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const hex = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("hex"));
const height = fc.integer().map(epoch);
const size = fc.nat({ max: 25 }).map((n) => paddedSize(128 * 2 ** n));
const content = fc.oneof(
  fc.constant({ kind: "zeros" } as const),
  fc.record({ kind: fc.constant("random" as const), seed: fc.nat() }, PLAIN),
  fc.record({ kind: fc.constant("file" as const), path: fc.string({ unit: "binary" }), bytes: count }, PLAIN),
);
const kind = fc.constantFrom("zeros" as const, "random" as const, "file" as const);
const randomness = fc.record({ epoch: height, value: hex }, PLAIN);
const landed = fc.record({ epoch: height, tipset: fc.array(fc.string(), { maxLength: 3 }) }, PLAIN);
const failure = fc.record(
  {
    step: fc.constant("PC1" as const),
    code: fc.string(),
    message: fc.string({ unit: "binary" }),
    next: fc.string(),
  },
  { requiredKeys: ["step", "code", "message"], ...PLAIN },
);
const draft = fc.record(
  { size, content, commP: hex, dealId: count },
  { requiredKeys: ["size", "content"], ...PLAIN },
);
const piece = fc.record(
  { size, commP: hex, content: kind, dealId: count },
  { requiredKeys: ["size", "commP", "content"], ...PLAIN },
);

const known = fc.record(
  {
    drafts: fc.array(draft, { maxLength: 3 }),
    publish: fc.string(),
    ticket: randomness,
    phase1: fc.record({ attempt: fc.uuid(), commD: hex }, PLAIN),
    replica: fc.record({ commD: hex, commR: hex }, PLAIN),
    preCommit: fc.string(),
    preCommitLanded: landed,
    seed: randomness,
    vanilla: fc.record({ attempt: fc.uuid() }, PLAIN),
    proof: hex,
    commit: fc.string(),
    activation: height,
    failure,
  },
  { requiredKeys: [], ...PLAIN },
);

const identity = fc.record(
  {
    number: count.map(sectorNumber),
    miner: count.map(actorId),
    sectorSize: size,
    sealProof: fc.integer({ min: 5, max: 9 }),
    deal: fc.constantFrom("self" as const, "none" as const),
    createdAt: count.map(millis),
    version: count,
    pieces: fc.array(piece, { maxLength: 3 }),
    attempts: fc.record({ SealFailed: fc.nat(), CommitFailed: fc.nat() }, { requiredKeys: [], ...PLAIN }),
  },
  PLAIN,
);

/** Every state with each of its steps, and with none. */
const places: readonly { state: State; step: Step | null }[] = STATE_NAMES.flatMap((state) => [
  ...STATES[state].steps.map((step) => ({ state, step })),
  { state, step: null },
]);

it.each(places)("reads back what was stored in $state at $step", ({ state, step }) => {
  fc.assert(
    fc.property(identity, known, (id, more) => {
      const sector = { ...id, ...more, state, step } as Sector;
      expect(fromRow("padma.db", { ...toRow(sector, T0), rest_reason: null })).toStrictEqual(sector);
    }),
    { numRuns: 30 },
  );
});
