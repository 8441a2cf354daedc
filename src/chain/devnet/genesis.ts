/** Making a devnet: its secret, its parameters, the first state and block. */
import { blake2b } from "@noble/hashes/blake2.js";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { PadmaError } from "../../errors.ts";
import type { Signatures } from "../../proofs/signatures.ts";
import { type ActorId, attoFil, type Epoch, epoch } from "../../units.ts";
import { type Address, actorIdOf, idAddress } from "../../wire/address.ts";
import { cidOfCbor } from "../../wire/cid.ts";
import { ACTOR } from "../../wire/methods.ts";
import { accountId, ACCOUNTS, FIRST_FREE_ID, type KeyRing, keyRing, MINER } from "./accounts.ts";
import { beaconOf, type Block, messagesRoot, nextTicket, receiptsRoot, sealBlock } from "./block.ts";
import { createDatabase, damaged, type Database } from "./database.ts";
import { BASE_FEE } from "./gas.ts";
import {
  chosenParameters,
  decodeParameters,
  type DevnetChoices,
  type DevnetParameters,
  encodeParameters,
  parametersCbor,
  sealProofOf,
} from "./parameters.ts";
import { slots } from "./slots.ts";
import { type Changes, State, stateRoot } from "./state.ts";
import { writeState } from "./stateRows.ts";
import { TipSets } from "./tipsets.ts";

export interface Genesis {
  readonly parameters: DevnetParameters;
  /** Keys of the accounts, tickets and beacon come from it. */
  readonly secret: Uint8Array;
  readonly verifyingKey: Uint8Array;
}

export interface CreateDeps {
  /** Wall time, milliseconds since 1970. */
  readonly now: () => number;
  readonly signatures: Signatures;
  /** 32 bytes; random unless a test wants the same chain twice. */
  readonly secret?: Uint8Array;
}

/**
 * Digest of a `.vk` as parameters.json has it: blake2b-512, first 16 bytes.
 * @internal
 */
export const verifyingKeyDigest = (key: Uint8Array): string => bytesToHex(blake2b(key).subarray(0, 16));

/**
 * Makes the devnet's file (mode 0600) unless there is the same devnet in it, its age apart; safe when several processes
 * do so at once.
 * @returns true for the process that made it.
 * @throws PadmaError CHAIN_DEVNET_DIFFERS for a file whose genesis has other parameters, CHAIN_DEVNET_OPTION,
 *   CHAIN_NOT_WRITABLE, CHAIN_DATABASE_DAMAGED, CHAIN_BUSY
 */
export async function createDevnet(path: string, choices: DevnetChoices, deps: CreateDeps): Promise<boolean> {
  const secret = deps.secret ?? randomBytes(32);
  const digest = verifyingKeyDigest(choices.verifyingKey);
  const parameters = chosenParameters(choices, deps.now(), digest);
  const keys = keyRing(secret, deps.signatures);
  const { database, created } = createDatabase(path, (file) => {
    writeGenesis(file, { parameters, secret, verifyingKey: choices.verifyingKey }, keys);
  });
  try {
    if (!created) requireSame(path, readGenesis(database).parameters, parameters);
  } finally {
    database.close();
  }
  return created;
}

/** Everything but the time of genesis is chosen, the defaults too. */
function requireSame(path: string, found: DevnetParameters, wanted: DevnetParameters): void {
  const keys = Object.keys(wanted) as (keyof DevnetParameters)[];
  const differing = keys.filter((key) => key !== "genesisMs" && found[key] !== wanted[key]);
  if (differing.length === 0) return;
  const differences = differing.map((key) => [key, `${found[key]} there, ${wanted[key]} wanted`]);
  throw new PadmaError({
    code: "CHAIN_DEVNET_DIFFERS",
    kind: "user",
    message: "there is another devnet in the file",
    facts: { file: path, ...Object.fromEntries(differences) },
    next: "move the file away, or choose what its genesis has",
  });
}

/** @throws PadmaError CHAIN_DATABASE_DAMAGED */
export function readGenesis(database: Database): Genesis {
  const row = database.get("select parameters, secret, verifying_key from genesis");
  const { parameters: text, secret, verifying_key: verifyingKey } = row ?? {};
  if (typeof text !== "string" || !(secret instanceof Uint8Array) || !(verifyingKey instanceof Uint8Array)) {
    throw damaged(database.path, "there is no genesis");
  }
  const parameters = decodeParameters(text);
  if (parameters === undefined) throw damaged(database.path, "the parameters of genesis cannot be read");
  if (verifyingKeyDigest(verifyingKey) !== parameters.verifyingKeyDigest) {
    throw damaged(database.path, "the verifying key does not have the digest that genesis recorded");
  }
  return { parameters, secret, verifyingKey };
}

function writeGenesis(database: Database, genesis: Genesis, keys: KeyRing): void {
  const { parameters, secret, verifyingKey } = genesis;
  database.run(
    "insert into genesis (id, parameters, secret, verifying_key) values (1, ?, ?, ?)",
    encodeParameters(parameters),
    secret,
    verifyingKey,
  );
  database.run("insert into clock (id, offset_ms, high_water) values (1, 0, 0)");
  const changes = genesisState(parameters, keys);
  writeState(database, changes);
  new TipSets(database).insert(genesisBlock(genesis, changes));
}

function genesisState(parameters: DevnetParameters, keys: KeyRing): Changes {
  const state = new State({ path: "genesis", row: () => undefined, keys: () => [] });
  const actor = (id: ActorId, balance: bigint, key: Address | null) => {
    state.set(slots.actor(id), { balance: attoFil(balance), nonce: 0n, key });
  };
  for (const builtin of Object.values(ACTOR)) actor(actorIdOf(builtin), 0n, null);
  for (const { name, id, balance } of ACCOUNTS) {
    const address = keys.address(keys.key(name));
    actor(id, balance, address);
    state.set(slots.address(address), id);
  }
  state.set(slots.nextId, FIRST_FREE_ID);
  state.set(slots.nextDeal, 0n);
  state.set(slots.totalPower, { raw: 0n, qualityAdjusted: 0n });
  actor(MINER, 0n, null); // so a deposit that nobody sends is missing, as on the network
  const [owner, worker] = [accountId("owner"), accountId("worker")];
  const { sectorSize } = parameters;
  state.set(slots.miner(MINER), { owner, worker, sectorSize, sealProof: sealProofOf(sectorSize) });
  state.set(slots.funds(MINER), { preCommitDeposits: attoFil(0n), initialPledge: attoFil(0n) });
  state.set(slots.claim(MINER), { raw: 0n, qualityAdjusted: 0n });
  return state.changes();
}

function genesisBlock({ parameters, secret }: Genesis, changes: Changes): Block {
  const start: Epoch = epoch(0);
  const seed = cidOfCbor(parametersCbor(parameters));
  return sealBlock({
    miner: idAddress(MINER),
    ticket: { proof: nextTicket(secret, seed.bytes, start) },
    election: { winCount: 1, proof: new Uint8Array(0) },
    beacon: [beaconOf(secret, start)],
    winningPost: [],
    parents: [seed],
    parentWeight: 0n,
    height: start,
    parentStateRoot: stateRoot(null, changes),
    parentReceipts: receiptsRoot([]),
    messages: messagesRoot([], []),
    blsAggregate: null,
    timestamp: Math.floor(parameters.genesisMs / 1000),
    signature: null,
    forkSignal: 0,
    parentBaseFee: BASE_FEE,
  });
}
