/** Sectors for tests: one that knows everything, put at any position. */
import type { Position, Sector, State, Step } from "../../src/sealing/sector.ts";
import { STATES, STATE_NAMES } from "../../src/sealing/states.ts";
import { actorId, epoch, millis, paddedSize, sectorNumber } from "../../src/units.ts";

const hex = (byte: string): string => byte.repeat(32);

/** A sector with every field that the way to Proving gathers. */
export const complete = {
  number: sectorNumber(3),
  miner: actorId(1000),
  sectorSize: paddedSize(2048),
  sealProof: 5,
  deal: "self",
  createdAt: millis(1_700_000_000_000),
  version: 7,
  pieces: [{ size: paddedSize(1024), commP: hex("11"), content: "random", dealId: 4 }],
  attempts: {},
  drafts: [{ size: paddedSize(1024), content: { kind: "random", seed: 42 }, commP: hex("22"), dealId: 5 }],
  publish: "bafy2bzacepublish",
  ticket: { epoch: epoch(-880), value: hex("33") },
  phase1: { attempt: "pc1-a", commD: hex("44") },
  replica: { commD: hex("44"), commR: hex("05") },
  preCommit: "bafy2bzaceprecommit",
  preCommitLanded: { epoch: epoch(20), tipset: ["bafy2bzacetipset"] },
  seed: { epoch: epoch(28), value: hex("66") },
  vanilla: { attempt: "c1-a" },
  proof: "aa".repeat(192),
  commit: "bafy2bzacecommit",
  activation: epoch(40),
  failure: { step: "PC2", code: "PROOF_LIBRARY", message: "it broke" },
} as const;

/** Every state with every step it has, and null where it may have none. */
export const POSITIONS: readonly { state: State; step: Step | null }[] = STATE_NAMES.flatMap((state) => {
  const steps: (Step | null)[] = [...STATES[state].steps];
  const resting = state === "Proving" || steps.length === 0;
  return (resting ? [...steps, null] : steps).map((step) => ({ state, step }));
});

export function sectorAt(state: State, step: Step | null): Sector {
  return { ...complete, ...({ state, step } as Position) };
}
