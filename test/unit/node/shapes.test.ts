/** What a real lotus node answered, recorded: ours has the same fields and types, and the same words where it refuses. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { sectorNumber } from "../../../src/units.ts";
import { preCommitInfo, preCommitMessage, proveMessage } from "../devnet/messages.ts";
import { testNode, type TestNode } from "./harness.ts";
import { differencesOf } from "./shape.ts";

interface Recorded {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly result: unknown;
}

interface Refused {
  readonly method: string;
  readonly params: readonly unknown[];
  /** Not there: one that may do everything; null: none. */
  readonly token?: string | null;
  readonly status: number;
  /** null: no body. */
  readonly error: object | null;
}

/** Without StateSectorPartition, which a devnet cannot answer: there are no partitions. */
const file = path.join(import.meta.dirname, "../../fixtures/lotus-node.json");
const { answers, refusals } = JSON.parse(readFileSync(file, "utf8")) as {
  readonly answers: readonly Recorded[];
  readonly refusals: readonly Refused[];
};

const OWNER = "t3umgrjgznqj64laz2utwsesg233lgxsyji3d2p4t63vmvfsdc6lngs7nikbhpyfg4h6rer4yvx7vzedzo22uq";
const PRE_COMMIT = "bafy2bzacedytmtmngimfxumbmepmb5s3ezdak3czlhy6yg36vmspj3za7xpei";
const COMMIT = "bafy2bzacedcgiuadrdwz3l43hcia6i6dt2oqq3qsy2r3h45ztj5eczoeh4m7s";

/** A devnet as that network was: head at 80, sectors 0 to 2, the last one by two messages of the same kinds. */
async function likeTheRecorded(): Promise<{ node: TestNode; replace: (params: unknown) => unknown }> {
  const node = await testNode();
  const { chain } = node;
  await node.pass(10);
  const infos = [0, 1, 2].map((number) => preCommitInfo(10 as never, { sectorNumber: sectorNumber(number) }));
  const preCommit = await chain.push(preCommitMessage(...infos));
  await node.pass(12);
  const commit = await chain.push(proveMessage(infos.map(({ sectorNumber: number }) => ({ number }))));
  await node.pass(58);
  const { accounts, head } = await chain.status();
  const words: Readonly<Record<string, string>> = {
    [OWNER]: accounts.owner,
    [PRE_COMMIT]: preCommit.cid,
    [COMMIT]: commit.cid,
  };
  const replace = (value: unknown): unknown => {
    if (typeof value === "string") return words[value] ?? value;
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(([key, one]) => [key, replace(one)]);
    return Object.fromEntries(entries);
  };
  return { node, replace: (params) => withKeys(replace(params), head.key[0] ?? "") };
}

/** Keys of tipsets in the recorded calls become that of our head. */
function withKeys(params: unknown, head: string): unknown {
  return (params as readonly unknown[]).map((param) =>
    Array.isArray(param) && param.length === 1 ? [{ "/": head }] : param,
  );
}

describe("answers of the node", () => {
  it("have the fields and types of a real node's", async () => {
    const { node, replace } = await likeTheRecorded();
    for (const { method, params, result } of answers) {
      const answer = await node.call(method.replace("Filecoin.", ""), replace(params) as unknown[]);
      expect(answer.error, method).toBeUndefined();
      expect(differencesOf(method, answer.result, result)).toEqual([]);
    }
    expect(new Set(answers.map(({ method }) => method)).size).toBe(44);
  });

  it("are a real node's to the letter where it refuses", async () => {
    const { node, replace } = await likeTheRecorded();
    for (const { method, params, token, status, error } of refusals) {
      const given = replace(params) as unknown[];
      const answer = await node.call(method.replace("Filecoin.", ""), given, token);
      expect(answer.status, method).toBe(status);
      if (error === null) expect(answer.body, method).toBe("");
      else expect(answer.error, method).toEqual(error);
    }
    expect(refusals).toHaveLength(11);
  });
});
