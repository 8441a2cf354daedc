/** Reorgs: tipsets are taken away, and another, heavier chain grows in their place. */
import { PadmaError } from "../../errors.ts";
import { type Epoch, epoch } from "../../units.ts";
import { weightOf } from "./block.ts";
import type { Clock } from "./clock.ts";
import type { Database } from "./database.ts";
import { undoState } from "./stateRows.ts";
import { TipSets } from "./tipsets.ts";

/** The chain that grows now. */
export interface Fork {
  /** How many reorgs there were: it goes into the tickets, so that no two forks have the same block. */
  readonly number: number;
  /** Weight of the heaviest head that was ever left. */
  readonly left: bigint;
}

export function currentFork(database: Database): Fork {
  const row = database.get("select count(*) as n, max(weight) as left from forks");
  return { number: Number(row?.["n"]), left: BigInt(Number(row?.["left"] ?? -1)) };
}

/**
 * Inside a write: takes `depth` tipsets away and starts a fork. The messages of those tipsets are in the pool again, as
 * if they had arrived at the clock's epoch: the other chain includes them later than this one did. The clock stays.
 * @returns the epoch of the last tipset that both chains have, and how many messages went back into the pool.
 * @throws PadmaError CHAIN_FINAL, with nothing changed once the write is undone
 */
export function leaveFork(
  database: Database,
  clock: Clock,
  { depth, finality }: { readonly depth: number; readonly finality: number },
): { readonly ancestor: Epoch; readonly returned: number } {
  const tipsets = new TipSets(database);
  const left = tipsets.head().header;
  let returned = 0;
  for (let i = 0; i < depth; i += 1) returned += undoHead(database, finality);
  const ancestor = tipsets.head().header.height;
  database.run("insert into forks (ancestor, weight) values (?, ?)", ancestor, weightOf(left));
  const now = epoch(Math.max(clock.read().epoch, left.height));
  database.run("update messages set arrival = ? where included is null and arrival < ?", now, now);
  clock.use(now);
  return { ancestor, returned };
}

/**
 * Inside a write: takes the head away. What its making changed in the state goes back, the messages that it included
 * are pending again (their number is returned), those that it executed have no receipt.
 * @throws PadmaError CHAIN_FINAL for genesis and for a tipset whose undo is no longer kept.
 * @internal beyond this file only for tests
 */
export function undoHead(database: Database, finality: number): number {
  const tipsets = new TipSets(database);
  const { height } = tipsets.head().header;
  const highest = Number(database.get("select high_water from clock")?.["high_water"]);
  if (height === 0 || height <= highest - finality) throw final(height, highest);
  undoState(database, height);
  database.run("delete from receipts where executed = ?", height);
  const returned = database.run("update messages set included = null where included = ?", height);
  tipsets.delete(height);
  return returned;
}

function final(height: Epoch, highest: number): PadmaError {
  return new PadmaError({
    code: "CHAIN_FINAL",
    kind: "user",
    message: height === 0 ? "genesis cannot be taken away" : "the tipset is final",
    facts: { epoch: height, highest },
    next: "choose a smaller depth: only tipsets within finality of the highest epoch can be taken away",
  });
}
