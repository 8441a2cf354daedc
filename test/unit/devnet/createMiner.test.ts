import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { OutgoingMessage } from "../../../src/chain/chain.ts";
import { attoFil, epoch } from "../../../src/units.ts";
import { Address, idAddress } from "../../../src/wire/address.ts";
import { ACTOR, METHOD } from "../../../src/wire/methods.ts";
import {
  type CreateMinerParams,
  createMinerParams,
  createMinerReturn,
} from "../../../src/wire/params/createMiner.ts";
import { type TestDevnet, testDevnet } from "./harness.ts";
import { land, preCommitInfo, preCommitMessage, proveMessage, sendMessage } from "./messages.ts";

/** A tenth of 2 KiB of power, at the pledge of a byte: what a real 2 KiB network asked for. */
const DEPOSIT = 5_937_181_320n;
const WINDOW_POST_2KIB = 10;
const [OWNER, WORKER] = [idAddress(100), idAddress(101)];

function creation(changes: Partial<CreateMinerParams> = {}, value = DEPOSIT): OutgoingMessage {
  const params = {
    owner: OWNER,
    worker: WORKER,
    windowPoStProofType: WINDOW_POST_2KIB,
    peer: new Uint8Array(0),
    multiaddrs: [],
    ...changes,
  };
  return {
    uuid: randomUUID(),
    to: ACTOR.power.toString("t"),
    method: METHOD.power.CreateMiner,
    params: createMinerParams.encode(params),
    value: attoFil(value),
  };
}

async function created(
  { chain }: TestDevnet,
  message = creation(),
): Promise<Record<"id" | "robust", Address>> {
  const landed = await land(chain, message);
  expect(landed).toMatchObject({ exitCode: 0 });
  const { idAddress: id, robustAddress: robust } = createMinerReturn.decode(landed.returned);
  return { id, robust };
}

describe("CreateMiner", () => {
  it("makes miners with ids in a row and addresses that name their making", async () => {
    const net = await testDevnet();
    const first = await created(net);
    const second = await created(net);
    expect([first.id, second.id].map((id) => id.toString("t"))).toEqual(["t01001", "t01002"]);
    expect(first.robust.protocol).toBe(2);
    expect(first.robust.equals(second.robust)).toBe(false);
    const byName = await land(net.chain, sendMessage(second.robust.toString("t"), 1n));
    expect(byName.exitCode).toBe(0);
  });

  it("leaves the ids of accounts that came before", async () => {
    const net = await testDevnet();
    const unknown = new Address(1, new Uint8Array(20).fill(5)).toString("t");
    expect((await land(net.chain, sendMessage(unknown, 1n))).exitCode).toBe(0);
    expect((await created(net)).id.toString("t")).toBe("t01002");
  });

  it.each<[string, Partial<CreateMinerParams>, bigint, number]>([
    ["a deposit that is too small", {}, DEPOSIT - 1n, 19],
    ["an owner that is no actor", { owner: idAddress(9999) }, DEPOSIT, 16],
    ["an owner that is no account", { owner: idAddress(1000) }, DEPOSIT, 16],
    ["a worker without a BLS key", { worker: idAddress(102) }, DEPOSIT, 16],
    ["sectors of another size", { windowPoStProofType: 11 }, DEPOSIT, 16],
    ["a peer id that is too long", { peer: new Uint8Array(129) }, DEPOSIT, 16],
    ["an empty multiaddress", { multiaddrs: [new Uint8Array(0)] }, DEPOSIT, 16],
    ["too many multiaddresses", { multiaddrs: [new Uint8Array(1025)] }, DEPOSIT, 16],
  ])("refuses %s, and nothing is spent but gas", async (_name, changes, value, exitCode) => {
    const net = await testDevnet();
    expect(await land(net.chain, creation(changes, value))).toMatchObject({ exitCode });
    expect((await created(net)).id.toString("t")).toBe("t01001");
  });

  it("refuses parameters that cannot be read", async () => {
    const { chain } = await testDevnet();
    const landed = await land(chain, { ...creation(), params: new Uint8Array([0x80]) });
    expect(landed.exitCode).toBe(21);
  });
});

describe("a second miner", () => {
  it("proves sectors with randomness of its own, beside the first one's of the same number", async () => {
    const net = await testDevnet();
    const { chain, verifier } = net;
    const { id } = await created(net);
    const [other, own] = [id.toString("t"), "t01000"];
    for (const to of [own, other]) {
      const { epoch: now } = await chain.head();
      const message = preCommitMessage(preCommitInfo(now, { sealRandEpoch: epoch(-50) }));
      expect(await land(chain, { ...message, to })).toMatchObject({ exitCode: 0 });
    }
    await chain.advance(chain.network.preCommitChallengeDelay);
    for (const to of [own, other]) {
      expect(await land(chain, { ...proveMessage([{ number: 0 }]), to })).toMatchObject({ exitCode: 0 });
    }
    const [first, second] = verifier.asked;
    expect([first?.miner, second?.miner]).toEqual([1000, 1001]);
    expect(first?.ticket).not.toBe(second?.ticket);
    expect(first?.seed).not.toBe(second?.seed);
    expect(first?.ticket).toBe((await chain.ticket(epoch(-50))).value);
    expect((await chain.power()).totalRaw).toBe(4096n);
    expect((await chain.power()).minerRaw).toBe(2048n);
  });

  it("cannot spend its deposit for 180 days", async () => {
    const net = await testDevnet();
    const { chain } = net;
    const to = (await created(net)).id.toString("t");
    const preCommit = async () => {
      const { epoch: now } = await chain.head();
      return land(chain, { ...preCommitMessage(preCommitInfo(now)), to, value: attoFil(0n) });
    };
    expect(await preCommit()).toMatchObject({ exitCode: 19 });
    const needed = await chain.preCommitDeposit();
    await land(chain, sendMessage(to, needed - DEPOSIT));
    expect(await preCommit()).toMatchObject({ exitCode: 19 });
    await chain.advance(180 * 2880);
    expect(await preCommit()).toMatchObject({ exitCode: 0 });
  });

  it("belongs to its owner and worker alone", async () => {
    const net = await testDevnet();
    const to = (await created(net, creation({ owner: idAddress(102), worker: OWNER }))).id.toString("t");
    const { epoch: now } = await net.chain.head();
    const message = { ...preCommitMessage(preCommitInfo(now)), to };
    expect(await land(net.chain, message)).toMatchObject({ exitCode: 18 }); // the devnet's worker sends
  });
});
