/**
 * Faults that a person orders: what a network does to messages, rounds and fees in bad weather. They are in the
 * devnet's file, so they outlive the process that ordered them, and act when the next tipset is worked out.
 */
import { type AttoFil, attoFil, type Epoch, epoch } from "../../units.ts";
import type { Fault, FaultSubject, StoredFault } from "../chain.ts";
import { type Message, messageCbor, messageCid } from "../../wire/message.ts";
import { METHOD } from "../../wire/methods.ts";
import { preCommitSectorBatch2Params } from "../../wire/params/preCommitSectorBatch2.ts";
import { proveCommitSectors3Params } from "../../wire/params/proveCommitSectors3.ts";
import type { Clock } from "./clock.ts";
import { damaged, type Database, type Row } from "./database.ts";
import { BASE_FEE, maxGasCost } from "./gas.ts";
import { bytesOf } from "./stateRows.ts";
import { TipSets } from "./tipsets.ts";

/** In `messages.included`: no tipset includes the message until it is pushed again. */
export const DROPPED = -1;

type MessageFault = Extract<Fault, { count: number }>;
/** Of rounds and fees, with the epochs that it is about. */
type RangeFault = Exclude<Fault, MessageFault> & { readonly from: Epoch; readonly to: Epoch };

interface FaultRow {
  readonly id: number;
  readonly fault: MessageFault | RangeFault;
}

const isOfMessages = (fault: Fault): fault is MessageFault => "count" in fault;

/** Stores a fault. One of rounds or fees begins with the epoch after the clock's. */
export function addFault(database: Database, clock: Clock, wanted: Fault): StoredFault {
  return database.write(() => {
    const now = Math.max(clock.read().epoch, new TipSets(database).head().header.height);
    const fault = isOfMessages(wanted)
      ? wanted
      : { ...wanted, from: epoch(now + 1), to: epoch(now + wanted.epochs) };
    const row = database.get("insert into faults (fault) values (?) returning id", JSON.stringify(fault));
    return shown({ id: Number(row?.["id"]), fault });
  });
}

/** Those that still have something to do, in the order in which they were given. */
export function pendingFaults(database: Database): readonly StoredFault[] {
  const head = new TipSets(database).head().header.height;
  return stored(database)
    .filter(({ fault }) => (isOfMessages(fault) ? fault.count > 0 : fault.to > head))
    .map(shown);
}

/** Takes one fault back, or all of them; what they did stays done. Returns those taken back. */
export function clearFaults(database: Database, id: number | null): readonly StoredFault[] {
  return database.write(() => {
    const cleared = pendingFaults(database).filter((fault) => id === null || fault.id === id);
    for (const fault of cleared) database.run("delete from faults where id = ?", fault.id);
    return cleared;
  });
}

/** The first epoch from `at` on that is no ordered null round. */
export function afterNullRounds(database: Database, at: Epoch): Epoch {
  const ranges = stored(database).flatMap(({ fault }) => (fault.kind === "null-rounds" ? [fault] : []));
  const inside = (one: Epoch) => ranges.find(({ from, to }) => from <= one && one <= to);
  let next = at;
  for (let range = inside(next); range !== undefined; range = inside(next)) next = epoch(range.to + 1);
  return next;
}

/** attoFIL a unit of gas, burnt, for messages of a tipset at this epoch. */
export function baseFeeAt(database: Database, at: Epoch): AttoFil {
  const spikes = stored(database).flatMap(({ fault }) =>
    fault.kind === "base-fee" && fault.from <= at && at <= fault.to ? [BigInt(fault.times)] : [],
  );
  return attoFil(spikes.reduce<bigint>((fee, times) => fee * times, BASE_FEE));
}

/** The first epoch after `head` at which the base fee has fallen again: what waited for that applies there. */
export function nextFeeFall(database: Database, head: Epoch): Epoch | undefined {
  const falls = stored(database).flatMap(({ fault }) => (fault.kind === "base-fee" ? [fault.to + 1] : []));
  const next = Math.min(...falls.filter((at) => at > head));
  return Number.isFinite(next) ? epoch(next) : undefined;
}

/** Acts on the pending messages that faults wait for. A message meets one fault, the first that fits it. */
export function applyMessageFaults(database: Database): void {
  if (database.get("select 1 from faults limit 1") === undefined) return;
  const sql = "select seq, cid, message, arrival from messages where included is null and fault is null";
  if (database.get(`${sql} limit 1`) === undefined) return;
  database.write(() => {
    const head = new TipSets(database).head().header.height;
    for (const row of database.all(`${sql} order by seq`)) meet(database, pendingOf(database, row), head);
  });
}

interface Pending {
  readonly seq: number;
  readonly cid: string;
  readonly message: Message;
  readonly arrival: number;
}

