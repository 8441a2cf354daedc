/** Run as a process of its own by processes.test.ts: `child.ts <command> <file> [count]`. Prints one JSON line. */
import { randomUUID } from "node:crypto";
import { openDevnet } from "../../../src/chain/devnet/devnet.ts";
import { createDevnet } from "../../../src/chain/devnet/genesis.ts";
import { createSignatures } from "../../../src/proofs/signatures.ts";
import { paddedSize } from "../../../src/units.ts";
import { MINER_ADDRESS, sendMessage } from "./messages.ts";
import { ScriptedVerifier } from "./scriptedVerifier.ts";

const [command = "", path = "", count = "1"] = process.argv.slice(2);
const deps = { now: Date.now, verifier: new ScriptedVerifier(), signatures: createSignatures() };

/** Makes a tipset for every block delay that passes, and pushes now and then, with a line for each. */
async function drive(pushes: number): Promise<string[]> {
  const chain = openDevnet(path, deps);
  const cids: string[] = [];
  for (let round = 0; round < pushes; round += 1) {
    cids.push((await chain.push({ ...sendMessage(MINER_ADDRESS, 1n), uuid: randomUUID() })).cid);
    process.stdout.write("pushed\n");
    for (let i = 0; i < 10; i += 1) await chain.head();
  }
  await chain.close();
  return cids;
}

async function pushTogether(pushes: number): Promise<string[]> {
  const chain = openDevnet(path, deps);
  const cids = [(await chain.push({ ...sendMessage(MINER_ADDRESS, 5n), uuid: "the same for all" })).cid];
  for (let i = 0; i < pushes; i += 1) cids.push((await chain.push(sendMessage(MINER_ADDRESS, 1n))).cid);
  await chain.close();
  return cids;
}

async function create(): Promise<boolean> {
  return createDevnet(path, { sectorSize: paddedSize(2048), verifyingKey: new Uint8Array(4) }, deps);
}

const result =
  command === "create" ? await create() : await (command === "drive" ? drive : pushTogether)(Number(count));
process.stdout.write(`${JSON.stringify(result)}\n`);
