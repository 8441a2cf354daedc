/** Who sends and pays: a node of a few accounts, and a miner with two control addresses. */
import { describe, expect, it } from "vitest";
import type { MessageUse, MinerInfo } from "../../../src/chain/chain.ts";
import { type ControlAddresses, NO_CONTROL, Payers } from "../../../src/chain/lotus/payers.ts";
import { PadmaError } from "../../../src/errors.ts";
import { actorId, attoFil, paddedSize } from "../../../src/units.ts";

const MINER: MinerInfo = {
  id: actorId(1000),
  address: "t01000",
  owner: "t3owner",
  worker: "t3worker",
  control: ["t3first", "t3second"],
  sectorSize: paddedSize(2048),
  sealProof: 5,
};
const KEYS: Readonly<Record<string, string>> = { t0101: "t3first", t0102: "t3second", t0103: "t3stranger" };

interface World {
  readonly addresses?: Partial<ControlAddresses>;
  readonly balances?: Readonly<Record<string, number>>;
  readonly wallet?: readonly string[];
  readonly owner?: string;
  readonly keyOf?: (address: string) => string;
}

const knownKey = (address: string): string => KEYS[address] ?? address;

function payers(world: World = {}): Payers {
  const { addresses = {}, balances = {}, wallet, owner = MINER.owner, keyOf = knownKey } = world;
  const keys = wallet ?? ["t3owner", "t3worker", "t3first", "t3second"];
  const answers: Readonly<Record<string, (address: string) => unknown>> = {
    StateAccountKey: keyOf,
    WalletHas: (address) => keys.includes(address),
    WalletBalance: (address) => attoFil(BigInt(balances[address] ?? 100)),
  };
  return new Payers({
    nodes: {
      changes: 0,
      call: async (method, [address]) => answers[method]?.(String(address)) as never,
    },
    addresses: { ...NO_CONTROL, ...addresses },
    miner: async () => ({ ...MINER, owner }),
  });
}

const payerOf = async (use: MessageUse, needed: number, world?: World): Promise<string> =>
  (await payers(world).choose(use, BigInt(needed))).address;

describe("the payer", () => {
  it("is the worker where nothing is configured, and the owner where the worker has too little", async () => {
    expect(await payerOf("PreCommit", 100)).toBe("t3worker");
    expect(await payerOf("Commit", 100, { balances: { t3worker: 99 } })).toBe("t3owner");
  });

  it("is the first configured address that has the money", async () => {
    const addresses = { preCommitControl: ["t0101", "t3second"] };
    expect(await payerOf("PreCommit", 100, { addresses })).toBe("t3first");
    expect(await payerOf("PreCommit", 100, { addresses, balances: { t3first: 99 } })).toBe("t3second");
    const poor = { t3first: 99, t3second: 99 };
    expect(await payerOf("PreCommit", 100, { addresses, balances: poor })).toBe("t3worker");
    expect(await payerOf("Commit", 100, { addresses })).toBe("t3worker");
  });

  it("is the richest when nobody has enough", async () => {
    const balances = { t3owner: 30, t3worker: 20 };
    expect(await payers({ balances }).choose("PreCommit", 100n)).toEqual({
      address: "t3owner",
      balance: 30n,
    });
  });

  it("of deals is never the owner, whom the market refuses", async () => {
    expect(await payerOf("PublishDeals", 100, { balances: { t3worker: 1 } })).toBe("t3worker");
    const addresses = { dealPublishControl: ["t0102"] };
    expect(await payerOf("PublishDeals", 100, { addresses })).toBe("t3second");
  });

  it("leaves out whom the configuration leaves out", async () => {
    const addresses = { commitControl: ["t0101"], disableWorkerFallback: true, disableOwnerFallback: true };
    expect(await payers({ addresses }).candidates("Commit")).toEqual(["t3first"]);
    // Without a control address there is nobody else.
    expect(await payers({ addresses }).candidates("PreCommit")).toEqual(["t3worker"]);
  });

  it("has its key in the node's wallet; an owner that is a multisig has none anywhere", async () => {
    expect(await payers({ wallet: ["t3owner"] }).candidates("Commit")).toEqual(["t3owner"]);
    const multisig = { owner: "t0999", wallet: ["t0999", "t3worker"] };
    expect(await payers(multisig).candidates("Commit")).toEqual(["t3worker"]);
    await expect(payers({ wallet: [] }).candidates("Commit")).rejects.toMatchObject({
      code: "CHAIN_KEY_UNKNOWN",
      kind: "user",
      facts: { address: "t3worker, t3owner" },
    });
  });

  it("is one of the miner's", async () => {
    const addresses = { commitControl: ["t0103"] };
    await expect(payers({ addresses }).candidates("Commit")).rejects.toMatchObject({
      code: "CHAIN_CONTROL_ADDRESS",
      kind: "user",
      facts: { address: "t3stranger", control: "t3first, t3second" },
    });
  });

  it("is asked for again when the node could not tell the key of an address", async () => {
    let isDown = true;
    const keyOf = (address: string): string => {
      if (isDown) throw new PadmaError({ code: "CHAIN_RPC", kind: "busy", message: "not now" });
      return knownKey(address);
    };
    const paying = payers({ addresses: { commitControl: ["t0101"] }, keyOf });
    await expect(paying.candidates("Commit")).rejects.toMatchObject({ code: "CHAIN_CONTROL_ADDRESS" });
    isDown = false;
    expect((await paying.candidates("Commit"))[0]).toBe("t3first");
  });
});
