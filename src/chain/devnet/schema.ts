/** Written into the file so that another program's database, or a later padma's, is recognised. */
export const APPLICATION_ID = 0x7061646d;

/**
 * Tables of a devnet file in its first version. `messages.included` and `receipts` follow the chain: a message is put into a tipset first and
 * executed when the next tipset is made, as on the network. `most_cost` is its value and the most that its gas may
 * cost, in attoFIL. `undo` holds what the making of a tipset replaced in `state`.
 */
const FIRST = `
create table genesis (
  id integer primary key check (id = 1),
  parameters text not null,
  secret blob not null,
  verifying_key blob not null
) strict;
create table clock (
  id integer primary key check (id = 1),
  offset_ms integer not null,
  high_water integer not null
) strict;
create table tipsets (
  epoch integer primary key,
  cid text not null unique,
  header blob not null
) strict;
create table messages (
  seq integer primary key,
  uuid text not null unique,
  cid text not null unique,
  sender text not null,
  nonce integer not null,
  arrival integer not null,
  most_cost text not null,
  message blob not null,
  signature blob,
  included integer,
  unique (sender, nonce)
) strict;
create index messages_pending on messages (arrival, seq) where included is null;
create index messages_unpaid on messages (sender, most_cost) where included is null;
create index messages_included on messages (included) where included is not null;
create table receipts (
  cid text primary key,
  executed integer not null,
  exit_code integer not null,
  returned blob not null,
  gas_used integer not null,
  error text
) strict;
create index receipts_executed on receipts (executed);
create table state (key text primary key, value blob not null) strict, without rowid;
create table undo (
  epoch integer not null,
  key text not null,
  previous blob,
  primary key (epoch, key)
) strict, without rowid;
pragma application_id = ${APPLICATION_ID};
`;

/** A reorg: the last tipset that both forks have, and the weight of the head that was left. */
const FORKS = `
create table forks (
  id integer primary key,
  ancestor integer not null,
  weight integer not null
) strict;
`;

/**
 * Faults to come, as JSON. `messages.fault`: the one that a message met, `exit_code`: what it will end with because of
 * it; `included` is -1 for a message that was dropped. `replaced`: CIDs that were pushed and never land themselves.
 */
const FAULTS = `
create table faults (id integer primary key autoincrement, fault text not null) strict;
alter table messages add column fault integer;
alter table messages add column exit_code integer;
create table replaced (cid text primary key, replacement text not null) strict;
`;

/** What each version adds to the one before; an older file gets it when it is opened. One that shipped never changes. */
export const VERSIONS: readonly string[] = [FIRST, FORKS, FAULTS];
export const SCHEMA_VERSION = VERSIONS.length;
