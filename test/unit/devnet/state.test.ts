import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Slot, State, stateRoot } from "../../../src/chain/devnet/state.ts";
import { encodeCbor } from "../../../src/wire/cbor.ts";
import { uint } from "../../../src/wire/field.ts";

const slot = (key: string): Slot<number> => ({ key, field: uint });
const KEYS = ["a/1", "a/2", "a/3", "b/1"];

const key = fc.constantFrom(...KEYS);
const operation = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), key, value: fc.nat(3) }),
  fc.record({ kind: fc.constant("delete" as const), key }),
  fc.record({ kind: fc.constant("checkpoint" as const) }),
  fc.record({ kind: fc.constant("revert" as const) }),
);

function stateOver(committed: ReadonlyMap<string, number>): State {
  return new State({
    path: "",
    row: (key) => {
      const value = committed.get(key);
      return value === undefined ? undefined : encodeCbor(value);
    },
    keys: (first, end) => [...committed.keys()].filter((key) => key >= first && key < end).sort(),
  });
}

describe("the state's overlay", () => {
  it("reads like a map that is copied at each checkpoint and put back at each revert", () => {
    fc.assert(
      fc.property(fc.dictionary(key, fc.nat(3)), fc.array(operation), (start, operations) => {
        const committed = new Map(Object.entries(start));
        const state = stateOver(committed);
        let model = new Map(committed);
        const saved: { checkpoint: number; model: Map<string, number> }[] = [];
        for (const op of operations) {
          if (op.kind === "set") {
            state.set(slot(op.key), op.value);
            model.set(op.key, op.value);
          } else if (op.kind === "delete") {
            state.delete(slot(op.key));
            model.delete(op.key);
          } else if (op.kind === "checkpoint") {
            saved.push({ checkpoint: state.checkpoint(), model: new Map(model) });
          } else {
            const last = saved.pop();
            if (last === undefined) continue;
            state.revert(last.checkpoint);
            model = last.model;
          }
        }
        for (const key of KEYS) expect(state.get(slot(key))).toBe(model.get(key));
        expect(state.keys("a/", "a0")).toEqual([...model.keys()].filter((key) => key < "a0").sort());
        const changed = KEYS.filter((key) => committed.get(key) !== model.get(key)).sort();
        expect([...state.changes().keys()]).toEqual(changed);
      }),
    );
  });

  it("keeps the root when nothing changed, and has another one for each change", () => {
    const root = stateRoot(null, new Map());
    expect(stateRoot(root, new Map()).equals(root)).toBe(true);
    const set = stateRoot(root, new Map([["a/1", Uint8Array.of(1)]]));
    const gone = stateRoot(root, new Map([["a/1", null]]));
    expect(new Set([root, set, gone].map(String)).size).toBe(3);
  });
});
