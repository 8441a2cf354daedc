/** Making tipsets. */
import { type AttoFil, type Epoch, epoch } from "../../units.ts";
import { idAddress } from "../../wire/address.ts";
import type { CID } from "../../wire/cid.ts";
import { type KeyRing, MINER } from "./accounts.ts";
import type { Machine } from "./actors/call.ts";
import {
  beaconOf,
  type Block,
  messagesRoot,
  nextTicket,
  receiptsRoot,
  sealBlock,
  weightOf,
} from "./block.ts";
import type { Clock } from "./clock.ts";
import type { Database } from "./database.ts";
import { firstDue } from "./actors/cron.ts";
import { executeTipset, type Receipt } from "./execute.ts";
import { afterNullRounds, applyMessageFaults, baseFeeAt, nextFeeFall } from "./faults.ts";
import { currentFork, type Fork } from "./fork.ts";
import type { Genesis } from "./genesis.ts";
import type { Pool, PooledMessage } from "./pool.ts";
import { type Changes, State, stateRoot } from "./state.ts";
import { committedRows, pruneUndo, writeState, writeUndo } from "./stateRows.ts";
import type { TipSets } from "./tipsets.ts";
import { parseCid } from "../../wire/cid.ts";

export interface AdvanceDeps {
  readonly database: Database;
  readonly genesis: Genesis;
  readonly clock: Clock;
  readonly tipsets: TipSets;
  readonly pool: Pool;
  readonly keys: KeyRing;
  readonly machine: Machine;
}

/** A tipset that is worked out, but not yet part of the chain. */
interface Draft {
  readonly parent: Block;
  readonly block: Block;
  readonly changes: Changes;
  readonly receipts: readonly Receipt[];
  readonly included: readonly PooledMessage[];
  /** How many messages had arrived when the choice was made. */
  readonly candidates: number;
}

/**
 * Makes the tipsets that are missing up to `target`: two where a message applies for the first time (its own and the
 * one that has its receipt), one where something falls due, one that is final at `target`, and one at `target`;
 * everything between them is a null round, however long. Rounds that were ordered to be null have none: then the head
 * stays below `target`. Several processes may do this at once: a draft is worked out (proofs are verified) without a
 * lock and only committed while its parent is the head.
 *
 * FAIL: killed → the last tipset is whole, the next caller goes on. FAIL: no verifier → rejects, nothing changed.
 */
export async function advanceTo(deps: AdvanceDeps, target: Epoch): Promise<Block> {
  for (;;) {
    const head = deps.tipsets.head();
    if (head.header.height >= target) return head;
    applyMessageFaults(deps.database);
    const at = afterNullRounds(deps.database, nextEpoch(deps, head.header.height, target));
    if (at > target) return head;
    try {
      commit(deps, await draft(deps, head, at));
    } catch (error) {
      // Half of what was read may have been another process's next tipset; with the same head the error is real.
      if (deps.tipsets.head().cid.equals(head.cid)) throw error;
    }
  }
}

/** A message applies at the first epoch after its arrival, whoever makes the tipset, and whenever. */
function nextEpoch({ database, genesis, pool }: AdvanceDeps, head: Epoch, target: Epoch): Epoch {
  // The tipset after one with messages executes them, and only then is it known what they make fall due.
  if (pool.isIncludedIn(head)) return epoch(head + 1);
  const arrival = pool.nextArrival(head);
  // After a long sleep there is a final tipset to draw tickets from: no reorg changes them.
  const final = target - genesis.parameters.finality;
  const due = [
    arrival === undefined ? target : arrival + 1,
    firstDue(committedRows(database), head, target) ?? target,
    nextFeeFall(database, head) ?? target,
    final > head ? final : target,
  ];
  return epoch(Math.min(...due, target));
}

/** Executes the parent's messages, as the network does, and chooses those that the new block includes. */
async function draft(deps: AdvanceDeps, parent: Block, at: Epoch): Promise<Draft> {
  const { database, genesis, tipsets, pool, machine } = deps;
  const state = new State(committedRows(database));
  const { height } = parent.header;
  const before = tipsets.before(height)?.header.height ?? height;
  const receipts = await executeTipset(machine, state, before, parent.header, pool.includedAt(height));
  const candidates = pool.arrivedBefore(at);
  const baseFee = baseFeeAt(database, at);
  const included = await pool.select(state, candidates, baseFee);
  const changes = state.changes();
  const around = { fork: currentFork(database), baseFee };
  const block = nextBlock(genesis, parent, at, around, { changes, receipts, included });
  return { parent, block, changes, receipts, included, candidates: candidates.length };
}

function nextBlock(
  { parameters, secret }: Genesis,
  parent: Block,
  at: Epoch,
  { fork, baseFee }: { readonly fork: Fork; readonly baseFee: AttoFil },
  { changes, receipts, included }: Pick<Draft, "changes" | "receipts" | "included">,
): Block {
  const cidsOf = (kind: "bls" | "secp256k1"): CID[] =>
    included.filter(({ signature }) => signature.kind === kind).map((one) => parseCid(one.cid));
  const { header, cid } = parent;
  const parentWeight = weightOf(header);
  return sealBlock({
    miner: idAddress(MINER),
    ticket: { proof: nextTicket(secret, header.ticket.proof, at, fork.number) },
    election: { winCount: winCountOn(fork, parentWeight), proof: new Uint8Array(0) },
    beacon: [beaconOf(secret, at)],
    winningPost: [],
    parents: [cid],
    parentWeight,
    height: at,
    parentStateRoot: stateRoot(header.parentStateRoot, changes),
    parentReceipts: receiptsRoot(receipts),
    messages: messagesRoot(cidsOf("bls"), cidsOf("secp256k1")),
    blsAggregate: null,
    timestamp: Math.floor((parameters.genesisMs + at * parameters.blockDelayMs) / 1000),
    signature: null,
    forkSignal: 0,
    parentBaseFee: baseFee,
  });
}

/** The first block of a fork wins as often as it takes to outweigh the head that was left: then nobody goes back to it. */
const winCountOn = ({ left }: Fork, parentWeight: bigint): number =>
  left < parentWeight ? 1 : Number(left - parentWeight) + 1;

/** One transaction; does nothing when the head has moved, a message has arrived that belongs into the tipset, or one was replaced. */
function commit({ database, genesis, clock, tipsets, pool }: AdvanceDeps, draft: Draft): void {
  const { height } = draft.block.header;
  database.write(() => {
    if (!tipsets.head().cid.equals(draft.parent.cid)) return;
    if (pool.countBefore(height) !== draft.candidates || !pool.holds(draft.included)) return;
    writeUndo(database, height, draft.changes);
    writeState(database, draft.changes);
    for (const receipt of draft.receipts) insertReceipt(database, height, receipt);
    pool.include(draft.included, height);
    tipsets.insert(draft.block);
    pruneUndo(database, height - genesis.parameters.finality);
    clock.use(height);
  });
}

function insertReceipt(database: Database, executed: Epoch, receipt: Receipt): void {
  database.run(
    "insert into receipts (cid, executed, exit_code, returned, gas_used, error) values (?, ?, ?, ?, ?, ?)",
    receipt.cid,
    executed,
    receipt.exitCode,
    receipt.returned,
    receipt.gasUsed,
    receipt.error,
  );
}
