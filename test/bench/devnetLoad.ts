/**
 * Run as a process of its own by devnetMessages.ts, so that its memory is nobody else's: `devnetLoad.ts <folder>` makes
 * a devnet, pushes signed messages and lets it apply them. Prints one JSON line.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { OutgoingMessage } from "../../src/chain/chain.ts";
import { openDevnet, type Devnet } from "../../src/chain/devnet/devnet.ts";
import { createDevnet } from "../../src/chain/devnet/genesis.ts";
import { createSignatures } from "../../src/proofs/signatures.ts";
import { createVerifier } from "../../src/proofs/verifier.ts";
import { attoFil, paddedSize } from "../../src/units.ts";
import { type Address, idAddress } from "../../src/wire/address.ts";
import type { Key } from "../../src/wire/key.ts";
import { type Message, type SignedMessage, signingBytes } from "../../src/wire/message.ts";
import { ACTOR, METHOD } from "../../src/wire/methods.ts";
import { addBalanceParams } from "../../src/wire/params/addBalance.ts";
import { peakMegabytes } from "./measure.ts";

const COUNT = 1000;
const ACCOUNTS = 20;
const FIL = 10n ** 18n;

const [folder = ""] = process.argv.slice(2);
const path = join(folder, "devnet.db");
const signatures = createSignatures();
const deps = { now: Date.now, verifier: createVerifier(), signatures };

interface Account {
  readonly key: Key;
  readonly address: Address;
}

/** Every other one has a BLS key. */
function account(index: number): Account {
  const secret = new Uint8Array(32).fill(index + 1);
  const key: Key = { kind: index % 2 === 0 ? "bls" : "secp256k1", secret };
  return { key, address: signatures.address(key) };
}

/** Plain sends, and funds for the market, by turns. */
function signedMessage({ key, address }: Account, nonce: number): SignedMessage {
  const isSend = nonce % 2 === 0;
  const message: Message = {
    version: 0,
    to: isSend ? idAddress(102) : ACTOR.market,
    from: address,
    nonce: BigInt(nonce),
    value: attoFil(1000n),
    gasLimit: 4_000_000n,
    gasFeeCap: attoFil(200n),
    gasPremium: attoFil(100n),
    method: isSend ? 0 : METHOD.market.AddBalance,
    params: isSend ? new Uint8Array(0) : addBalanceParams.encode(address),
  };
  return { message, signature: signatures.sign(key, signingBytes(message)) };
}

const plainSend = (to: Address, value: bigint): OutgoingMessage => ({
  uuid: randomUUID(),
  to: to.toString("t"),
  method: 0,
  params: new Uint8Array(0),
  value: attoFil(value),
});

async function fund(chain: Devnet, accounts: readonly Account[]): Promise<void> {
  await Promise.all(accounts.map(async ({ address }) => chain.push(plainSend(address, FIL))));
  await chain.advance(2);
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const started = performance.now();
  const result = await work();
  return { ms: performance.now() - started, result };
}

const push = async (chain: Devnet, messages: readonly SignedMessage[]) =>
  timed(async () => Promise.all(messages.map(async (message) => chain.submit(randomUUID(), message))));

/** Messages that the worker's BLS key has yet to sign. */
async function pushUnsigned(chain: Devnet): Promise<number> {
  const messages = Array.from({ length: COUNT }, () => plainSend(idAddress(102), 1n));
  const { ms } = await timed(async () => Promise.all(messages.map(async (one) => chain.push(one))));
  return ms;
}

/** Applied means: there is a receipt, and it says that the message was good. */
async function apply(chain: Devnet, cids: readonly string[]): Promise<number> {
  const { ms } = await timed(async () => chain.advance(2));
  const landed = await chain.lookup(cids);
  if (cids.some((cid) => landed.get(cid)?.exitCode !== 0)) throw new Error("a message was not applied");
  return ms;
}

async function measure() {
  await createDevnet(
    path,
    { sectorSize: paddedSize(2048), verifyingKey: new Uint8Array(4), instant: true },
    deps,
  );
  const accounts = Array.from({ length: ACCOUNTS }, (_, index) => account(index));
  const chain = openDevnet(path, deps);
  await fund(chain, accounts);
  const each = COUNT / ACCOUNTS;
  const round = (from: number) =>
    Array.from({ length: each }, (_, i) => accounts.map((one) => signedMessage(one, from + i))).flat();
  const [first, second] = [round(0), round(each)];
  const pushed = await push(chain, first);
  const applyMs = await apply(
    chain,
    pushed.result.map(({ cid }) => cid),
  );
  const again = await push(chain, second);
  await chain.close();
  const another = openDevnet(path, deps); // has seen none of the signatures, like another process
  const unseenMs = await apply(
    another,
    again.result.map(({ cid }) => cid),
  );
  const signMs = await pushUnsigned(another);
  await another.close();
  return { pushMs: pushed.ms, applyMs, unseenMs, signMs, megabytes: peakMegabytes(process.pid) };
}

process.stdout.write(`${JSON.stringify(await measure())}\n`);
