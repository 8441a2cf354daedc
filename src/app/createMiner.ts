/**
 * Making a miner on a network: one message to the power actor, with a deposit that is locked (FIP-0077). It is written
 * down before it goes out, as the messages of sectors are, so that whatever is killed meanwhile, the next `init` finds
 * it again: there is never a second miner.
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { link, rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import * as v from "valibot";
import type { Landed, NetworkInfo, OutgoingMessage } from "../chain/chain.ts";
import type { NetworkIdentity } from "../chain/lotus/node.ts";
import type { Account, NodeSetup } from "../chain/lotus/setup.ts";
import { isPadmaError, PadmaError, systemErrorCode } from "../errors.ts";
import type { Log } from "../log.ts";
import { sync, writeDurably } from "../storage/durable.ts";
import { describe, isPassing } from "../tasks/retry.ts";
import {
  type AttoFil,
  attoFil,
  type Epoch,
  formatFil,
  millis,
  SECTOR_SIZES,
  type SectorSizeName,
} from "../units.ts";
import { parseAddress } from "../wire/address.ts";
import { looseJson } from "../wire/json.ts";
import { ACTOR, METHOD } from "../wire/methods.ts";
import { createMinerParams, createMinerReturn } from "../wire/params/createMiner.ts";
import type { Repo } from "./repo.ts";

/** What the person who waits is told. */
export interface CreationEvents {
  readonly onSent?: (sent: { readonly cid: string; readonly from: string; readonly value: AttoFil }) => void;
}

export interface CreateMinerDeps {
  readonly setup: NodeSetup;
  readonly repo: Repo;
  /** Tipsets on top of the message before it counts. */
  readonly confidence: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly events: CreationEvents;
  readonly log: Pick<Log, "warn">;
}

export interface NewMiner {
  readonly identity: NetworkIdentity;
  readonly network: NetworkInfo;
  readonly owner: Account;
  readonly worker: Account;
  readonly sectorSize: SectorSizeName;
}

/** The message as it was decided on. */
const recordSchema = v.object({
  uuid: v.string(),
  genesis: v.array(v.string()),
  owner: v.string(),
  worker: v.string(),
  sectorSize: v.string(),
  from: v.string(),
  value: v.pipe(v.string(), v.regex(/^\d+$/)),
  createdAt: v.number(),
});
type Creation = Readonly<v.InferOutput<typeof recordSchema>>;

/**
 * The ID address of the new miner, once its message has landed well.
 *
 * FAIL before the record: nothing was sent. FAIL after it: the next call pushes the same message under the same uuid,
 * which the node knows or which is searched for in pool and chain. FAIL on chain: the record goes, the deposit stays
 * with its owner.
 * @throws WORKER_KEY_TYPE, FUNDS_MISSING, CREATION_DIFFERS, CREATION_OVERTAKEN (busy), CREATION_FAILED,
 * CHAIN_KEY_UNKNOWN, CHAIN_…
 */
export async function createMiner(wanted: NewMiner, deps: CreateMinerDeps): Promise<string> {
  const { setup, repo, events } = deps;
  const known = readCreation(repo);
  const { creation, isOurs } =
    known === null ? await decide(wanted, deps) : { creation: known, isOurs: false };
  requireSame(creation, wanted, repo);
  const message = messageOf(creation, wanted, !isOurs);
  const { cid } = await setup.push(wanted.network, creation.from, message).catch(async (error: unknown) => {
    // Nothing of it was ever sent: the next init may decide anew. What another one has sent may still be on its way.
    if (isOurs && isPadmaError(error, "CHAIN_REFUSED", "CHAIN_FUNDS")) await forgetCreation(repo);
    throw error;
  });
  events.onSent?.({ cid, from: creation.from, value: message.value });
  const sent = { cid, creation, wanted };
  const landed = await receipt(sent, deps);
  if (landed.exitCode !== 0) {
    await forgetCreation(repo);
    throw failed(landed);
  }
  return createMinerReturn.decode(landed.returned).idAddress.toString(wanted.network.addressPrefix);
}

/** Nothing more is to be found again: the repo is there, or the message failed. */
export const forgetCreation = (repo: Repo): Promise<void> => rm(repo.creation, { force: true });