function meet(database: Database, pending: Pending, head: Epoch): void {
  for (const { id, fault } of stored(database)) {
    if (!isOfMessages(fault) || fault.count === 0 || !isAbout(fault, pending.message)) continue;
    const left = { ...fault, count: fault.count - 1 };
    database.run("update faults set fault = ? where id = ?", JSON.stringify(left), id);
    database.run("update messages set fault = ? where seq = ?", id, pending.seq);
    return act(database, fault, pending, head);
  }
}

function act(database: Database, fault: MessageFault, pending: Pending, head: Epoch): void {
  const set = (column: "included" | "arrival" | "exit_code", value: number) =>
    database.run(`update messages set ${column} = ? where seq = ?`, value, pending.seq);
  switch (fault.kind) {
    case "drop":
      set("included", DROPPED);
      return;
    case "delay":
      set("arrival", Math.max(pending.arrival, head) + fault.epochs);
      return;
    case "fail":
      set("exit_code", fault.exitCode);
      return;
    case "replace":
      replace(database, pending);
  }
}

/** Replace-by-fee: the same nonce and call, with a quarter more premium. Whoever includes it signs it. */
function replace(database: Database, { seq, cid, message }: Pending): void {
  const gasPremium = attoFil((message.gasPremium * 5n) / 4n + 1n);
  const gasFeeCap = attoFil(message.gasFeeCap + gasPremium - message.gasPremium);
  const next = { ...message, gasPremium, gasFeeCap };
  const by = messageCid(next).toString();
  database.run(
    "update messages set cid = ?, message = ?, signature = null, most_cost = ? where seq = ?",
    by,
    messageCbor.encode(next),
    (next.value + maxGasCost(next)).toString(),
    seq,
  );
  database.run("insert into replaced (cid, replacement) values (?, ?)", cid, by);
}

const METHODS: Readonly<Record<Exclude<FaultSubject["message"], "any">, number>> = {
  publish: METHOD.market.PublishStorageDeals,
  precommit: METHOD.miner.PreCommitSectorBatch2,
  commit: METHOD.miner.ProveCommitSectors3,
};

function isAbout({ message: wanted, sector, kind }: MessageFault, message: Message): boolean {
  // The signature of a secp256k1 message is part of its CID, and the devnet replaces only what it can sign later.
  if (kind === "replace" && message.from.protocol !== 3) return false;
  if (wanted !== "any" && message.method !== METHODS[wanted]) return false;
  return sector === null || sectorsOf(message).includes(sector);
}

function sectorsOf({ method, params }: Message): readonly number[] {
  try {
    if (method === METHODS.precommit)
      return preCommitSectorBatch2Params.decode(params).sectors.map((one) => one.sectorNumber);
    if (method === METHODS.commit)
      return proveCommitSectors3Params.decode(params).sectorActivations.map((one) => one.sectorNumber);
  } catch {
    // Malformed parameters name no sector; the actor refuses them.
  }
  return [];
}

function stored(database: Database): readonly FaultRow[] {
  return database.all("select id, fault from faults order by id").map((row) => {
    try {
      return { id: Number(row["id"]), fault: JSON.parse(String(row["fault"])) as FaultRow["fault"] };
    } catch (cause) {
      throw damaged(database.path, "a fault cannot be read", cause);
    }
  });
}

function pendingOf(database: Database, row: Row): Pending {
  const message = messageCbor.decode(bytesOf(database, row, "message"));
  return { seq: Number(row["seq"]), cid: String(row["cid"]), message, arrival: Number(row["arrival"]) };
}

function shown({ id, fault }: FaultRow): StoredFault {
  return { id, fault, does: isOfMessages(fault) ? doesToMessages(fault) : doesToRounds(fault) };
}

function doesToMessages(fault: MessageFault): string {
  const kind = fault.message === "any" ? "" : `${fault.message} `;
  const of = fault.sector === null ? "" : ` of sector ${fault.sector}`;
  const what =
    fault.count === 1 ? `the next ${kind}message${of}` : `the next ${fault.count} ${kind}messages${of}`;
  switch (fault.kind) {
    case "drop":
      return `${what} vanishes from the pool, until the sender pushes it again`;
    case "delay":
      return `${what} stays in the pool for ${fault.epochs} more epochs`;
    case "replace":
      return `${what} is replaced in the pool: the same call and nonce under another CID, with a higher premium`;
    case "fail":
      return `${what} ends with exit code ${fault.exitCode}; its gas is charged`;
  }
}

function doesToRounds(fault: RangeFault): string {
  const when = `from epoch ${fault.from} to ${fault.to}`;
  return fault.kind === "null-rounds"
    ? `no tipset ${when}: null rounds`
    : `the base fee is ${fault.times} times as high ${when}; messages that offer less stay in the pool`;
}
