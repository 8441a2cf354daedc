import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import type { ProvenClaim } from "../../../src/proofs/prover.ts";
import { epoch, sectorNumber } from "../../../src/units.ts";
import { inconsistencies } from "./consistency.ts";
import { testDevnet } from "./harness.ts";
import {
  land,
  MINER_ADDRESS,
  preCommitInfo,
  preCommitMessage,
  preCommitted,
  proveMessage,
  sendMessage,
} from "./messages.ts";
import { ScriptedVerifier } from "./scriptedVerifier.ts";

/** Does something else while a proof is being verified. */
class InterruptedVerifier extends ScriptedVerifier {
  meanwhile: (() => Promise<unknown>) | undefined;

  override async verifySeals(key: Uint8Array, claims: readonly ProvenClaim[]): Promise<boolean[]> {
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
    return super.verifySeals(key, claims);
  }
}

async function aboutToVerify() {
  const verifier = new InterruptedVerifier();
  const net = await testDevnet({}, { verifier });
  await preCommitted(net.chain);
  const { cid } = await net.chain.push(proveMessage([{ number: 0 }]));
  const { epoch: included } = await net.chain.advance(1);
  return { ...net, verifier, cid, included };
}

describe("a tipset that is being worked out", () => {
  it("is dropped when another process was faster, and the chain goes on from that one", async () => {
    const { chain, verifier, reopen, cid, included, path } = await aboutToVerify();
    const other = reopen();
    verifier.meanwhile = async () => other.advance(1);
    await chain.advance(1);
    expect(verifier.asked).toHaveLength(2); // the other process verified the same proof
    expect((await chain.lookup([cid])).get(cid)).toMatchObject({ epoch: included, exitCode: 0 });
    expect((await chain.power()).minerRaw).toBe(2048n);
    expect(inconsistencies(path)).toEqual([]);
  });

  it("is worked out again when a message arrives that belongs into it", async () => {
    const { chain, clock, verifier, reopen, path } = await aboutToVerify();
    const other = reopen();
    clock.pass(1000);
    let late = "";
    verifier.meanwhile = async () => {
      clock.pass(-1000); // so that it still arrives in the epoch before
      late = (await other.push(sendMessage(MINER_ADDRESS, 1n))).cid;
      clock.pass(1000);
    };
    const { epoch: head } = await chain.head();
    await chain.advance(1);
    expect((await chain.lookup([late])).get(late)).toMatchObject({ epoch: head });
    expect(inconsistencies(path)).toEqual([]);
  });

  it("is not worked out twice by one process", async () => {
    const { chain, clock, verifier } = await aboutToVerify();
    clock.pass(1000);
    const heads = await Promise.all([chain.head(), chain.head(), chain.head()]);
    expect(new Set(heads.map((head) => head.key.join())).size).toBe(1);
    expect(verifier.asked).toHaveLength(1);
  });

  it("is waited for when the chain is closed", async () => {
    const { chain, clock, reopen } = await aboutToVerify();
    clock.pass(1000);
    const head = chain.head();
    await chain.close();
    expect(await reopen().storedHead()).toEqual(await head);
  });
});

describe("a clock that is moved further than there are dates", () => {
  const LAST_DATE = 8.64e15;

  it.each([
    ["of a second a block", 1000],
    ["of a millisecond a block", 1],
    ["of a day a block", 86_400_000],
  ])("is refused, and a chain %s goes on as before", async (_what, blockDelayMs) => {
    const { chain, reopen } = await testDevnet({ blockDelayMs, instant: true });
    const beyond = Math.ceil(LAST_DATE / blockDelayMs);
    for (const epochs of [beyond, Number.MAX_SAFE_INTEGER]) {
      await expect(chain.advance(epochs)).rejects.toMatchObject({ code: "CHAIN_EPOCHS", kind: "user" });
      await expect(chain.jumpTo(epoch(epochs))).rejects.toMatchObject({ code: "CHAIN_EPOCHS" });
    }
    expect(await reopen().status()).toMatchObject({ clockEpoch: 0, clockBehindMs: 0 });
    expect((await reopen().advance(1)).epoch).toBe(1);
  });

  it("is refused also when it gets there in steps, each of which is small enough", async () => {
    const { chain } = await testDevnet();
    const step = Math.floor(LAST_DATE / 1000 / 3);
    await chain.advance(step);
    const { epoch: far, timestampMs } = await chain.advance(step);
    expect(new Date(timestampMs).toISOString()).toContain("Z");
    await expect(chain.advance(step)).rejects.toMatchObject({
      code: "CHAIN_EPOCHS",
      facts: { now: far, epochs: step },
    });
    expect(await chain.head()).toMatchObject({ epoch: far });
  });

  it("leaves room for what is dated ahead: a sector's expiration is a date too", async () => {
    const { chain } = await testDevnet();
    const { genesisMs, blockDelayMs } = chain.network;
    const refused = await chain.advance(Number.MAX_SAFE_INTEGER).catch((error: unknown) => error);
    const { latest } = (refused as { facts: { latest: number } }).facts;
    const { epoch: now } = await chain.advance(latest - 10);
    const landed = await land(chain, preCommitMessage(preCommitInfo(now)));
    expect(landed).toMatchObject({ exitCode: 0 });
    const { expiration = 0 } = (await chain.preCommit(sectorNumber(0))) ?? {};
    expect(() => new Date(genesisMs + expiration * blockDelayMs).toISOString()).not.toThrow();
  });

  it("is not made by a block delay of years", async () => {
    await expect(testDevnet({ blockDelayMs: 86_400_001 })).rejects.toMatchObject({
      code: "CHAIN_DEVNET_OPTION",
      facts: { expected: "a whole number from 1 to 86400000" },
    });
  });
});

describe("a message that an earlier padma was killed before signing", () => {
  it("is signed by whoever makes the next tipset", async () => {
    const { chain, path, reopen } = await testDevnet();
    const { cid } = await chain.push(sendMessage(MINER_ADDRESS, 4n));
    await chain.close();
    const file = new DatabaseSync(path);
    file.exec("update messages set signature = null");
    file.close();
    const other = reopen();
    await other.advance(2);
    expect((await other.lookup([cid])).get(cid)).toMatchObject({ exitCode: 0 });
    expect((await other.balances()).miner).toBe(4n);
  });
});

describe("a sector whose messages all arrive in one epoch", () => {
  it("is precommitted, and its early proof is refused", async () => {
    const { chain } = await testDevnet();
    await chain.push(preCommitMessage(preCommitInfo(epoch(1))));
    const early = await land(chain, proveMessage([{ number: 0 }]));
    expect(early).toMatchObject({ epoch: 1, exitCode: 18 });
    expect(await chain.preCommit(sectorNumber(0))).not.toBeNull();
  });
});
