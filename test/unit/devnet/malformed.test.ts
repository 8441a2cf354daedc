import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Machine } from "../../../src/chain/devnet/actors/call.ts";
import { openDatabase } from "../../../src/chain/devnet/database.ts";
import { BASE_FEE } from "../../../src/chain/devnet/gas.ts";
import { executeTipset } from "../../../src/chain/devnet/execute.ts";
import { readGenesis } from "../../../src/chain/devnet/genesis.ts";
import { ranges, slots } from "../../../src/chain/devnet/slots.ts";
import { State } from "../../../src/chain/devnet/state.ts";
import { committedRows } from "../../../src/chain/devnet/stateRows.ts";
import { actorId, attoFil, epoch } from "../../../src/units.ts";
import { type Address, addressFromBytes, idAddress } from "../../../src/wire/address.ts";
import { ACTOR } from "../../../src/wire/methods.ts";
import { addBalanceParams } from "../../../src/wire/params/addBalance.ts";
import { dealIdPayload } from "../../../src/wire/params/proveCommitSectors3.ts";
import { publishStorageDealsParams } from "../../../src/wire/params/publishStorageDeals.ts";
import { paddedSize } from "../../../src/units.ts";
import { testDevnet } from "./harness.ts";
import { commP, piece, preCommitInfo, preCommitMessage, preCommitted, proveMessage } from "./messages.ts";
import { ScriptedVerifier } from "./scriptedVerifier.ts";

const WORKER = idAddress(101);
/** The largest id that the network knows, beyond what a number holds. */
const HUGE = addressFromBytes(Uint8Array.of(0, 255, 255, 255, 255, 255, 255, 255, 255, 127));

const deal = publishStorageDealsParams.encode({
  deals: [
    {
      proposal: {
        pieceCid: commP(5),
        pieceSize: paddedSize(2048),
        verifiedDeal: false,
        client: WORKER,
        provider: idAddress(1000),
        label: "",
        startEpoch: epoch(1000),
        endEpoch: epoch(600_000),
        storagePricePerEpoch: attoFil(0n),
        providerCollateral: attoFil(0n),
        clientCollateral: attoFil(0n),
      },
      clientSignature: { kind: "bls", data: new Uint8Array(96) },
    },
  ],
});
const toHuge = { ...piece(1, 128), notify: [{ address: HUGE, payload: Uint8Array.of(0) }] };
/** One good message of each kind, to be damaged. */
const TEMPLATES: readonly { to: Address; method: number; params: Uint8Array }[] = [
  { to: ACTOR.market, method: 4, params: deal },
  { to: ACTOR.market, method: 2, params: addBalanceParams.encode(HUGE) },
  { to: idAddress(1000), method: 28, params: preCommitMessage(preCommitInfo(epoch(20))).params },
  { to: idAddress(1000), method: 34, params: proveMessage([{ number: 0 }]).params },
  { to: idAddress(1000), method: 34, params: proveMessage([{ number: 0, pieces: [toHuge] }]).params },
  {
    to: idAddress(1000),
    method: 34,
    params: proveMessage([{ number: 0, pieces: [piece(1, 2048, dealIdPayload.encode(1n))] }]).params,
  },
  {
    to: idAddress(1000),
    method: 34,
    params: proveMessage([{ number: 0, pieces: [piece(0, 1024), piece(1, 1024)] }]).params,
  },
  { to: HUGE, method: 0, params: new Uint8Array(0) },
];

const damaged = fc
  .record({
    template: fc.constantFrom(...TEMPLATES),
    edits: fc.array(fc.record({ at: fc.nat(2000), byte: fc.nat(255) }), { maxLength: 3 }),
    cut: fc.option(fc.nat(400)),
    value: fc.bigInt(0n, 10n ** 18n),
  })
  .map(({ template, edits, cut, value }) => {
    const params = Uint8Array.from(template.params);
    for (const { at, byte } of edits) if (params.length > 0) params[at % params.length] = byte;
    return { ...template, value, params: cut === null ? params : params.subarray(0, cut) };
  });

describe("malformed messages", () => {
  it("have an exit code, never stop the chain, and make or lose no funds", async () => {
    const { chain, path } = await testDevnet();
    await preCommitted(chain);
    await chain.close();
    const database = openDatabase(path);
    onTestFinished(() => database.close());
    const { parameters, verifyingKey } = readGenesis(database);
    const randomness = { ticket: () => new Uint8Array(32), seed: () => new Uint8Array(32) };
    const verifier = new ScriptedVerifier();
    const signatures = { verify: async (checks: readonly unknown[]) => checks.map(() => true) };
    const machine: Machine = { parameters, verifyingKey, randomness, verifier, signatures };
    const gas = { gasLimit: 10n ** 9n, gasFeeCap: attoFil(200n), gasPremium: attoFil(100n) };
    const exits = new Set<number>();

    await fc.assert(
      fc.asyncProperty(fc.array(damaged, { minLength: 1, maxLength: 4 }), async (messages) => {
        const state = new State(committedRows(database));
        const before = totalFunds(state);
        const applied = messages.map(({ to, method, params, value }, i) => ({
          cid: `${i}`,
          exitCode: null,
          message: {
            version: 0,
            to,
            from: WORKER,
            nonce: BigInt(i),
            value: attoFil(value),
            method,
            params,
            ...gas,
          },
        }));
        const receipts = await executeTipset(
          machine,
          state,
          epoch(19),
          { height: epoch(20), parentBaseFee: BASE_FEE },
          applied,
        );
        for (const { exitCode } of receipts) exits.add(exitCode);
        expect(receipts).toHaveLength(messages.length);
        expect(totalFunds(state)).toBe(before);
      }),
      { numRuns: 400 },
    );
    expect(exits).toContain(0);
    expect(exits).toContain(21);
  });
});

function totalFunds(state: State): bigint {
  const { first, end } = ranges.actors;
  const ids = state.keys(first, end).map((key) => actorId(Number(key.slice(first.length))));
  return ids.reduce((sum, id) => sum + (state.get(slots.actor(id))?.balance ?? 0n), 0n);
}
