/**
 * The tables, as they are after the last migration. Portable to PostgreSQL: bigint, text, double precision. Times are
 * epoch milliseconds, JSON is text, attoFIL is text.
 */
import type { Kysely, Transaction } from "kysely";
import type { Footing, Step } from "../sealing/sector.ts";

/** Next number of a miner; never goes back, whatever becomes of its sectors. */
export interface NumbersTable {
  miner: number;
  next: number;
}

/** One row a sector, never deleted. `body` holds what no query asks for (sectorRow.ts). */
export interface SectorsTable {
  number: number;
  miner: number;
  state: string;
  step: string | null;
  version: number;
  /** 1 for committed capacity. */
  cc: number;
  /** JSON list of the deals on chain. */
  deal_ids: string;
  /** Why nothing more is planned; null while there is a task. */
  rest_reason: string | null;
  created_at: number;
  updated_at: number;
  body: string;
}

/** The log of a sector. `seq` equals the sector's version after the event. */
export interface EventsTable {
  sector: number;
  seq: number;
  at: number;
  kind: string;
  /** Step that found it out; null for the birth and for events from outside. */
  step: string | null;
  payload: string;
  duration_ms: number | null;
}

export type TaskStatus = "queued" | "leased" | "waiting";

/** At most one row a sector: its task or its wait. */
export interface TasksTable {
  sector: number;
  step: Step;
  version: number;
  status: TaskStatus;
  /** Progress of the step; higher is claimed first. */
  priority: number;
  attempt: number;
  fence: number;
  /** Place in the queue. */
  queued_at: number;
  /** Start of the status. */
  since: number;
  /** Of a wait; and of the last run that did not move the sector. */
  reason: string | null;
  wait_for: "message" | "epoch" | "time" | null;
  wait_cid: string | null;
  wait_epoch: number | null;
  wait_time: number | null;
}

/**
 * The right to a task, and what it holds of a host. A row outlives a cancelled task until its driver has noticed and
 * ended the work: the host's ledger counts what runs, not what is wanted.
 */
export interface LeasesTable {
  sector: number;
  version: number;
  fence: number;
  step: Step;
  driver: string;
  host: string;
  until: number;
  memory_bytes: number;
  cores: number;
}

/** Why the queued tasks of a step do not start on a host; as of the host's last claim. */
export interface BlockedTable {
  host: string;
  step: Step;
  reason: string;
}

export interface DriversTable {
  id: string;
  pid: number;
  /** Tells processes apart that had the same pid, where the system can say. */
  identity: string | null;
  host: string;
  started_at: number;
  heartbeat_at: number;
}

/** Messages that were decided on. `purpose` is what a message stands for: another one makes a new message. */
export interface MessagesTable {
  uuid: string;
  kind: string;
  /** JSON list of sector numbers, in the order of the message's own list. */
  sectors: string;
  to_address: string;
  method: number;
  params_hex: string;
  value: string;
  created_at: number;
  cid: string | null;
  pushed_at: number | null;
}

/** The message that is open for a sector and a kind; gone when it is closed. */
export interface OpenMessagesTable {
  sector: number;
  kind: string;
  purpose: string;
  uuid: string;
}

/** A tipset that a sector stands on; gone when it is final or was taken away. */
export interface FootingsTable {
  sector: number;
  what: Footing;
  /** Of the message or the seed. */
  epoch: number;
  tipset_epoch: number;
  /** JSON list of CIDs. */
  tipset_key: string;
}

export interface Tables {
  numbers: NumbersTable;
  sectors: SectorsTable;
  events: EventsTable;
  tasks: TasksTable;
  leases: LeasesTable;
  blocked: BlockedTable;
  drivers: DriversTable;
  messages: MessagesTable;
  open_messages: OpenMessagesTable;
  footings: FootingsTable;
}

export type Reader = Kysely<Tables> | Transaction<Tables>;
export type Writer = Transaction<Tables>;