function readCreation(repo: Repo): Creation | null {
  const path = repo.creation;
  if (!existsSync(path)) return null;
  const parsed = v.safeParse(recordSchema, looseJson(readFileSync(path, "utf8")));
  if (parsed.success) return parsed.output;
  throw new PadmaError({
    code: "CREATION_DAMAGED",
    kind: "user",
    message: "the record of the miner that is being created cannot be read",
    facts: { file: path },
    next: "look on chain whether the miner is there (`lotus state list-actors`), remove the file, and name it with --actor",
  });
}

/** What the deposit is raised by: the network's own value may rise until the message lands (lotus, init.go). */
const MARGIN = { numerator: 101n, denominator: 100n } as const;
/** Gas of CreateMiner, rounded up, at a price that leaves room for a rising base fee. */
const LIKELY_FEE = attoFil(10n ** 16n);

/** What stands in the file, and whether this call has put it there. */
interface Decision {
  readonly creation: Creation;
  readonly isOurs: boolean;
}

async function decide(wanted: NewMiner, { setup, repo, now }: CreateMinerDeps): Promise<Decision> {
  const { owner, worker, identity, sectorSize } = wanted;
  requireBls(worker);
  const deposit = await setup.creationDeposit();
  const value = attoFil((deposit * MARGIN.numerator) / MARGIN.denominator);
  const from = payerOf(wanted, value);
  const creation: Creation = {
    uuid: randomUUID(),
    genesis: [...identity.genesis],
    owner: owner.id,
    worker: worker.id,
    sectorSize,
    from,
    value: value.toString(),
    createdAt: now(),
  };
  return record(repo, creation);
}

/** Of two inits at once the first one decides: the file gets its name when it is whole, and only if none has it. */
async function record(repo: Repo, creation: Creation): Promise<Decision> {
  const path = repo.creation;
  const whole = `${path}.${creation.uuid}`;
  await writeDurably(whole, `${JSON.stringify(creation, undefined, 2)}\n`);
  try {
    await link(whole, path);
    await sync(repo.root);
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") throw error;
  } finally {
    await rm(whole, { force: true });
  }
  const found = readCreation(repo);
  if (found === null) throw overtaken(repo);
  return { creation: found, isOurs: found.uuid === creation.uuid };
}

/** The other init is through by now: it has a miner, or was refused. */
function overtaken(repo: Repo): PadmaError {
  return new PadmaError({
    code: "CREATION_OVERTAKEN",
    kind: "busy",
    message: "another init creates a miner in this folder at the same time",
    facts: { folder: repo.root },
    next: "run init again when it has ended",
  });
}

/** The owner, or the worker where the owner's key is elsewhere. */
function payerOf({ owner, worker }: NewMiner, value: AttoFil): string {
  const payer = [owner, worker].find(({ hasKey }) => hasKey);
  if (payer === undefined) {
    throw new PadmaError({
      code: "CHAIN_KEY_UNKNOWN",
      kind: "user",
      message: "the node's wallet has neither the owner's key nor the worker's",
      facts: { owner: owner.key, worker: worker.key },
      next: "import one with `lotus wallet import`, or name others with --owner and --worker",
    });
  }
  const needed = attoFil(value + LIKELY_FEE);
  if (payer.balance >= needed) return payer.key;
  throw new PadmaError({
    code: "FUNDS_MISSING",
    message: "there is not enough money to create a miner",
    facts: {
      payer: payer.key,
      balance: formatFil(payer.balance),
      needed: formatFil(needed),
      deposit: formatFil(value),
    },
    next: `send ${formatFil(attoFil(needed - payer.balance))} to ${payer.key}, or name the miner that there is with --actor`,
  });
}

/** The actor refuses other workers: their signatures are what elects blocks. */
function requireBls({ key }: Account): void {
  if (/^[ft]3/.test(key)) return;
  throw new PadmaError({
    code: "WORKER_KEY_TYPE",
    kind: "user",
    message: "a miner's worker needs a BLS key",
    facts: { worker: key },
    next: "make one with `lotus wallet new bls`, send some FIL to it, and name it with --worker",
  });
}

