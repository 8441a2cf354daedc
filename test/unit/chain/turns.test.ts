import { describe, expect, it } from "vitest";
import { Turn, Turns } from "../../../src/chain/turns.ts";

/** Work that a test ends, and the order in which it began. */
function works() {
  const began: string[] = [];
  const of = (name: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const work = async (): Promise<string> => {
      began.push(name);
      return promise;
    };
    return { work, end: () => resolve(name), fail: () => reject(new Error(name)) };
  };
  return { began, of };
}

describe("turns", () => {
  it("are taken one after the other, also when one ends badly", async () => {
    const { began, of } = works();
    const [first, second, third] = [of("first"), of("second"), of("third")];
    const turn = new Turn();
    expect(turn.isFree).toBe(true);
    const taken = [first, second, third].map(({ work }) => turn.take(work));
    third.end();
    first.fail();
    await expect(taken[0]).rejects.toThrow("first");
    expect(began).toEqual(["first", "second"]);
    expect(turn.isFree).toBe(false);
    second.end();
    expect(await Promise.all(taken.slice(1))).toEqual(["second", "third"]);
    expect(turn.isFree).toBe(true);
  });

  it("of different keys are taken side by side, those of one after the other", async () => {
    const { began, of } = works();
    const [a, again, b] = [of("a"), of("a again"), of("b")];
    const turns = new Turns();
    const taken = [turns.take("a", a.work), turns.take("a", again.work), turns.take("b", b.work)];
    b.end();
    expect(await taken[2]).toBe("b");
    expect(began).toEqual(["a", "b"]);
    a.end();
    again.end();
    expect(await Promise.all(taken.slice(0, 2))).toEqual(["a", "a again"]);
    expect(began).toEqual(["a", "b", "a again"]);
  });
});
