import { describe, expect, it } from "vitest";
import type { Machine } from "../../../src/chain/devnet/actors/call.ts";
import { BASE_FEE } from "../../../src/chain/devnet/gas.ts";
import { executeTipset } from "../../../src/chain/devnet/execute.ts";
import { slots } from "../../../src/chain/devnet/slots.ts";
import { State } from "../../../src/chain/devnet/state.ts";
import { actorId, attoFil, epoch } from "../../../src/units.ts";
import { type Address, idAddress } from "../../../src/wire/address.ts";
import type { Message } from "../../../src/wire/message.ts";
import { ScriptedVerifier } from "./scriptedVerifier.ts";

const machine: Machine = {
  parameters: {} as Machine["parameters"], // plain sends ask for none
  verifyingKey: new Uint8Array(0),
  randomness: { ticket: () => new Uint8Array(32), seed: () => new Uint8Array(32) },
  verifier: new ScriptedVerifier(),
  signatures: { verify: async (checks) => checks.map(() => true) },
};

function send(
  from: Address,
  value: bigint,
  nonce: bigint,
): { cid: string; message: Message; exitCode: null } {
  const gas = { gasLimit: 2_000_000n, gasFeeCap: attoFil(200n), gasPremium: attoFil(100n) };
  const rest = { version: 0, to: idAddress(99), method: 0, params: new Uint8Array(0), ...gas };
  return {
    cid: `message ${nonce}`,
    exitCode: null,
    message: { ...rest, from, nonce, value: attoFil(value) },
  };
}

describe("a sender whom its own first message leaves too poor", () => {
  it("loses what is left with the second, and nothing comes from nowhere", async () => {
    const [sender, burnt, reward] = [actorId(500), actorId(99), actorId(2)];
    const state = new State({ path: "", row: () => undefined, keys: () => [] });
    const start = attoFil(10n ** 9n);
    const balance = (id: typeof sender) => state.get(slots.actor(id))?.balance ?? 0n;
    for (const id of [sender, burnt, reward]) {
      state.set(slots.actor(id), { balance: attoFil(id === sender ? start : 0n), nonce: 0n, key: null });
    }
    const from = idAddress(sender);
    const messages = [send(from, 600_000_000n, 0n), send(from, 1n, 1n), send(from, 1n, 2n)];
    const receipts = await executeTipset(
      machine,
      state,
      epoch(4),
      { height: epoch(5), parentBaseFee: BASE_FEE },
      messages,
    );
    expect(receipts.map(({ exitCode }) => exitCode)).toEqual([0, 2, 2]);
    expect(state.get(slots.actor(sender))).toMatchObject({ balance: 0n, nonce: 3n });
    expect(balance(burnt) + balance(reward)).toBe(start);
  });

  it("cannot send more than it has, and pays the gas for trying", async () => {
    const [sender, burnt, reward] = [actorId(500), actorId(99), actorId(2)];
    const state = new State({ path: "", row: () => undefined, keys: () => [] });
    for (const id of [sender, burnt, reward]) {
      state.set(slots.actor(id), { balance: attoFil(id === sender ? 10n ** 9n : 0n), nonce: 0n, key: null });
    }
    const [receipt] = await executeTipset(
      machine,
      state,
      epoch(4),
      { height: epoch(5), parentBaseFee: BASE_FEE },
      [send(idAddress(sender), 10n ** 10n, 0n)],
    );
    expect(receipt).toMatchObject({ exitCode: 6, error: expect.stringMatching(/cannot send/) });
    expect(state.get(slots.actor(burnt))?.balance).toBe(BigInt(receipt?.gasUsed ?? 0) * 100n);
  });
});