/** What was decided on stays: other flags now would be another miner. */
function requireSame(
  creation: Creation,
  { identity, owner, worker, sectorSize }: NewMiner,
  repo: Repo,
): void {
  const pairs: readonly (readonly [string, string, string])[] = [
    ["genesis", creation.genesis.join(" "), identity.genesis.join(" ")],
    ["owner", creation.owner, owner.id],
    ["worker", creation.worker, worker.id],
    ["sectorSize", creation.sectorSize, sectorSize],
  ];
  const others = pairs.filter(([, before, now]) => before !== now);
  if (others.length === 0) return;
  throw new PadmaError({
    code: "CREATION_DIFFERS",
    kind: "user",
    message: "an earlier init has sent a message that creates another miner",
    facts: {
      file: repo.creation,
      ...Object.fromEntries(others.map(([name, before, now]) => [name, `${before} before, ${now} now`])),
    },
    next: "run init with the same flags as before: it finds that miner",
  });
}

/**
 * Another init's message is followed by an init that creates a miner too, and by no other.
 * @throws CREATION_DIFFERS, CREATION_DAMAGED
 */
export function requireNoCreation(repo: Repo, actor: string): void {
  const creation = readCreation(repo);
  if (creation === null) return;
  throw new PadmaError({
    code: "CREATION_DIFFERS",
    kind: "user",
    message: "an earlier init has sent a message that creates a miner: naming another one would forget it",
    facts: {
      file: repo.creation,
      actor,
      owner: creation.owner,
      value: formatFil(attoFil(BigInt(creation.value))),
    },
    next: "run init as before, without --actor: it finds that miner; where the other one is wanted, move the file away",
  });
}

function messageOf(
  creation: Creation,
  { owner, worker, sectorSize, network }: NewMiner,
  isOld: boolean,
): OutgoingMessage {
  const params = {
    owner: parseAddress(owner.id),
    worker: parseAddress(worker.id),
    windowPoStProofType: windowPoStProofOf(sectorSize),
    peer: new Uint8Array(),
    multiaddrs: [],
  };
  return {
    uuid: creation.uuid,
    to: ACTOR.power.toString(network.addressPrefix),
    method: METHOD.power.CreateMiner,
    params: createMinerParams.encode(params),
    value: attoFil(BigInt(creation.value)),
    ...(isOld ? { openSince: millis(creation.createdAt) } : {}),
  };
}

/** RegisteredPoStProof of WindowPoSt V1_1, by size from 10 on (go-state-types abi/sector.go). */
function windowPoStProofOf(size: SectorSizeName): number {
  return 10 + (Object.keys(SECTOR_SIZES) as SectorSizeName[]).indexOf(size);
}

interface Sent {
  readonly cid: string;
  readonly creation: Creation;
  readonly wanted: NewMiner;
}

/** A message that has not landed for so long may have been lost by the pool. */
const LOST_AFTER_EPOCHS = 20;

/**
 * Asks once for each epoch, until the receipt is deep enough to count.
 * FAIL: the node does not answer meanwhile → logged, asked again: the message is on its way all the same.
 * FAIL: the pool has lost the message → pushed again under its uuid, which looks for it first; its CID may be another.
 */
async function receipt({ cid: first, creation, wanted }: Sent, deps: CreateMinerDeps): Promise<Landed> {
  const { setup, signal, log, confidence } = deps;
  const { network } = wanted;
  let cid = first;
  let lookedFrom: Epoch | null = null;
  for (;;) {
    signal.throwIfAborted();
    try {
      const head = await setup.head(network);
      const landed = await setup.landed(cid, head);
      if (landed !== null && head.epoch >= landed.epoch + confidence) return landed;
      if (landed !== null || lookedFrom === null) lookedFrom = head.epoch;
      if (head.epoch >= lookedFrom + LOST_AFTER_EPOCHS) {
        ({ cid } = await setup.push(network, creation.from, messageOf(creation, wanted, true)));
        lookedFrom = head.epoch;
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
      log.warn("the message of the new miner cannot be looked for now", describe(error));
    }
    await pause(network.blockDelayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function failed({ cid, exitCode, error }: Landed): PadmaError {
  return new PadmaError({
    code: "CREATION_FAILED",
    message: `the network did not create the miner: exit code ${exitCode}${error === null ? "" : `: ${error}`}`,
    facts: { message: cid, exitCode },
    next: "the deposit came back; put right what it says, and run init again",
  });
}
